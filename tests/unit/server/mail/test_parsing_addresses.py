"""Mailboxes, as header fields name them."""

from email import message_from_bytes, policy
from email.headerregistry import Address as TheirAddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.mail.addresses import MOST_MAILBOXES, parse_mailboxes
from ravi.server.mail.parsed import Address
from ravi.server.mail.parsing import parse


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"a@b.example", [("", "a@b.example")]),
        (b"<A@B.Example>", [("", "a@b.example")]),
        (b"Jane Doe <j@b.example>", [("Jane Doe", "j@b.example")]),
        (b'"Doe, Jane" <j@b.example>', [("Doe, Jane", "j@b.example")]),
        (b'"a \\"b\\" c" <j@b.example>', [('a "b" c', "j@b.example")]),
        (b"j@b.example (Jane Doe)", [("Jane Doe", "j@b.example")]),
        (b"Jane (the one) <j@b.example>", [("Jane", "j@b.example")]),
        (b"a@b.example, c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        (b"a@b.example; c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        (b"Team: a@b.example, C <c@d.example>;", [("", "a@b.example"), ("C", "c@d.example")]),
        (b"undisclosed-recipients:;", []),
        (b"=?utf-8?q?J=C3=B6rg?= <j@b.example>", [("Jörg", "j@b.example")]),
        ("Jörg <j@b.example>".encode(), [("Jörg", "j@b.example")]),
        (b"<@relay.example,@other.example:j@b.example>", [("", "j@b.example")]),
        (b'"quoted local"@b.example', [("", '"quoted local"@b.example')]),
        (b"j@[192.0.2.1]", [("", "j@[192.0.2.1]")]),
        (b"j @ b . example", [("", "j@b.example")]),
        ("j@bücher.example".encode(), [("", "j@xn--bcher-kva.example")]),
        (b"Jane <j@b.example", [("Jane", "j@b.example")]),
        (b"j@b.example.", [("", "j@b.example")]),
        (b"", []),
        (b"nobody", []),
        (b"a@b@", []),
        (b"@b.example", []),
        (b"a@", []),
        (b"a@b..example", []),
        (b"a b@c.example", []),
        (b"<a b@c.example>", []),
        (b"<a(c)b@c.example>", []),
        (b"a@b.example()c", []),
        (b"< a @ b . example (c) >", [("c", "a@b.example")]),
        (b"a@b.example c@d.example", []),
        ("a\u200bdmin@b.example".encode(), []),
        (b"x" * 400 + b"@b.example", []),
    ],
)
def test_fields_name_mailboxes(value: bytes, expected: list[tuple[str, str]]) -> None:
    assert [(found.name, found.email) for found in parse_mailboxes(value)] == expected


@pytest.mark.parametrize(
    "value",
    [
        b'"bank@good.example" <thief@evil.example>',
        b"bank@good.example <thief@evil.example>",
        b"=?utf-8?q?bank=40good=2Eexample_=3Cbank=40good=2Eexample=3E=2C?= <thief@evil.example>",
        b"(bank@good.example) thief@evil.example",
        b"<bank@good.example:thief@evil.example>",
        b'"<bank@good.example>" <thief@evil.example>',
    ],
)
def test_a_name_that_looks_like_an_address_is_a_name(value: bytes) -> None:
    assert [found.email for found in parse_mailboxes(value)] == ["thief@evil.example"]


@pytest.mark.parametrize(
    "value",
    [
        b"<bank@good.example> <thief@evil.example>",
        b"<bank@good.example>, thief@evil.example",
        b"<bank@good.example>: <thief@evil.example>",
        b"bank@good.example, <thief@evil.example>",
    ],
)
def test_two_addresses_stay_two(value: bytes) -> None:
    assert [found.email for found in parse_mailboxes(value)] == ["bank@good.example", "thief@evil.example"]


def test_a_name_is_one_line_without_characters_that_turn_it_around() -> None:
    (found,) = parse_mailboxes("Eve \u202e\x07\U000e0041 Doe\t <e@b.example>".encode())
    assert found.name == "Eve Doe"


def test_there_is_an_end_to_mailboxes() -> None:
    assert len(parse_mailboxes(b"<a@b.example>," * 2000)) == MOST_MAILBOXES


def test_the_fields_of_a_message_are_read() -> None:
    parsed = parse(
        b"From: A <a@b.example>\r\nTo: c@d.example\r\nTo: e@f.example\r\n"
        b"Cc: G <g@h.example>\r\nReply-To: i@j.example\r\n\r\n"
    )
    assert (parsed.sender.name, parsed.sender.email) == ("A", "a@b.example")
    assert [each.email for each in parsed.to] == ["c@d.example", "e@f.example"]
    assert [each.email for each in parsed.cc] == ["g@h.example"]
    assert [each.email for each in parsed.reply_to] == ["i@j.example"]
    assert parsed.header_from_count == 1


def test_every_from_is_counted_and_none_is_lost() -> None:
    parsed = parse(b"From: a@b.example\r\nFrom: c@d.example, e@f.example\r\n\r\n")
    assert parsed.header_from_count == 2
    assert [each.email for each in parsed.senders] == ["a@b.example", "c@d.example", "e@f.example"]
    assert parsed.sender.email == "a@b.example"


_NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=10)
_LOCALS = st.from_regex(r"[a-z0-9][a-z0-9._+-]{0,20}[a-z0-9]", fullmatch=True).filter(lambda text: ".." not in text)
_DOMAINS = st.from_regex(r"[a-z0-9]{1,10}\.[a-z]{2,5}", fullmatch=True)


@given(_NAMES, _LOCALS, _DOMAINS)
def test_what_the_standard_library_writes_is_read_back(name: str, local: str, domain: str) -> None:
    written = message_from_bytes(b"", policy=policy.SMTP)
    written["To"] = TheirAddress(name, local, domain)
    assert parse(written.as_bytes()).to == (Address(name, f"{local}@{domain}"),)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_a_fault(value: bytes) -> None:
    for found in parse_mailboxes(value):
        assert found.email.count("@") >= 1
        assert not any(char in found.email + found.name for char in "\r\n\x00")


@given(
    st.lists(
        st.sampled_from([*'<>(),:;@."\\[] ', "a@b.example", "c@d.example", "name", "=?utf-8?q?x=40y?="]), max_size=12
    )
)
def test_pieces_of_addresses_make_only_addresses_that_stand_there(pieces: list[str]) -> None:
    text = "".join(pieces)
    for found in parse_mailboxes(text.encode()):
        domain = found.email.rpartition("@")[2]
        assert domain in text.lower().replace(" ", "")
