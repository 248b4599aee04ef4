"""What published clients put into a send, and what is meant by it."""

from typing import Any

import pytest

from ravi.errors import Invalid
from ravi.server.mail.drafting import looks_like_html, read_draft
from ravi.server.mail.parsed import Address


def emails(found: tuple[Address, ...]) -> list[str]:
    return [each.email for each in found]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("a@example.org", ["a@example.org"]),
        ("a@example.org, b@example.org", ["a@example.org", "b@example.org"]),
        (["a@example.org", "b@example.org,"], ["a@example.org", "b@example.org"]),
        ("a@example.org,A@EXAMPLE.org", ["a@example.org"]),
        ('"Last, First" <a@example.org>, <b@example.org>', ["a@example.org", "b@example.org"]),
        ("", []),
        (["", " "], []),
        (None, []),
        ("Jürgen <j@bücher.example>", ["j@xn--bcher-kva.example"]),
        ("x@in.ravi.localhost", ["x@in.ravi.localhost"]),
    ],
)
def test_lists_of_addresses_come_in_every_shape(given: Any, meant: list[str]) -> None:
    draft = read_draft({"to_email": given, "cc": given, "bcc": given})  # type: ignore[typeddict-item]

    assert emails(draft.to) == emails(draft.cc) == emails(draft.bcc) == meant
    assert len(draft.recipients) == len(meant)


@pytest.mark.parametrize("field", ["to_email", "to", "cc", "bcc"])
@pytest.mark.parametrize(
    "bad",
    [
        "nobody", "@example.org", "a@", "a b@example.org", "a@example.org\r\nBcc: x@example.org", "a@example.org\nX: y",
        "ü@example.org", "a@exa mple.org", "<a@example.org", '"a" b@example.org', "a@[127.0.0.1]", "a@@example.org",
        "x" * 70 + "@example.org", "a@" + "x" * 300 + ".org", "a\u200b@example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_its_field(field: str, bad: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_draft({field: bad})  # type: ignore[misc]

    assert list(refusal.value.details) == ["to_email" if field == "to" else field]


def test_a_hundred_recipients_are_enough() -> None:
    many = [f"p{number}@example.org" for number in range(100)]
    assert len(read_draft({"to_email": many[:50], "cc": many[50:], "bcc": many}).recipients) == 100

    with pytest.raises(Invalid, match="more than 100"):
        read_draft({"to_email": many, "bcc": ["one-more@example.org"]})


@pytest.mark.parametrize(
    "content",
    [
        "<p>Hi</p>",
        "Hi<br>there",
        "<!DOCTYPE html><html></html>",
        "Hi <a href='x'>there</a>",
        "<B>x</B>",
        "<br/>",
        "<h1>",
    ],
)
def test_content_with_tags_is_html_and_gets_a_text(content: str) -> None:
    draft = read_draft({"content": content})

    assert draft.html == content
    assert "<" not in draft.text


@pytest.mark.parametrize(
    "content",
    ["Hi", "1 < 2 and 3 > 2", "write to <ada@example.org>", "<- there", "a<b>c".replace("b", "x1"), "if a <b and c> d",
     "see <https://example.org/p>", ""],
)  # fmt: skip
def test_content_without_tags_is_text_alone(content: str) -> None:
    draft = read_draft({"content": content})

    assert (draft.text, draft.html) == (content, "")


def test_explicit_parts_are_taken_at_their_word() -> None:
    assert read_draft({"text_content": "<p>not HTML</p>"}).html == ""
    both = read_draft({"text_content": "text", "html_content": "plain words"})
    assert (both.text, both.html) == ("text", "plain words")
    assert read_draft({"html_content": "<p>Hi</p>"}).text == "Hi"
    assert read_draft({"body": "Hi"}).text == "Hi"


def test_no_body_and_an_empty_one_differ() -> None:
    assert not read_draft({}).said
    assert read_draft({"content": ""}).said


@pytest.mark.parametrize("bad", ["a\r\nBcc: x@example.org", "a\nb", "a\rb", "x" * 999])
def test_a_subject_is_one_line(bad: str) -> None:
    with pytest.raises(Invalid, match="subject"):
        read_draft({"subject": bad})


def test_sniffing_a_large_text_is_linear() -> None:
    """Would take minutes if the expression went back and forth."""
    assert not looks_like_html("<a " * 300_000)
    assert not looks_like_html("<" * 1_000_000)
