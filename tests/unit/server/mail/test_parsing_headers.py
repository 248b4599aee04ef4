"""What is read of a message's header fields."""

from datetime import UTC, datetime

import pytest

from ravi.server.mail.headers import MOST_BYTES, MOST_FIELDS, read_headers
from ravi.server.mail.parsing import MOST_SUBJECT, parse


def subject_of(value: bytes) -> str:
    return parse(b"Subject: " + value + b"\r\n\r\n").subject


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        (b"Hello", "Hello"),
        (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=", "Grüße aus Köln"),
        (b"=?UTF-8?B?5pel5pys6Kqe?=", "日本語"),
        (b"=?iso-8859-1*en?q?caf=E9?=", "café"),
        (b"Re: =?utf-8?q?a?= =?utf-8?q?b?= c", "Re: ab c"),
        (b"=?utf-8?q?=E6=97?=\r\n =?utf-8?q?=A5?=", "日"),
        (b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        (b"=?gb2312?B?xOO6ww==?=", "你好"),
        (b"=?koi8-r?Q?=F0=D2=C9=D7=C5=D4?=", "Привет"),
        (b"=?windows-1252?Q?=93quoted=94?=", "“quoted”"),
        (b"=?utf-8?Q?with spaces in it?=", "with spaces in it"),
        (b"=?utf-8?B?bm8gcGFkZGluZw?=", "no padding"),
        ("Raw UTF-8: Grüße".encode(), "Raw UTF-8: Grüße"),
        ("Raw Latin: Grüße".encode("latin-1"), "Raw Latin: Grüße"),
        (b"folded\r\n over\r\n\tlines", "folded over lines"),
        (b"=?utf-8?Q?never ends", "=?utf-8?Q?never ends"),
        (b"=?no-such-charset?Q?caf=E9?=", "café"),
        (b"=?utf-8?X?what?=", "=?utf-8?X?what?="),
        (b"1 =? 2 ?= 3", "1 =? 2 ?= 3"),
        (b"=?utf-8?q?line=0D=0ABcc:_x?=", "line Bcc: x"),
        (b"=?utf-8?q?a=00b=07c?=", "abc"),
        ("right\u202eto left".encode(), "rightto left"),
        ("hid\U000e0068\U000e0069den".encode(), "hidden"),
        ("zero\u200bwidth".encode(), "zerowidth"),
        (b"", ""),
    ],
)
def test_subjects_are_decoded_and_fit_for_one_line(value: bytes, subject: str) -> None:
    assert subject_of(value) == subject


def test_a_long_subject_is_cut() -> None:
    assert subject_of(b"x" * 5000) == "x" * MOST_SUBJECT


def test_the_first_of_several_subjects_counts_and_the_rest_is_a_defect() -> None:
    parsed = parse(b"Subject: one\r\nSubject: two\r\n\r\n")
    assert parsed.subject == "one"
    assert "there is more than one subject" in parsed.defects


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_lines_may_end_either_way(line_end: bytes) -> None:
    raw = line_end.join([b"From: a@b.example", b"Subject: s", b" t", b"", b"one", b"", b"two", b""])
    parsed = parse(raw)
    assert (parsed.sender.email, parsed.subject, parsed.text) == ("a@b.example", "s t", "one\n\ntwo")


def test_a_line_that_is_no_field_begins_the_text() -> None:
    parsed = parse(b"Subject: s\r\nwhat is this\r\nFrom: a@b.example\r\n\r\nmore\r\n")
    assert (parsed.subject, parsed.sender.email) == ("s", "")
    assert parsed.text == "what is this\nFrom: a@b.example\n\nmore"
    assert any("no field" in defect for defect in parsed.defects)


def test_a_line_of_a_mailbox_file_in_front_is_passed_over() -> None:
    assert parse(b"From MAILER-DAEMON Fri Jul  8 12:08:34 2011\nSubject: s\n\nt").subject == "s"


def test_text_without_any_header_is_text() -> None:
    assert parse(b"just a text\r\n").text == "just a text"
    assert parse(b"\r\njust a text\r\n").text == "just a text"


def test_nothing_is_a_message_too() -> None:
    parsed = parse(b"")
    assert (parsed.text, parsed.sender.email, parsed.attachments, parsed.header_from_count) == ("", "", (), 0)


def test_no_more_than_the_first_fields_are_read() -> None:
    raw = b"".join(b"X-%d: y\r\n" % number for number in range(MOST_FIELDS)) + b"Subject: late\r\n\r\ntext"
    parsed = parse(raw)
    assert (parsed.subject, parsed.text) == ("", "text")
    assert any("too many fields" in defect for defect in parsed.defects)


def test_no_more_than_the_first_bytes_of_the_header_are_read_and_the_text_is_found_behind_them() -> None:
    raw = b"Subject: early\r\nX: " + b"y" * MOST_BYTES + b"\r\nReply-To: late@b.example\r\n\r\ntext"
    parsed = parse(raw)
    assert (parsed.subject, parsed.reply_to, parsed.text) == ("early", (), "text")
    assert any("header is too long" in defect for defect in parsed.defects)


def test_a_header_that_was_not_read_whole_says_so() -> None:
    assert read_headers(b"A: b\r\n\r\n").whole
    assert not read_headers(b"A: " + b"b" * 70_000 + b"\r\n\r\n").whole
    assert not read_headers(b"A: b\r\nrubbish\r\n\r\n").whole


@pytest.mark.parametrize(
    ("value", "date"),
    [
        (b"Tue, 1 Jul 2025 12:00:00 +0200", datetime(2025, 7, 1, 10, tzinfo=UTC)),
        (b"1 Jul 25 10:00 GMT", datetime(2025, 7, 1, 10, tzinfo=UTC)),
        (b"Tue, 1 Jul 2025 10:00:00 -0000 (UTC)", datetime(2025, 7, 1, 10, tzinfo=UTC)),
        (b"Tue, 99 Jul 2025 10:00:00 +0000", None),
        (b"31 Dec 9999 23:59:59 -1400", None),
        (b"Tue, 1 Jul 2025 10:00:00 +9999999999", None),
        (b"yesterday", None),
        (b"\xff\xfe", None),
        (b"", None),
    ],
)
def test_a_date_is_in_utc_or_missing(value: bytes, date: datetime | None) -> None:
    parsed = parse(b"Date: " + value + b"\r\n\r\n")
    assert parsed.date == date
    assert ("there is no date" in parsed.defects) == (date is None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"<a@b>", "<a@b>"),
        (b"  <a@b>  trailing", "<a@b>"),
        (b"a@b", "<a@b>"),
        (b"<a b@c>", ""),
        (b"<a\xc3\xa9@c>", ""),
        (b"<<a@b>>", "<a@b>"),
        (b"nonsense", ""),
        (b"<" + b"x" * 996 + b">", "<" + "x" * 996 + ">"),
        (b"<" + b"x" * 997 + b">", ""),
    ],
)
def test_a_message_id_is_printable_ascii_between_brackets(value: bytes, expected: str) -> None:
    assert parse(b"Message-ID: " + value + b"\r\n\r\n").message_id == expected
    assert parse(b"In-Reply-To: " + value + b"\r\n\r\n").in_reply_to == expected


def test_references_keep_their_beginning_and_their_end() -> None:
    ids = [f"<{number}@b.example>" for number in range(300)]
    parsed = parse(b"References: " + "\r\n ".join(ids).encode() + b"\r\n\r\n")
    assert parsed.references == (*ids[:50], *ids[-50:])
    assert parse(b"References: <a@b>,<c@d> junk <a@b>\r\n\r\n").references == ("<a@b>", "<c@d>")


@pytest.mark.parametrize(
    ("field", "automatic"),
    [
        (b"Auto-Submitted: auto-replied", True),
        (b"Auto-Submitted: auto-generated; x=y", True),
        (b"Auto-Submitted: no", False),
        (b"Auto-Submitted: No; x=y", False),
        (b"Precedence: bulk", True),
        (b"Precedence: LIST", True),
        (b"Precedence: first-class", False),
        (b"List-Id: <news.example.org>", True),
        (b"X-Nothing: at all", False),
    ],
)
def test_mail_that_a_program_sent_is_known(field: bytes, automatic: bool) -> None:
    assert parse(field + b"\r\n\r\n").is_automatic is automatic
