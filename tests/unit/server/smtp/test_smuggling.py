"""
A message ends with CRLF, dot, CRLF. Nothing else ends it, so nothing behind it is taken for commands.

Bare CR and LF are bytes of the message like any other: they are stored as they came.
"""

import pytest

from tests.support.smtp import Office, Wire

ENDS = [b"\n", b"\r", b"\r\r", b"\n\r", b"\r\x00\n", b"\x00", b"\x0b", b"\x0c", b"\x85", b"\xe2\x80\xa8", b" "]


@pytest.mark.parametrize("before", [b"\r\n", *ENDS, b"\r\n "], ids=repr)
async def test_no_other_spelling_ends_a_message(office: Office, wire: Wire, before: bytes) -> None:
    inner = f"MAIL FROM:<admin@{office.mine.partition('@')[2]}>\r\nRCPT TO:<{office.mine}>\r\nDATA\r\n".encode()
    stored = []
    for behind in [*ENDS, *([] if before == b"\r\n" else [b"\r\n"])]:
        await wire.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "DATA")
        smuggled = b"Subject: outer\r\n\r\nx" + before + b"." + behind + inner + b"Subject: inner\r\n"
        await wire.send(smuggled + b".\r\nNOOP\r\n")
        assert (await wire.reply())[:3] == "250", behind
        assert (await wire.reply())[:9] == "250 2.0.0", behind  # the NOOP: nothing else was taken for a command
        # A dot that begins a line was put there by the sender, so it is taken away again; that is all.
        stored.append(smuggled.replace(b"\r\n.", b"\r\n"))
    assert await office.raw() == stored


@pytest.mark.parametrize("pieces", [1, 2, 3, 4, 5, 7])
async def test_an_end_that_arrives_in_pieces_is_an_end(office: Office, wire: Wire, pieces: int) -> None:
    await wire.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "DATA")
    data = b"x\r\n..\r\n.\r\n"
    for start in range(0, len(data), pieces):
        await wire.send(data[start : start + pieces])
        await wire.writer.drain()
    assert (await wire.reply())[:3] == "250"
    assert await office.raw() == [b"x\r\n.\r\n"]


async def test_an_end_across_two_reads_is_an_end(office: Office, wire: Wire) -> None:
    sent = [b"x" * size + b"\r\n.\r\ny\r\n" for size in range(65_525, 65_542)]
    for raw in sent:
        assert (await wire.deliver(office.mine, raw))[:3] == "250"
    assert await office.raw() == sent


async def test_a_command_ends_with_crlf_and_holds_nothing_that_does_not_print(wire: Wire) -> None:
    for line in (
        b"NOOP\n",
        b"NOOP\r\r\n",
        b"NO\x00OP\r\n",
        b"NOOP \x00\r\n",
        b"NOOP \x7f\r\n",
        b"\xff\xfe\r\n",
        b"NOOP \xff\r\n",
        b"MAIL FROM:<a@b.example>\rRCPT TO:<c@d.example>\r\n",
        "NOOP \u2028\r\n".encode(),
        "NOOP \u202e\r\n".encode(),
    ):
        await wire.send(line)
        assert (await wire.reply())[:9] == "500 5.5.2", line
        assert (await wire.say("NOOP"))[:9] == "250 2.0.0"
