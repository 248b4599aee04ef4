"""Our reading beside that of the standard library, and of bytes that nobody would send."""

import email
from email import policy
from email.message import EmailMessage

from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.server.mail.parsed import Parsed
from ravi.server.mail.parsing import MOST_DEFECTS, MOST_PREVIEW, extract_part, parse

#: Without what is taken out on purpose: controls, and everything invisible from U+E0000 on.
_TEXTS = st.text(
    st.characters(codec="utf-8", max_codepoint=0xDFFFF, exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co"]),
    max_size=80,
)
_LINES = st.lists(_TEXTS.map(str.strip).filter(bool), min_size=1, max_size=6)
_WORDS = _TEXTS.map(lambda text: " ".join(text.split()))
_FILES = st.lists(
    st.tuples(st.from_regex(r"[a-zäß0-9]{1,12}\.[a-z]{3}", fullmatch=True), st.binary(max_size=200)), max_size=4
)


@given(
    subject=_WORDS,
    lines=_LINES,
    encoding=st.sampled_from(["base64", "quoted-printable", "8bit"]),
    width=st.sampled_from([78, 200]),
    html=st.booleans(),
    files=_FILES,
)
@settings(max_examples=40, deadline=None)
def test_what_the_standard_library_writes_is_read_as_it_was_meant(
    subject: str, lines: list[str], encoding: str, width: int, html: bool, files: list[tuple[str, bytes]]
) -> None:
    message = EmailMessage(policy=policy.SMTP.clone(max_line_length=width))
    message["From"] = "A <a@b.example>"
    message["Subject"] = subject
    message["Date"] = "Tue, 1 Jul 2025 10:00:00 +0000"
    message.set_content("\n".join(lines), cte=encoding)
    if html:
        message.add_alternative("<p>rich</p>", subtype="html")
    for name, content in files:
        message.add_attachment(content, "application", "octet-stream", filename=name)
    raw = message.as_bytes()
    parsed = parse(raw)
    assert parsed.defects == ()
    # The library itself loses blanks where it folds between encoded words.
    assert parsed.subject.replace(" ", "") == subject.replace(" ", "")
    assert parsed.text == "\n".join(lines)
    assert parsed.html.strip() == ("<p>rich</p>" if html else "")
    assert [part.filename for part in parsed.attachments] == [name for name, _ in files]
    assert [extract_part(raw, part.position) for part in parsed.attachments] == [content for _, content in files]


_PIECES = st.sampled_from(
    [
        b"--b", b"--b--", b"--c", b"--c--", b"", b"text", b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: multipart/mixed; boundary=c", b"Content-Type: text/plain", b"Content-Type: image/png",
        b"Subject: s\n folded", b"no field", b"From: a@b.example",
    ]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=25), st.sampled_from([b"\r\n", b"\n"]))
@settings(max_examples=200, deadline=None)
def test_structures_are_cut_where_the_standard_library_cuts_them(pieces: list[bytes], line_end: bytes) -> None:
    # They pass over boundaries that follow each other at once; here there is an empty part between them.
    pieces = [
        piece for place, piece in enumerate(pieces) if not (piece[:2] == b"--" == pieces[place - 1][:2] and place)
    ]
    while pieces and not pieces[-1]:  # where nothing closes the last part they drop the line break that it ends with
        pieces.pop()
    raw = b"Content-Type: multipart/mixed; boundary=b" + line_end + line_end + line_end.join(pieces)
    theirs = email.message_from_bytes(raw)
    if any("multipart" in part.get_content_type() and not part.is_multipart() for part in theirs.walk()):
        # A multipart without parts: they make a text of it that includes its first boundaries.
        return
    leaves = [part for part in theirs.walk() if not part.is_multipart()]
    contents = [leaf.get_payload(decode=True) for leaf in leaves]
    found = [extract_part(raw, position) for position in range(len(contents))]
    assert found == contents


@given(st.binary(max_size=2000))
@settings(max_examples=150, deadline=None)
def test_any_bytes_become_a_message(raw: bytes) -> None:
    check(raw, parse(raw))


_ODD_PIECES = st.sampled_from(
    [
        b"Content-Transfer-Encoding: base64", b'To: ,;<>()"\\@[]', b"Date: 1 Jan 99999 -2500", b"Message-ID: <",
        b"Content-Disposition: attachment; filename*0*=x'y'%; filename*=", b"Content-Type: text/html; charset=utf-16",
        b"<table><p><a href='x", b"&#x110000;&#9999999999;&amp", b"\xff\xfe\xd8\x00",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(_PIECES, _ODD_PIECES, st.binary(max_size=30)), max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_pieces_become_a_message(pieces: list[bytes]) -> None:
    raw = b"\r\n".join(pieces)
    check(raw, parse(raw))


def check(raw: bytes, parsed: Parsed) -> None:
    """What holds of every message."""
    texts = [parsed.subject, parsed.text, parsed.html, parsed.text_of_html, parsed.preview, *parsed.defects]
    for text in texts:
        assert "\x00" not in text
        text.encode()
    assert not any(char in parsed.subject + parsed.preview for char in "\r\n")
    assert len(parsed.preview) <= MOST_PREVIEW
    assert len(parsed.defects) <= MOST_DEFECTS
    for part in parsed.attachments:
        assert len(extract_part(raw, part.position)) == part.size
        assert part.filename
    assert parse(raw) == parsed
