"""Texts and attachments, and how they were packed."""

import base64
import hashlib

import pytest

from ravi.server.mail.mime import MOST_DEPTH, MOST_PARTS
from ravi.server.mail.parsing import MOST_PREVIEW, extract_part, parse


def multipart(subtype: str, *parts: bytes, boundary: str = "b", closed: bool = True) -> bytes:
    lines = [f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\npreamble\r\n'.encode()]
    lines += [f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts]
    return b"".join([*lines, f"--{boundary}--\r\nepilogue\r\n".encode() if closed else b""])


TEXT = b"Content-Type: text/plain\r\n\r\nplain"
HTML = b"Content-Type: text/html\r\n\r\n<p>rich</p>"
PNG = b'Content-Type: image/png; name="a.png"\r\nContent-Transfer-Encoding: base64\r\n\r\n' + base64.b64encode(
    b"\x89PNG"
)


def test_of_alternatives_both_texts_are_kept() -> None:
    parsed = parse(multipart("alternative", TEXT, HTML))
    assert (parsed.text, parsed.html, parsed.text_of_html) == ("plain", "<p>rich</p>", "rich")
    assert parsed.attachments == ()


def test_without_a_plain_text_the_html_is_read() -> None:
    parsed = parse(HTML)
    assert (parsed.text, parsed.text_of_html, parsed.preview) == ("rich", "rich", "rich")


def test_several_texts_are_one_after_the_other() -> None:
    assert parse(multipart("mixed", TEXT, PNG, TEXT)).text == "plain\n\nplain"


def test_an_attachment_is_described_and_found_again() -> None:
    raw = multipart("mixed", TEXT, PNG)
    (part,) = parse(raw).attachments
    assert (part.filename, part.content_type, part.size, part.position) == ("a.png", "image/png", 4, 1)
    assert part.content_hash == hashlib.sha256(b"\x89PNG").digest()
    assert extract_part(raw, part.position) == b"\x89PNG"


@pytest.mark.parametrize("position", [-1, 2, 10**9])
def test_there_is_nothing_at_another_position(position: int) -> None:
    with pytest.raises(IndexError):
        extract_part(multipart("mixed", TEXT, PNG), position)


@pytest.mark.parametrize(
    ("headers", "inline"),
    [
        (b"Content-Disposition: inline; filename=a.png", True),
        (b"Content-ID: <x@y>", True),
        (b"Content-Disposition: attachment\r\nContent-ID: <x@y>", False),
        (b"X: y", False),
    ],
)
def test_pictures_that_belong_to_the_text_are_inline(headers: bytes, inline: bool) -> None:
    (part,) = parse(multipart("related", HTML, b"Content-Type: image/png\r\n" + headers + b"\r\n\r\nx")).attachments
    assert part.is_inline is inline


def test_a_content_id_stands_without_brackets() -> None:
    (part,) = parse(multipart("related", b"Content-Type: image/png\r\nContent-ID: <x@y>\r\n\r\nx")).attachments
    assert part.content_id == "x@y"


def test_a_text_that_is_a_file_is_an_attachment() -> None:
    for disposition in (b"attachment", b'attachment; filename="n.txt"', b'inline; filename="n.txt"'):
        note = b"Content-Type: text/plain\r\nContent-Disposition: " + disposition + b"\r\n\r\nnote"
        parsed = parse(multipart("mixed", TEXT, note))
        assert parsed.text == "plain"
        assert [each.content_type for each in parsed.attachments] == ["text/plain"]


def test_the_text_itself_may_have_a_name() -> None:
    assert parse(b"Content-Type: text/plain; name=body.txt\r\n\r\ntext").text == "text"


def test_a_message_within_is_one_attachment_with_its_own_structure_untouched() -> None:
    inner = b"Subject: in\r\n" + multipart("mixed", TEXT, PNG, boundary="inner")
    raw = multipart("mixed", TEXT, b"Content-Type: message/rfc822\r\n\r\n" + inner)
    parsed = parse(raw)
    assert [(each.filename, each.content_type) for each in parsed.attachments] == [
        ("attachment-2.eml", "message/rfc822")
    ]
    assert extract_part(raw, 1) == inner
    assert parsed.subject == ""


def test_invitations_and_outlook_packages_are_kept_as_they_are() -> None:
    raw = multipart(
        "alternative",
        TEXT,
        b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR",
        b'Content-Type: application/ms-tnef; name="winmail.dat"\r\n\r\nx',
        b"Content-Type: text/x-amp-html\r\n\r\n<html amp4email>",
    )
    assert [each.filename for each in parse(raw).attachments] == ["attachment-2.ics", "winmail.dat"]


def test_parts_may_be_nested() -> None:
    alternative = multipart("alternative", TEXT, HTML, boundary="inner")
    parsed = parse(multipart("mixed", alternative, PNG, boundary="outer"))
    assert (parsed.text, parsed.text_of_html) == ("plain", "rich")
    assert [each.filename for each in parsed.attachments] == ["a.png"]


@pytest.mark.parametrize(
    ("encoding", "content", "expected", "defect"),
    [
        (b"7bit", b"as it is", "as it is", None),
        (b"quoted-printable", b"soft=\r\n break =3D caf=C3=A9 =ZZ", "soft break = café =ZZ", None),
        (b"base64", b"aGVs\r\nbG8=", "hello", None),
        (b"base64", b"aGVs*bG8", "hello", "the base64 of a part is damaged"),
        (b"BASE64 ", b"aGVsbG8=", "hello", None),
        (b"base64", b"", "", None),
        (b"base64", b"!", "", None),
        (b"x-uuencode", b"begin 644 a\r\n", "begin 644 a", "a part is encoded in a way that is not known"),
    ],
)
def test_contents_are_decoded_as_far_as_they_can_be(
    encoding: bytes, content: bytes, expected: str, defect: str | None
) -> None:
    parsed = parse(
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + content
    )
    assert parsed.text == expected
    assert defect is None or defect in parsed.defects


def test_a_multipart_that_is_not_closed_ends_with_the_message() -> None:
    parsed = parse(multipart("mixed", TEXT, HTML, closed=False))
    assert (parsed.text, parsed.text_of_html) == ("plain", "rich")
    assert "a multipart is not closed" in parsed.defects


def test_the_boundary_around_ends_what_is_not_closed_within() -> None:
    inner = multipart("alternative", TEXT, boundary="inner", closed=False)
    parsed = parse(multipart("mixed", inner, PNG, boundary="outer"))
    assert parsed.text == "plain"
    assert [each.filename for each in parsed.attachments] == ["a.png"]


@pytest.mark.parametrize("header", [b"multipart/mixed", b"multipart/mixed; boundary=", b"multipart/mixed; boundary=x"])
def test_a_multipart_without_parts_is_shown_as_text(header: bytes) -> None:
    parsed = parse(b"Content-Type: " + header + b"\r\n\r\nreadable")
    assert parsed.text == "readable"
    assert parsed.defects[0] in ("a multipart names no boundary", "a multipart has no parts")


def test_a_boundary_may_begin_another_and_hold_any_character() -> None:
    odd = "a'()+_,-./:=? b"
    inner = multipart("alternative", TEXT, boundary=odd + "2")
    parsed = parse(multipart("mixed", inner, PNG, boundary=odd))
    assert (parsed.text, len(parsed.attachments)) == ("plain", 1)


def test_lines_that_only_look_like_boundaries_are_text() -> None:
    text = b"Content-Type: text/plain\r\n\r\n--c\r\n--bb\r\n-- \r\nx--b\r\n --b\r\nend"
    assert parse(multipart("mixed", text)).text == "--c\n--bb\n-- \nx--b\n --b\nend"


def test_parts_beyond_the_bounds_stay_together() -> None:
    many = parse(multipart("mixed", *[PNG] * (MOST_PARTS + 50)))
    assert len(many.attachments) == MOST_PARTS
    assert "there are too many parts; the rest is kept as one" in many.defects
    nested = b"deepest"
    for level in range(MOST_DEPTH + 5):
        nested = multipart("mixed", nested, boundary=f"b{level}x")
    deep = parse(nested)
    assert "parts are nested too deeply; the innermost are kept as one" in deep.defects
    assert len(deep.attachments) == 1


def test_a_preview_is_one_short_line_without_the_targets_of_links() -> None:
    preview = parse(
        b'Content-Type: text/html\r\n\r\n<p>See <a href="https://x.example/long">here</a><p>' + b"more " * 99
    )
    assert preview.preview.startswith("See here more more")
    assert len(preview.preview) <= MOST_PREVIEW
    assert "\n" not in preview.preview


def test_flowed_paragraphs_are_put_together() -> None:
    raw = (
        b"Content-Type: text/plain; format=flowed\r\n\r\n"
        b"one paragraph \r\nin two lines\r\n> quoted \r\n> too\r\n  stuffed\r\n-- \r\nsigned"
    )
    assert parse(raw).text == "one paragraph in two lines\n> quoted too\n stuffed\n-- \nsigned"
    assert parse(raw.replace(b"flowed", b"fixed")).text.startswith("one paragraph \nin two")


def test_del_sp_removes_the_blank_that_breaks_a_line() -> None:
    assert parse(b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nhttps://x.ex \r\nample/").text == (
        "https://x.example/"
    )
