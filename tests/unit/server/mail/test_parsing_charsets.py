"""Texts in charsets: true ones, unknown ones, and ones that lie."""

import codecs
import encodings
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.mail import charsets
from ravi.server.mail.parsing import parse


@pytest.mark.parametrize(
    ("charset", "data", "text", "defect"),
    [
        ("utf-8", "grüße".encode(), "grüße", None),
        ("UTF8", "grüße".encode(), "grüße", None),
        ("", "grüße".encode(), "grüße", None),
        ("", "grüße".encode("latin-1"), "grüße", None),
        ("us-ascii", "grüße".encode(), "grüße", charsets.LIES),
        ("us-ascii", b"plain", "plain", None),
        ("utf-8", "grüße".encode("latin-1"), "grüße", charsets.LIES),
        ("iso-8859-1", b"\x93quoted\x94", "“quoted”", None),
        ("iso-8859-15", b"\xa4", "€", None),
        ("windows-1251", "Привет".encode("cp1251"), "Привет", None),
        ("gb2312", "\u9fa6你好".encode("gb18030"), "\u9fa6你好", None),
        ("shift_jis", "①日本".encode("cp932"), "①日本", None),
        ("iso-2022-jp", "日本".encode("iso2022_jp"), "日本", None),
        ("ks_c_5601-1987", "안녕".encode("cp949"), "안녕", None),
        ("big5", "你好".encode("big5"), "你好", None),
        ("utf-16", "hi".encode("utf-16"), "hi", None),
        ("utf-7", b"+AGg-i", "hi", None),
        ("koi8-u", "їжак".encode("koi8-u"), "їжак", None),
        ("x-unknown", "grüße".encode(), "grüße", charsets.UNKNOWN),
        ("no such\ncharset", b"\xe9", "é", charsets.UNKNOWN),
        ("zlib", b"text", "text", charsets.UNKNOWN),
        ("rot13", b"text", "text", charsets.UNKNOWN),
        ("punycode", b"text-", "text-", charsets.UNKNOWN),
        ("unicode_escape", b"\\u0041", "\\u0041", charsets.UNKNOWN),
        ("../../etc", b"text", "text", charsets.UNKNOWN),
    ],
)
def test_bytes_become_the_text_that_was_meant(charset: str, data: bytes, text: str, defect: str | None) -> None:
    assert charsets.decode(data, charset) == (text, defect)


@given(st.binary(max_size=60), st.sampled_from(sorted(charsets._KNOWN)))
def test_no_charset_makes_a_fault_of_any_bytes(data: bytes, charset: str) -> None:
    text, _ = charsets.decode(data, charset)
    charsets.clean_text(text).encode()


def test_a_charset_that_a_message_invents_is_neither_imported_nor_remembered() -> None:
    modules, remembered = set(sys.modules), len(encodings._cache)  # type: ignore[attr-defined]
    for number in range(50):
        charsets.decode(b"x", f"invented-{number}")
    assert set(sys.modules) == modules
    assert len(encodings._cache) == remembered  # type: ignore[attr-defined]


def test_every_charset_that_is_known_is_one_of_python() -> None:
    for codec in set(charsets._KNOWN.values()):
        assert codecs.lookup(codec)._is_text_encoding, codec


def test_what_must_not_be_shown_is_taken_out_of_texts() -> None:
    text = "a\x00b\x07c\x1b[31m\U000e0061\U000e0062\x85d\te\r\nf\rg"
    assert parse(b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode()).text == "abc[31md\te\nf\ng"


def test_halves_of_characters_do_not_get_through() -> None:
    assert parse(b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-x").text == "x"


def test_html_may_name_its_charset_itself() -> None:
    html = '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">Привет'.encode("cp1251")
    assert parse(b"Content-Type: text/html\r\n\r\n" + html).text == "Привет"
    lying = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + b'<meta charset="windows-1251">' + "grüße".encode()
    assert parse(lying).text == "grüße"


def test_defects_name_each_fault_once() -> None:
    part = b"--b\r\nContent-Type: text/plain; charset=nothing\r\n\r\nx\r\n"
    parsed = parse(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 20 + b"--b--")
    assert parsed.defects.count(charsets.UNKNOWN) == 1
