"""
What is fuzzed: functions that are given any bytes and must neither raise nor give out what they promise not to.

Each is called with bytes that a fuzzer made up. `SEEDS` are where it starts from.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable

from ravi.server.mail import dkim_canonical, dkim_tags
from ravi.server.mail.addresses import parse_mailboxes
from ravi.server.mail.dkim import check_dkim
from ravi.server.mail.html import read_html
from ravi.server.mail.parsing import extract_part, parse
from ravi.server.mail.records import Check
from ravi.server.mail.spf import check_spf
from tests.support.signing import rsa_pair, sign
from tests.support.zone import Zone

_HARM = re.compile(
    r"<\s*/?\s*(?:script|style|iframe|form|object|svg|math)\b|<[^>]*\son\w+\s*=\s*[^\s\"'&>]", re.IGNORECASE
)


def message(data: bytes) -> None:
    """Parsing, and getting every part out again."""
    parsed = parse(data)
    for text in (parsed.subject, parsed.text, parsed.html, parsed.preview, parsed.sender.name, parsed.sender.email):
        text.encode()
        assert "\x00" not in text
    assert not set("\r\n") & set(parsed.subject + parsed.preview + parsed.sender.name + parsed.sender.email)
    for part in parsed.attachments:
        assert part.filename
        assert not set("/\\\x00\r\n") & set(part.filename)
        assert len(extract_part(data, part.position)) == part.size


def html(data: bytes) -> None:
    """Sanitising, which must be harmless and final."""
    source = data.decode("utf-8", "replace")
    cleaned, text, _ = read_html(source)
    assert not _HARM.search(cleaned), cleaned
    assert len(cleaned) <= 10 * len(source) + 10_000
    assert len(text) <= 2 * len(source) + 100
    assert read_html(cleaned)[0] == cleaned


def addresses(data: bytes) -> None:
    """Mailboxes: none may hold what would end a line or hide a part of itself."""
    for found in parse_mailboxes(data):
        assert found.email.isprintable()
        assert not set("\r\n\x00") & set(found.name)


def signature(data: bytes) -> None:
    """DKIM: tags, keys, canonical forms, and the check of a message that holds *data*."""
    for read in (dkim_tags.parse_signature, lambda text: dkim_tags.parse_key(text, "rsa-sha256")):
        with contextlib.suppress(dkim_tags.BadTags):
            read(data)
    for how in ("simple", "relaxed"):
        once = dkim_canonical.canonical_body(data, how)  # type: ignore[arg-type]  # both are its names
        assert dkim_canonical.canonical_body(once, how) == once  # type: ignore[arg-type]
    zone = Zone({("sel._domainkey.example.org", "TXT"): [rsa_pair().record]})
    for check in asyncio.run(check_dkim(zone, data, now=0)):
        assert isinstance(check, Check)


def sender_policy(data: bytes) -> None:
    """SPF records that nobody checked before they were published."""
    zone = Zone({("example.org", "TXT"): [b"v=spf1 " + data, b"other"], ("a.example", "TXT"): b"v=spf1 " + data})
    for peer in ("192.0.2.1", "2001:db8::1"):
        asyncio.run(check_spf(zone, peer=peer, helo="x.example", mail_from="a@example.org"))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "message": message,
    "html": html,
    "addresses": addresses,
    "signature": signature,
    "sender-policy": sender_policy,
}

SEEDS: dict[str, list[bytes]] = {
    "message": [
        sign(),
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-16\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b\r\nContent-Disposition: attachment;\r\n"
        b" filename*0*=utf-8''%41; filename*1=b\r\n\r\nx\r\n--b--\r\n",
        b"Subject: =?utf-8?q?a=41?= =?iso-2022-jp?b?GyRC?=\r\nDate: 1 Jul 25 10:00 -0000\r\n"
        b"References: <a@b> <c@d>\r\n\r\n",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Final-Recipient: rfc822; a@b.c\r\nAction: failed\r\n--b--",
    ],
    "html": [
        b"<table><tr><td><p>a<a href='https://x.example'>b</a><img src=cid:x alt=y></table><ul><li>c<script>d</script>",
        b"<div style='display:none;font-size:0px'>a</div><svg><style><!--</style></svg><b><i></b>&amp;&#65;</i>",
    ],
    "addresses": [b'"A, B" <a@b.c>, (c) d@[1.2.3.4], G: =?utf-8?q?x?= <@r:"l"@h.i>;'],
    "signature": [sign(), sign(header=b"simple", body=b"simple"), sign(length=True), rsa_pair().record],
    "sender-policy": [
        b"a mx:b.example ptr include:a.example exists:%{ir}.%{v}.%{d2}.x ip4:1.2.3.0/24 ip6:::/0 -all exp=e.x"
    ],
}
