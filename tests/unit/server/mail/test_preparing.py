"""What is stored of a message, whoever's it is."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ravi.server.mail.parsed import Address, Part
from ravi.server.mail.parsing import parse
from ravi.server.mail.preparing import (
    LONGEST_ADDRESS,
    LONGEST_MESSAGE_ID,
    MOST_OF_A_FIELD,
    clean,
    fingerprint,
    is_message_id,
    prepare,
    without_trace,
)
from tests.support.mail import raw_message

RAW = raw_message("Your code is 482913.\n", attachments=[("a.txt", "text/plain", b"x")])


def test_codes_and_links_are_looked_for_in_what_comes_in_only() -> None:
    incoming, outgoing = (prepare(RAW, parse(RAW), incoming=way) for way in (True, False))

    assert [each["value"] for each in msgspec.json.decode(str(incoming.columns["codes"]))] == ["482913"]
    assert outgoing.columns["codes"] == "[]"
    assert (incoming.columns["is_read"], outgoing.columns["is_read"]) == (0, 1)
    assert (incoming.columns["direction"], outgoing.columns["direction"]) == ("incoming", "outgoing")


def test_preparing_twice_gives_the_same() -> None:
    assert prepare(RAW, parse(RAW), incoming=True) == prepare(RAW, parse(RAW), incoming=True)


def test_references_end_with_what_is_answered() -> None:
    raw = raw_message(references="<1@x> <2@x> nonsense <1@x>", in_reply_to="<3@x>")
    assert prepare(raw, parse(raw), incoming=True).references == ("<1@x>", "<2@x>", "<3@x>")


@settings(deadline=None)
@given(st.text(), st.text(), st.lists(st.text(), max_size=4))
def test_whatever_parsing_found_can_be_stored(text: str, other: str, more: list[str]) -> None:
    awkward = f"{text}\0\ud800{other * 100}"
    people = tuple(Address(each, awkward) for each in more)
    parsed = replace(
        parse(RAW),
        subject=awkward,
        sender=Address(awkward, awkward),
        to=people,
        cc=people,
        reply_to=people,
        text=awkward,
        html=awkward,
        text_of_html=other,
        preview=awkward,
        message_id=awkward,
        in_reply_to=awkward,
        references=(awkward, f"<{awkward}>"),
        defects=(awkward,),
        bounced=(),
        bounce_of=(),
        attachments=(Part(0, awkward, awkward, awkward, b"", False, 0),),
    )
    prepared = prepare(RAW, parsed, incoming=True)

    part = prepared.attachments[0]
    texts = [value for value in prepared.columns.values() if isinstance(value, str)]
    for value in (*texts, *prepared.words, part.filename, part.content_type, part.content_id, prepared.message_id):
        assert "\0" not in value
        value.encode()
    for name in ("from_name", "to_email", "cc", "reply_to", "subject", "preview"):
        assert len(str(prepared.columns[name])) <= MOST_OF_A_FIELD
    assert len(prepared.sender.email) <= LONGEST_ADDRESS + 10, "some letters are longer when they are small"


@settings(deadline=None)
@given(st.text())
def test_cleaning_changes_nothing_that_is_clean(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    if "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text):
        assert cleaned == text


def test_a_message_id_has_brackets_and_a_size() -> None:
    for good in ("<a@b>", "<a>", f"<{'x' * (LONGEST_MESSAGE_ID - 2)}>", "<é@b>"):
        assert is_message_id(good), good
    for bad in (
        "",
        "a@b",
        "<>",
        "<a b>",
        "<a>b>",
        f"<{'x' * LONGEST_MESSAGE_ID}>",
        "<a\0b>",
        "<a\ud800b>",
        "<" + "é" * 600 + ">",
    ):
        assert not is_message_id(bad), bad


def test_only_the_trace_at_the_top_is_left_out() -> None:
    trace = b"Received: from a\r\n by b\r\nRETURN-PATH: <x@y>\r\nreceived: c\n\td\r\n"
    assert bytes(without_trace(trace + RAW)) == RAW
    assert bytes(without_trace(RAW)) == RAW
    assert bytes(without_trace(b"X: y\r\n" + trace)) == b"X: y\r\n" + trace
    for short in (b"", b"Received:", b"Received: x", b"Received: x\r\n", b"Received: x\r\n\ty"):
        assert bytes(without_trace(short)) == b"", short


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_leaving_out_the_trace_takes_whole_lines_from_the_front(raw: bytes) -> None:
    left = bytes(without_trace(raw))
    assert raw.endswith(left)
    assert not left.lower().startswith((b"received:", b"return-path:"))


def test_a_fingerprint_is_of_the_envelope_and_the_content() -> None:
    message = prepare(RAW, parse(RAW), incoming=True)
    same = fingerprint(message, "bob@shop.example", "mine@ravi.test")

    assert len(same) == 16
    assert fingerprint(message, "BOB@shop.example", "Mine@ravi.test") == same
    different = {
        fingerprint(message, "bob@shop.example", "mine+tag@ravi.test"),
        fingerprint(message, "bob@shop.examplem", "ine@ravi.test"),
        fingerprint(message, "", "mine@ravi.test"),
        fingerprint(prepare(RAW + b"x", parse(RAW), incoming=True), "bob@shop.example", "mine@ravi.test"),
    }
    assert len(different | {same}) == 5
