"""
The server is killed while mail arrives: what it said 250 to is there exactly once, and nothing is there in part.

RAVI_SMTP_CRASH=20x2000 (`make crash`) makes it twenty kills with two thousand messages each.
"""

import concurrent.futures
import os
import random
import signal
import smtplib
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.databases import MakeDatabase
from tests.support.http import Http
from tests.support.journey import api, sign_in
from tests.support.server import MakeServer, Server

KILLS, MESSAGES = map(int, os.environ.get("RAVI_SMTP_CRASH", "3x200").split("x"))
CONNECTIONS = 10
#: How long after an acknowledgement the kill comes at most, so that it hits any moment of a message's life.
LATEST_KILL_SECONDS = 0.02
#: Every so many messages one has an attachment, which is stored in a table of its own.
ATTACHMENT_EACH = 20
LARGEST_PAGE = 1000
BULK = b"a line of a large message\r\n" * 40_000

pytestmark = pytest.mark.timeout(120 + KILLS * (10 + MESSAGES // 10))


def written(number: int, to: str) -> bytes:
    """Message *number*."""
    if number % ATTACHMENT_EACH:
        head = f"From: Bob <bob@example.com>\r\nTo: {to}\r\nSubject: number {number}\r\n"
        return (head + f"Message-ID: <{number}@example.com>\r\n\r\n" + f"line {number}\r\n" * (number % 150)).encode()
    message = EmailMessage(SMTP)
    message["From"], message["To"], message["Subject"] = "Bob <bob@example.com>", to, f"number {number}"
    message["Message-ID"] = f"<{number}@example.com>"
    message.set_content(f"line {number}\n")
    message.add_attachment(f"{number} ".encode() * 500, maintype="application", subtype="x-numbers", filename="n.bin")
    message.set_boundary("of-the-crash-test")
    return message.as_bytes()


@dataclass
class Postman:
    """Delivers numbered messages to one address over kept connections, and notes which of them were acknowledged."""

    server: Server
    address: str
    acknowledged: set[int] = field(default_factory=set)

    def deliver(self, numbers: list[int], *, kill_after: int | None = None, later: float = 0.0) -> None:
        """
        Deliver all of *numbers* that can be.

        With *kill_after* the server is killed *later* seconds after so many were acknowledged.
        """
        enough = threading.Event()

        def some(mine: list[int]) -> None:
            try:
                host, _, port = self.server.smtp.rpartition(":")
                with smtplib.SMTP(host, int(port), timeout=30) as connection:
                    for number in mine:
                        connection.sendmail("bob@example.com", [self.address], written(number, self.address))
                        self.acknowledged.add(number)
                        if kill_after is not None and len(self.acknowledged) >= kill_after:
                            enough.set()
            except (OSError, smtplib.SMTPException):
                assert kill_after is not None, "the server refused a message"

        def kill() -> None:
            assert enough.wait(60), "the server did not take the mail"
            time.sleep(later)
            os.kill(self.server.pid, signal.SIGKILL)

        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS + 1) as pool:
            killing = pool.submit(kill) if kill_after is not None else None
            list(pool.map(some, (numbers[start::CONNECTIONS] for start in range(CONNECTIONS))))
            if killing is not None:
                killing.result()


class Reader:
    """What one identity sees of its mail."""

    def __init__(self, http: Http, identity: dict[str, Any]) -> None:
        self._http = http
        self._as = {"X-Ravi-Identity": identity["uuid"]}
        self.address: str = identity["email"]

    def get(self, path: str) -> Any:
        reply = self._http.get(path, headers=self._as)
        assert reply.status == 200, reply.body
        return reply.json

    def there(self) -> Counter[int]:
        """How often each number is in the inbox."""
        return Counter(number_of(each) for each in self.get("/api/email-messages/"))

    def assert_whole(self) -> None:
        """Each message has its bytes, its attachment, its event and its words."""
        listed = self.get("/api/email-messages/")
        for each in listed:
            number = number_of(each)
            raw = self._http.get(f"/api/email-messages/{each['id']}/raw/", headers=self._as)
            assert raw.body == written(number, self.address), number
            assert [part["filename"] for part in each["attachments"]] == ["n.bin"] * (number % ATTACHMENT_EACH == 0)
        ids = sorted(each["id"] for each in listed)
        assert sorted(self._told()) == ids, "events and messages differ"
        assert sorted(each["id"] for each in self.get("/api/email-messages/?q=number")) == ids, "the index differs"

    def _told(self) -> list[int]:
        """The ids of the messages that there are events about."""
        told: list[int] = []
        since = 0
        while True:
            page = self.get(f"/api/events/?event_types=email.message.received&limit={LARGEST_PAGE}&since={since}")[
                "events"
            ]
            told += [event["data"]["message_id"] for event in page]
            if len(page) < LARGEST_PAGE:
                return told
            since = page[-1]["seq"]


def number_of(message: dict[str, Any]) -> int:
    return int(message["subject"].removeprefix("number "))


@pytest.fixture
def server(make_database: MakeDatabase, make_server: MakeServer, dialect: str) -> Server:
    """A server on each engine. In this order, so that it is stopped before its database goes."""
    return make_server(
        "--dns", "none", "--smtp-mailbox-per-minute", "0", database=make_database() if dialect == "postgresql" else None
    )


def test_a_server_killed_while_mail_arrives_keeps_what_it_acknowledged_exactly_once(server: Server, cli: Cli) -> None:
    sign_in(server, cli)
    chosen = random.Random(7)  # the moments differ between runs anyway
    readers = []
    for kill in range(KILLS):
        # An inbox for each kill, so that a look at one does not get dearer with every kill.
        made = cli.json("identity", "create", "--name", f"reader {kill}")
        readers.append(reader := Reader(api(cli), made))
        postman = Postman(server, reader.address)
        numbers = list(range(MESSAGES))
        postman.deliver(
            numbers,
            kill_after=chosen.randrange(1, MESSAGES - CONNECTIONS),
            later=chosen.uniform(0, LATEST_KILL_SECONDS),
        )
        server.kill()
        server.start()

        there = reader.there()
        assert set(there.values()) <= {1}, there.most_common(3)
        gone = postman.acknowledged - set(there)
        assert not gone, f"acknowledged and not there: {sorted(gone)[:5]}"

        # What was not acknowledged is sent again, as every mail server does, also what had been stored all the same.
        postman.deliver([number for number in numbers if number not in postman.acknowledged])
        assert reader.there() == Counter(numbers)
        reader.assert_whole()

    for reader in readers:
        assert reader.there() == Counter(range(MESSAGES))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 32 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "none", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user cannot mount a file system")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_is_answered_with_452_and_forgotten_when_there_is_room(small_disk: Path, cli: Cli) -> None:
    server = Server(small_disk / "data", "--dns", "none", "--smtp-mailbox-per-minute", "0").start()
    try:
        sign_in(server, cli)
        reader = Reader(api(cli), cli.json("identity", "create", "--name", "reader"))
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(12 * 1024 * 1024))

        def deliver(number: int) -> tuple[int, bytes]:
            host, _, port = server.smtp.rpartition(":")
            with smtplib.SMTP(host, int(port), timeout=30) as connection:
                connection.ehlo()
                connection.mail("bob@example.com")
                connection.rcpt(reader.address)
                return connection.data(f"Subject: number {number}\r\n\r\n".encode() + BULK)

        taken = 0
        while (reply := deliver(taken))[0] == 250:
            taken += 1
            assert taken < 32, "the disk does not fill up"
        assert (reply[0], reply[1][:5]) == (452, b"4.3.1")
        assert taken > 0
        assert reader.there() == Counter(range(taken)), "it can be read, and has what was acknowledged"

        ballast.unlink()
        assert deliver(taken)[0] == 250
        assert reader.there() == Counter(range(taken + 1))
        server.kill()
        server.start()
        assert reader.there() == Counter(range(taken + 1))
    finally:
        server.close()
    faults = [line for line in server.lines if '"event":"fault"' in line or "Traceback" in line]
    assert not faults, faults
