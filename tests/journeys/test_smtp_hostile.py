"""
Whatever strangers send to the mail port is answered, and costs neither the server's memory nor the others' time.

Every test here bounds both: a second of the server's processor time, and 256 MiB.
"""

import base64
import contextlib
import smtplib
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.cli import Cli
from tests.support.cost import MiB, within
from tests.support.hostile_mail import CASES
from tests.support.http import Http
from tests.support.journey import api, sign_in
from tests.support.server import Server

#: Of the server's process, whatever is sent to it; the tests that send many things say so.
MOST_SECONDS = 1.0
MOST_MEMORY = 256 * MiB


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server") / "data", "--dns", "none").start()
    yield server
    server.stop()
    faults = [line for line in server.lines if '"event":"fault"' in line or "Traceback" in line]
    assert not faults, "ravi-server logged faults:\n" + "\n".join(faults)


@pytest.fixture(scope="module")
def owner(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return sign_in(server, Cli(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="module")
def address(owner: Cli) -> str:
    return owner.json("identity", "create", "--name", "target")["email"]


@pytest.fixture(scope="module")
def http(owner: Cli) -> Http:
    return api(owner)


@pytest.fixture(autouse=True)
def bounded(server: Server, address: str) -> Iterator[None]:
    with within(server.pid, seconds=MOST_SECONDS, memory=MOST_MEMORY):
        yield


@contextlib.contextmanager
def connected(server: Server) -> Iterator[smtplib.SMTP]:
    host, _, port = server.smtp.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=30) as connection:
        connection.ehlo()
        yield connection


def nested(levels: int) -> bytes:
    lines = [b"Subject: nested"]
    for level in range(levels):
        lines += [b'Content-Type: multipart/mixed; boundary="b%d"' % level, b"", b"--b%d" % level]
    return b"\r\n".join([*lines, b"", b"deep", b""])


def text(body: bytes) -> bytes:
    return b"Subject: x\r\nFrom: a@b.example\r\n\r\n" + body + b"\r\n"


def attached(name: bytes) -> bytes:
    return (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: application/x\r\n'
        b'Content-Disposition: attachment; filename="' + name + b'"\r\n\r\nx\r\n--b--\r\n'
    )


MESSAGES: dict[str, Callable[[], bytes]] = {
    "a line of 1 MiB": lambda: b"Subject: x\r\n\r\n" + b"x" * MiB + b"\r\n",
    "a field of 1 MiB": lambda: b"Subject: " + b"x" * MiB + b"\r\n\r\n",
    "100,000 fields": lambda: b"".join(b"X-%d: y\r\n" % number for number in range(100_000)) + b"\r\nx\r\n",
    "100,000 continued lines": lambda: b"Subject: x\r\n" + b" y\r\n" * 100_000 + b"\r\nx\r\n",
    "100,000 recipients in To": lambda: b"To: " + b",\r\n ".join([b"a@b.example"] * 100_000) + b"\r\n\r\nx\r\n",
    "multiparts 1,000 deep": lambda: nested(1000),
    "100,000 parts": lambda: (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 100_000 + b"--b--\r\n"
    ),
    "messages in messages": lambda: b"Content-Type: message/rfc822\r\n\r\n" * 5000 + b"x\r\n",
    "brackets in every field": lambda: (
        b"From: " + b"(" * 100_000 + b"\r\nTo: " + b"<" * 100_000 + b"\r\n\r\n" + b"<" * MiB + b"\r\n"
    ),
    "encoded words": lambda: b"Subject: " + b"=?utf-8?q?=41?= " * 10_000 + b"\r\n\r\nx\r\n",
    "HTML 20,000 deep": lambda: b"Content-Type: text/html\r\n\r\n" + b"<div>" * 20_000 + b"x\r\n",
    "20 MiB of base64": lambda: (
        b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + (b"QUFB" * 19 + b"\r\n") * 268_000
    ),
    "NULs": lambda: b"\0" * MiB + b"\r\n",
    "HTML in base64": lambda: (
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(b"<table><tr><td style='a:b'>" * 200_000).replace(b"\n", b"\r\n")
    ),
    "a file name of 1 MiB": lambda: attached(b'name.bin"; x="' + b"x" * MiB),
    "a file name in 100,000 pieces": lambda: attached(
        b'x"' + b"".join(b";\r\n filename*%d=%%41" % number for number in range(100_000)) + b'; y="'
    ),
    "a file name of encoded words": lambda: attached(b"=?utf-8?b?Li4v?= " * 50_000),
    "a multipart that is its own boundary": lambda: (
        b'Content-Type: multipart/mixed; boundary=""\r\n\r\n' + b"--\r\n" * 300_000
    ),
    "a charset that is none": lambda: b"Content-Type: text/plain; charset=" + b"x" * MiB + b"\r\n\r\n\xff\r\n",
    "escapes of ISO-2022": lambda: (
        b"Content-Type: text/plain; charset=iso-2022-jp-2\r\n\r\n" + b"\x1b$B\x1b(B\x1b$A" * 300_000 + b"\r\n"
    ),
    "a million words that may be codes": lambda: text(b"your code is code 123456 code: A1B2C3 " * 60_000),
    "digits without an end": lambda: text(b"Your verification code is " + b"1 2-3" * 400_000),
    "links without an end": lambda: text(b"http://x.example/verify?" * 100_000),
    "100,000 links": lambda: text(b"https://x.example/confirm/a \r\n" * 100_000),
    "a hundred thousand references": lambda: b"References: " + b"<a@b.example>\r\n " * 100_000 + b"\r\n\r\nx\r\n",
    "a signature with 100,000 tags": lambda: (
        b"DKIM-Signature: v=1; " + b"a=b;\r\n " * 100_000 + b"\r\nFrom: a@b.example\r\n\r\nx\r\n"
    ),
    "1,000 signatures": lambda: (
        b"DKIM-Signature: v=1; a=rsa-sha256; d=b.example; s=s; h=from; bh=x; b=x\r\n" * 1000
        + b"From: a@b.example\r\n\r\n"
        + b"x \r\n" * 200_000
    ),
}


@pytest.mark.parametrize("name", [*MESSAGES, *CASES])
def test_a_hostile_message_is_taken_and_can_be_read(server: Server, address: str, http: Http, name: str) -> None:
    raw = (MESSAGES | CASES)[name]()
    with connected(server) as connection:
        connection.mail("bob@example.com")
        assert connection.rcpt(address)[0] == 250
        code, reply = connection.data(raw)
        assert code == 250, reply
        assert connection.noop()[0] == 250
    newest = http.get("/api/email-messages/?limit=1").json["results"][0]
    assert newest["size"] == len(raw.removesuffix(b"\r\n") + b"\r\n")
    assert http.get(f"/api/email-messages/{newest['id']}/").status == 200


def test_ten_thousand_recipients_are_each_answered(server: Server, address: str) -> None:
    with connected(server) as connection:
        connection.mail("bob@example.com")
        connection.send("".join(f"RCPT TO:<{address}>\r\n" for _ in range(10_000)))
        codes = [connection.getreply()[0] for _ in range(10_000)]
    assert codes == [250] * 100 + [452] * 9900


def test_a_command_of_a_megabyte_is_answered(server: Server, address: str) -> None:
    with connected(server) as connection:
        assert connection.docmd("RCPT TO:<" + "x" * MiB + ">")[0] == 500
        assert connection.noop()[0] == 250


def test_slow_clients_hold_up_nobody_and_cost_little(server: Server, address: str) -> None:
    host, _, port = server.smtp.rpartition(":")
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection((host, int(port)))) for _ in range(40)]
        for each in slow:
            each.sendall(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\nSubj" % address.encode())
        with connected(server) as connection:
            for _ in range(20):
                for each in slow:
                    each.sendall(b"x")
                connection.sendmail("bob@example.com", [address], f"Subject: {time.monotonic()}\r\n\r\n")


def test_one_address_cannot_take_all_connections(server: Server, address: str) -> None:
    host, _, port = server.smtp.rpartition(":")
    with contextlib.ExitStack() as stack:
        greetings = []
        for _ in range(60):
            each = stack.enter_context(socket.create_connection((host, int(port))))
            each.settimeout(10)
            greetings.append(each.recv(200)[:9])
    assert greetings.count(b"421 4.7.0") >= 10
    assert {greeting[:3] for greeting in greetings} == {b"220", b"421"}


def test_connections_that_come_and_go_leave_nothing_behind(server: Server, address: str) -> None:
    host, _, port = server.smtp.rpartition(":")
    for number in range(500):
        with socket.create_connection((host, int(port))) as each:
            if number % 2:
                each.sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\n")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(smtplib.SMTPException), connected(server) as connection:
            connection.sendmail("bob@example.com", [address], f"Subject: {time.monotonic()}\r\n\r\n")
            break
    else:
        pytest.fail("the server takes no mail any more")
