"""Names of attachments: what senders write, and what is safe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.mail.filenames import MOST_BYTES, safe_filename
from ravi.server.mail.parsing import parse


def name_of(*fields: bytes) -> str:
    (part,) = parse(b"\r\n".join([*fields, b"", b"content"])).attachments
    return part.filename


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b'filename="report.pdf"', "report.pdf"),
        (b"filename=report.pdf", "report.pdf"),
        (b"filename=my report (1).pdf; size=3", "my report (1).pdf"),
        (b'filename="semi;colon \\"quoted\\".pdf"', "semi;colon _quoted_.pdf"),
        (b"filename*=utf-8''%e2%82%ac%20rates.pdf", "€ rates.pdf"),
        (b"filename*=iso-8859-1'en'%A3.pdf", "£.pdf"),
        (b'filename*0="one "; filename*1="two"; filename*2=.pdf', "one two.pdf"),
        (b"filename*0*=utf-8''%e2%82; filename*1*=%ac.pdf", "€.pdf"),
        (b"filename*1=b.pdf; filename*0=a", "ab.pdf"),
        (b"filename*0=a; filename*2=c", "a"),
        (b"filename=\"old.pdf\"; filename*=utf-8''n%C3%A9w.pdf", "néw.pdf"),
        (b'filename="=?utf-8?Q?caf=C3=A9.pdf?="', "café.pdf"),
        ('filename="grüße.pdf"'.encode(), "grüße.pdf"),
        ('filename="grüße.pdf"'.encode("latin-1"), "grüße.pdf"),
        (b'filename="unterminated.pdf', "unterminated.pdf"),
        (b"x; =; filename = a.pdf", "a.pdf"),
        (b"filename*=no-such'x'%E9.pdf", "é.pdf"),
        (b"filename*=%ZZ.pdf", "%ZZ.pdf"),
        (b"filename=first.pdf; filename=second.pdf", "first.pdf"),
    ],
)
def test_names_are_read_however_they_are_written(disposition: bytes, name: str) -> None:
    assert name_of(b"Content-Type: application/pdf", b"Content-Disposition: attachment; " + disposition) == name


def test_the_name_in_the_content_type_is_the_second_choice() -> None:
    assert name_of(b'Content-Type: application/pdf; name="a.pdf"') == "a.pdf"
    assert name_of(
        b'Content-Type: application/pdf; name="a.pdf"', b"Content-Disposition: attachment; filename=b.pdf"
    ) == ("b.pdf")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("C:\\x\\y.txt", "y.txt"),
        ("a/b/", "b"),
        ("x:stream", "x_stream"),
        ("..", "attachment-1.png"),
        (".", "attachment-1.png"),
        ("", "attachment-1.png"),
        ("///", "attachment-1.png"),
        ("???", "attachment-1.png"),
        (" . . ", "attachment-1.png"),
        (".bashrc", "bashrc"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("LPT1.tar.gz", "_LPT1.tar.gz"),
        ("console.txt", "console.txt"),
        ("trailing. . ", "trailing"),
        ("new\r\nline\x00\x07\x1b.txt", "new line.txt"),
        ("cod\u202egnp.exe", "codgnp.exe"),
        ("tag\U000e0041.txt", "tag.txt"),
        ("e\u0301.txt", "é.txt"),
        ("<a>|b*.txt", "_a__b_.txt"),
        ("x" * 400 + ".pdf", "x" * (MOST_BYTES - 4) + ".pdf"),
        ("é" * 300 + ".pdf", "é" * ((MOST_BYTES - 4) // 2) + ".pdf"),
        ("a." + "x" * 400, ("a." + "x" * 400)[:MOST_BYTES]),
    ],
)
def test_a_name_cannot_do_harm(name: str, safe: str) -> None:
    assert safe_filename(name, "image/png", 0) == safe


@given(st.text(max_size=400))
def test_every_name_becomes_a_safe_one(name: str) -> None:
    safe = safe_filename(name, "application/x-unheard-of", 3)
    assert 0 < len(safe.encode()) <= MOST_BYTES + 1
    assert safe == safe.strip(" .")
    assert not set(safe) & set('/\\:*?"<>|\r\n\x00')
    assert safe not in (".", "..")


def test_a_made_up_name_has_the_ending_of_its_kind() -> None:
    assert name_of(b"Content-Type: message/rfc822") == "attachment-1.eml"
    assert name_of(b"Content-Type: application/x-unheard-of") == "attachment-1.bin"
