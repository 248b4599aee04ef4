"""Messages that leave: what is written can be read back, by our own parser and by Python's, and by nobody otherwise."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.mail.composing import File, Letter, compose
from ravi.server.mail.parsed import Address
from ravi.server.mail.parsing import extract_part, parse

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
#: What may come as far as `compose`: one line, nothing that only half a character is made of.
line = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=300)
name = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=120)


def letter(**more: Any) -> Letter:
    values: dict[str, Any] = {
        "message_id": "<one@example.org>",
        "at": AT,
        "sender": Address("Ada", "ada@example.org"),
        "to": (Address("", "bob@example.org"),),
        "cc": (),
        "subject": "Hello",
        "text": "Hi there.",
    }
    return Letter(**(values | more))


def read(raw: bytes) -> EmailMessage:
    """As Python reads it, which is nobody of ours."""
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


def assert_goes_over_every_wire(raw: bytes) -> None:
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_the_same_letter_makes_the_same_bytes() -> None:
    same = {"html": "<p>Hi</p>", "files": (File("a.txt", "text/plain", b"a"),)}

    assert compose(letter(**same)) == compose(letter(**same))
    assert compose(letter()) == (
        b"Date: Sun, 01 Mar 2026 12:00:00 +0000\r\n"
        b'From: "Ada" <ada@example.org>\r\n'
        b"To: bob@example.org\r\n"
        b"Subject: Hello\r\n"
        b"Message-ID: <one@example.org>\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"Hi there.\r\n"
    )


@given(subject=line)
def test_every_subject_arrives_as_it_was(subject: str) -> None:
    raw = compose(letter(subject=subject))

    assert_goes_over_every_wire(raw)
    assert parse(raw).subject.split() == parse(compose(letter(subject=subject.strip()))).subject.split()
    assert "".join(str(read(raw)["subject"]).split()) == "".join(subject.split())
    assert len(read(raw).keys()) == len(read(compose(letter())).keys())


@given(text=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=2000))
def test_every_text_arrives_as_it_was(text: str) -> None:
    raw = compose(letter(text=text))

    assert_goes_over_every_wire(raw)
    content = read(raw).get_content().replace("\r\n", "\n")
    assert content.rstrip("\n") == text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


@given(names=st.lists(name, min_size=1, max_size=5))
def test_no_name_becomes_an_address_or_vanishes(names: list[str]) -> None:
    people = tuple(Address(each.strip(), f"p{place}@example.org") for place, each in enumerate(names))
    raw = compose(letter(to=people, cc=people))

    assert_goes_over_every_wire(raw)
    assert [each.email for each in parse(raw).to] == [each.email for each in people]
    assert [each.email for each in parse(raw).cc] == [each.email for each in people]
    assert [" ".join(each.name.split()) for each in parse(raw).to if each.name.isascii()] == [
        " ".join(each.name.split()) for each in people if each.name.isascii()
    ]


@pytest.mark.parametrize(
    "evil",
    ["a\r\nBcc: x@example.org", "a\nX: y", "a\rX: y", "a\0b", "a\r\n\r\nbody"],
)
@pytest.mark.parametrize("place", ["subject", "name", "email", "in_reply_to", "references", "message_id"])
def test_a_line_break_in_a_header_is_refused(place: str, evil: str) -> None:
    bad: dict[str, Any] = {
        "subject": {"subject": evil},
        "name": {"to": (Address(evil, "bob@example.org"),)},
        "email": {"cc": (Address("", evil),)},
        "in_reply_to": {"in_reply_to": evil},
        "references": {"references": (evil,)},
        "message_id": {"message_id": evil},
    }[place]

    with pytest.raises(ValueError):
        compose(letter(**bad))


def test_a_text_that_looks_like_an_encoded_word_stays_what_it_is() -> None:
    tricky = "=?utf-8?q?=0D=0ABcc:_x=40example.org?="
    raw = compose(letter(subject=tricky, to=(Address(tricky, "bob@example.org"),)))

    assert read(raw)["subject"] == tricky
    assert parse(raw).to == (Address(tricky, "bob@example.org"),)


def test_html_has_a_text_beside_it_for_whoever_does_not_show_html() -> None:
    message = read(compose(letter(text="Hi", html="<p>Hi</p>")))

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@given(content=st.binary(max_size=3000), filename=name.filter(str.strip))
def test_every_file_arrives_as_it_was(content: bytes, filename: str) -> None:
    raw = compose(letter(html="<p>x</p>", files=(File(filename, "application/pdf", content),)))

    assert_goes_over_every_wire(raw)
    (part,) = parse(raw).attachments
    assert extract_part(raw, part.position) == content
    assert (part.content_type, part.size) == ("application/pdf", len(content))


@pytest.mark.parametrize(
    "kind", ["message/rfc822", "multipart/mixed", "text", "a/b\r\nX: y", "", 'text/plain; name="x"']
)
def test_a_file_never_becomes_structure(kind: str) -> None:
    raw = compose(letter(files=(File("x.bin", kind, b"From: eve@example.org\r\n\r\nhi"),)))

    (part,) = parse(raw).attachments
    assert part.content_type in ("application/octet-stream", "text/plain")
    assert extract_part(raw, part.position) == b"From: eve@example.org\r\n\r\nhi"


def test_a_picture_of_the_html_keeps_its_id() -> None:
    raw = compose(letter(html='<img src="cid:logo@x">', files=(File("l.png", "image/png", b"png", "<logo@x>", True),)))

    (part,) = parse(raw).attachments
    assert (part.content_id, part.is_inline) == ("logo@x", True)


def test_long_chains_of_references_stay_readable() -> None:
    """Python's own writing of headers turns long Message-IDs into encoded words, which nobody finds again."""
    ids = tuple(f"<{'r' * 150}{place}@example.org>" for place in range(20))
    raw = compose(letter(references=ids, in_reply_to=ids[-1], message_id=f"<{'m' * 150}@example.org>"))

    assert_goes_over_every_wire(raw)
    assert parse(raw).references == ids
    assert parse(raw).in_reply_to == ids[-1]


def test_without_anybody_to_name_it_says_so() -> None:
    assert read(compose(letter(to=())))["to"] == "undisclosed-recipients:;"


def test_dots_and_from_lines_stay_what_they_are() -> None:
    text = ".\n..\nFrom here on\n-- \nAda"

    assert read(compose(letter(text=text))).get_content().replace("\r\n", "\n") == text + "\n"
