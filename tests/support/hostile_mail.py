"""
Messages made to keep a parser busy, by name. Some are 10 MB, so they are made when asked for.

Run as a program with a number of megabytes, it parses those that stdin names, with no more memory than that.
"""

import json
import os
import resource
import sys
from collections.abc import Callable

MB = 1024 * 1024
HTML = b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n"
MIXED = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"


def _nested(levels: int) -> bytes:
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(levels)
    )
    return opened + b"\r\ninnermost\r\n" + b"".join(b"--b%d--\r\n" % level for level in reversed(range(levels)))


def _field(name: bytes, value: bytes) -> bytes:
    return b"From: a@b.example\r\n" + name + b": " + value + b"\r\n\r\ntext"


CASES: dict[str, Callable[[], bytes]] = {
    "nested-1000": lambda: _nested(1000),
    "nested-50000": lambda: _nested(50_000),
    "prefix-boundaries": lambda: _prefixes(),
    "headers-100000": lambda: b"".join(b"X-%d: y\r\n" % number for number in range(100_000)) + b"\r\ntext",
    "header-line-1-mib": lambda: _field(b"Subject", b"x" * MB),
    "continuation-lines": lambda: _field(b"Subject", b"x\r\n" + b" \r\n" * 400_000 + b" y"),
    "no-end-of-header": lambda: b"a:\n" * 3_000_000,
    "commas": lambda: _field(b"To", b"," * 250_000),
    "comments": lambda: _field(b"From", b"(" * 60_000),
    "comments-side-by-side": lambda: _field(b"From", b"()" * 30_000),
    "brackets": lambda: b"".join(b"From: " + b"<>" * 30_000 + b"\r\n" for _ in range(4)) + b"\r\n",
    "blank-address": lambda: _field(b"From", b"a" + b" " * 60_000 + b"b"),
    "backslashes": lambda: _field(b"From", b'"' + b"\\" * 60_001),
    "word-starts": lambda: _field(b"Subject", b"=?a?q?" * 10_000),
    "words": lambda: _field(b"Subject", b"=?a?q?x?= " * 6000),
    "parameters": lambda: _field(b"Content-Type", b"text/plain" + b"; a=b" * 10_000),
    "parameter-blanks": lambda: _field(b"Content-Type", b"text/plain; a" + b" " * 60_000),
    "continued-parameters": lambda: _field(
        b"Content-Type", b"image/png" + b"".join(b"; name*%d=x" % number for number in range(3000))
    ),
    "references": lambda: _field(b"References", b"<a@b>" * 12_000),
    "parts": lambda: MIXED + b"--a\r\n\r\nx\r\n" * 1_000_000,
    "empty-multiparts": lambda: MIXED + b"--a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n" * 150_000,
    "false-boundaries": lambda: MIXED + b"--b\r\n" * 2_000_000,
    "hyphens": lambda: MIXED + b"-" * 10 * MB,
    "base64": lambda: (
        MIXED
        + b"--a\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + (b"A" * 76 + b"\r\n") * 130_000
    ),
    "base64-damaged": lambda: (
        b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + (b"A*" * 37 + b"A\r\n") * 130_000
    ),
    "quoted-printable": lambda: b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"= " * 5 * MB,
    "text": lambda: b"\r\n" + b"word " * 2 * MB,
    "flowed": lambda: b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"> x \r\n" * 1_500_000,
    "utf-7": lambda: b"Content-Type: text/plain; charset=utf-7\r\n\r\n" + b"+AAA" * 200_000,
    "delivery-status": lambda: (
        b"Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\n"
        b"Content-Type: message/delivery-status\r\n\r\n"
        + b"Final-Recipient: rfc822; a@b.c\nAction: failed\n\n"
        * 200_000
    ),
    "html-div-10-mb": lambda: HTML + b"<div>" * 2 * MB,
    "html-misnested": lambda: HTML + b"".join(b"<font a=%d>" % number for number in range(40_000)) + b"<p>x" * 100_000,
    "html-font-p": lambda: HTML + b"".join(b"<p><font color=%d>x" % number for number in range(20_000)),
    "html-table-text": lambda: HTML + b"<table><b><i><u>" + b"x<tr>" * 100_000,
    "html-tables": lambda: HTML + b"<table><tr><td>" * 70_000,
    "html-links": lambda: HTML + b"<li><a href=http://x.example>x" * 30_000,
    "html-lists": lambda: HTML + b"<ul><li>" * 100_000 + b"</ul>" * 100_000,
    "html-less-than": lambda: HTML + b"<" * MB,
    "html-open-tags": lambda: HTML + b"<a " * 300_000,
    "html-open-quotes": lambda: HTML + b'<a b="' * 170_000,
    "html-attributes": lambda: HTML + b"<a" + b" b=c" * 250_000 + b">",
    "html-label": lambda: HTML + b"<a href=http://x.example>" + b"/" * MB + b"x</a>",
    "html-digits": lambda: HTML + b"".join(b"<p style='font:%d%s!'>x" % (n, b"1" * 1900) for n in range(500)),
    "html-comments": lambda: HTML + b"<!--" * 250_000,
    "html-scripts": lambda: HTML + b"<script>" * 120_000,
    "html-ampersands": lambda: HTML + b"x&" * (MB // 2),
    "html-number": lambda: HTML + b"&#" + b"1" * MB + b";",
    "html-references": lambda: HTML + b"&ampx;" * 170_000,
    "html-styles": lambda: HTML + b"<p style='" + b"/*a:b;\\64" * 100_000 + b"'>x",
    "html-many-styles": lambda: HTML + b"".join(b"<p style='font-size:%dpx;a:b;c:d'>x" % n for n in range(25_000)),
    "html-end-tags": lambda: HTML + b"<x>" * 20_000 + b"</p>" * 20_000,
}


def _prefixes() -> bytes:
    """Boundaries of which each begins with the one around it, and many lines that begin with them all."""
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n" % (b"a" * level, b"a" * level)
        for level in range(1, 21)
    )
    return opened + (b"--" + b"a" * 21 + b"\r\n") * 400_000


def main(megabytes: int) -> None:
    """Parse each message that stdin names, in a process of its own, and answer with a line of JSON."""
    from ravi.server.mail.parsing import extract_part, parse

    for name in map(str.strip, sys.stdin):
        child = os.fork()
        if child == 0:
            raw = CASES[name]()
            limit = megabytes * MB
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            parsed = parse(raw)
            for part in parsed.attachments[:3]:
                extract_part(raw, part.position)
            shown = sum(map(len, (parsed.subject, parsed.text, parsed.html, parsed.preview)))
            answer = {"defects": parsed.defects, "shown": shown, "attachments": len(parsed.attachments)}
            print(json.dumps(answer), flush=True)
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            print("{}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
