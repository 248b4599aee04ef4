"""Any argument of MAIL and RCPT is read or refused with a reply, and any message comes out as it was put in."""

import asyncio
import contextlib
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.server.smtp.data import END, MessageRefused, read_message
from ravi.server.smtp.limits import Room, Share
from ravi.server.smtp.paths import LONGEST_PATH, BadArgument, check_ascii, check_sender, parse_argument

OFTEN = settings(max_examples=200, deadline=None)
PIECES = st.sampled_from(
    [
        *(
            "FROM:",
            "TO:",
            "from:",
            "<",
            ">",
            "<>",
            "a@b.example",
            "@relay.example:",
            '"',
            '"a b"',
            "\\",
            "\\>",
            " ",
            "\t",
        ),
        *("SIZE=1", "SIZE=", "BODY=8BITMIME", "SMTPUTF8", "X=Y", "=", "\r\n", "\n", "\0", "é", "\u202e", "\x7f", "%"),
        "<" * 40,
        '"' * 41,
        "a" * 300,
    ]
)
ARGUMENTS = st.lists(PIECES | st.text(max_size=3), max_size=9).map("".join)
REPLY = re.compile(r"5\d\d 5\.\d\.\d [ -~]+")
TEXTS = st.lists(
    st.sampled_from(
        [b"\r\n", b"\n", b"\r", b".", b"..", b"\r\n.", b"\r\n..", b"\r\n.x", b"\n.\n", b"\r\n.\n", b"\r.\r"]
    )
    | st.binary(max_size=6),
    max_size=12,
).map(b"".join)


@OFTEN
@given(ARGUMENTS, st.sampled_from(["FROM:", "TO:"]), st.booleans())
def test_any_argument_is_read_or_refused_with_a_reply(text: str, keyword: str, utf8: bool) -> None:
    try:
        found = parse_argument(text, keyword)
        check_sender(found.address, utf8=utf8)
        check_ascii(found.address, utf8=utf8)
    except BadArgument as refusal:
        reply = str(refusal)
    else:
        assert len(found.address) <= LONGEST_PATH
        assert found.address.replace(" ", "").isprintable()
        assert utf8 or found.address.isascii()
        assert all(re.fullmatch(r"[A-Z0-9][A-Z0-9-]*", name) for name in found.parameters)
        assert all(value is None or re.fullmatch("[!-~]+", value) for value in found.parameters.values())
        again = " ".join(name if value is None else f"{name}={value}" for name, value in found.parameters.items())
        assert parse_argument(f"{keyword}<{found.address}> {again}", keyword) == found
        return
    assert REPLY.fullmatch(reply), "a reply of several lines, or with what the sender wrote"


def stuffed(content: bytes) -> bytes:
    """*content* as a client sends it (RFC 5321 section 4.5.2), with the end behind it."""
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + END


async def taken(stream: bytes, cuts: list[int], *, most: int = 2**20, window: int = 64) -> bytes:
    """What `read_message` makes of *stream*, which arrives in pieces and is looked at through a small window."""
    reader = asyncio.StreamReader(limit=window)

    async def arrive() -> None:
        start = 0
        for cut in [*sorted(cuts), len(stream)]:
            reader.feed_data(stream[start:cut])
            start = max(start, cut)
            await asyncio.sleep(0)

    arriving = asyncio.create_task(arrive())
    with Share(Room(2**30)) as share:
        content = await read_message(reader, most=most, share=share, progress=lambda: None)
    await arriving
    assert await reader.read(20) == b"QUIT\r\n", "what follows the message belongs to the next command"
    return content


@OFTEN
@given(TEXTS, st.lists(st.integers(0, 80), max_size=5), st.integers(8, 64))
def test_any_message_comes_out_as_it_was_however_it_arrives(content: bytes, cuts: list[int], window: int) -> None:
    wire = stuffed(content) + b"QUIT\r\n"

    assert asyncio.run(taken(wire, [min(cut, len(wire)) for cut in cuts], window=window)) == content + b"\r\n"


@OFTEN
@given(TEXTS, st.integers(0, 20))
def test_no_more_is_taken_than_is_allowed_and_the_end_is_found_all_the_same(content: bytes, most: int) -> None:
    wire = stuffed(content) + b"QUIT\r\n"
    found: bytes | None = None
    with contextlib.suppress(MessageRefused):
        found = asyncio.run(taken(wire, [], most=most))

    assert (found is not None) is (len(content) + 2 <= most)
