"""What comes back of mail that was not delivered (RFC 3464)."""

import pytest

from ravi.server.mail.parsing import parse

REPORT = b"""From: MAILER-DAEMON@mx.example.net\r
To: agent@in.ravi.example\r
Auto-Submitted: auto-replied\r
Subject: Undelivered Mail Returned to Sender\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
It did not work.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.net\r
\r
Final-Recipient: rfc822; Nobody@Example.net\r
Original-Recipient: rfc822;nobody@example.net\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1\r
 unknown user\r
\r
Final-Recipient: rfc822; <slow@example.net>\r
Action: delayed\r
Status: 4.4.1\r
\r
Original-Recipient: rfc822; other@example.net\r
Action: FAILED (for good)\r
--b\r
Content-Type: message/rfc822\r
\r
Message-ID: <sent-1@in.ravi.example>\r
Subject: Hello\r
\r
Hi\r
--b--\r
"""


def test_a_bounce_names_the_message_and_those_who_did_not_get_it() -> None:
    parsed = parse(REPORT.replace(b"FAILED (for good)", b"Failed"))
    assert parsed.bounce_of == ("<sent-1@in.ravi.example>",)
    assert parsed.bounced == ("nobody@example.net", "other@example.net")
    assert parsed.is_automatic
    assert parsed.text == "It did not work."
    assert [part.content_type for part in parsed.attachments] == ["message/delivery-status", "message/rfc822"]


def test_only_the_header_may_come_back() -> None:
    assert parse(REPORT.replace(b"message/rfc822", b"text/rfc822-headers")).bounce_of == ("<sent-1@in.ravi.example>",)


def test_reports_in_utf_8_are_read_too() -> None:
    report = REPORT.replace(b"message/delivery-status", b"message/global-delivery-status")
    report = report.replace(b"message/rfc822", b"message/global").replace(b"rfc822; Nobody", "utf-8; Nöbody".encode())
    parsed = parse(report)
    assert parsed.bounce_of == ("<sent-1@in.ravi.example>",)
    assert parsed.bounced == ("nöbody@example.net",)


@pytest.mark.parametrize(
    "change",
    [(b"Action: failed", b"Action: delivered"), (b"multipart/report", b"multipart/mixed")],
    ids=["success", "other"],
)
def test_what_is_no_failure_report_marks_nothing(change: tuple[bytes, bytes]) -> None:
    parsed = parse(REPORT.replace(*change))
    assert (parsed.bounce_of, parsed.bounced) == ((), ())


def test_a_failure_without_the_message_names_the_recipients_only() -> None:
    parsed = parse(REPORT.partition(b"--b\r\nContent-Type: message/rfc822")[0] + b"--b--\r\n")
    assert (parsed.bounce_of, parsed.bounced) == ((), ("nobody@example.net",))
