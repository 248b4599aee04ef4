"""
The server is killed while mail arrives: what it said 250 to is there exactly once, and nothing is there in part.

RAVI_SMTP_CRASH=20x2000 makes it twenty kills with two thousand messages each.
"""

import concurrent.futures
import os
import random
import signal
import smtplib
import threading
from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.support.cli import Cli
from tests.support.databases import MakeDatabase
from tests.support.http import Http
from tests.support.journey import api, sign_in
from tests.support.server import MakeServer, Server

KILLS, MESSAGES = map(int, os.environ.get("RAVI_SMTP_CRASH", "3x200").split("x"))
CONNECTIONS = 10


@dataclass
class Postman:
    """Delivers numbered messages to one address over kept connections, and notes which of them were acknowledged."""

    server: Server
    address: str
    acknowledged: set[int] = field(default_factory=set)

    def message(self, number: int) -> bytes:
        return (
            f"From: Bob <bob@example.com>\r\nTo: {self.address}\r\nSubject: number {number}\r\n"
            f"Message-ID: <{number}@example.com>\r\n\r\n" + f"line {number}\r\n" * (number % 150)
        ).encode()

    def deliver(self, numbers: list[int], kill_after: int | None = None) -> None:
        """Deliver all of *numbers* that can be; kill the server once *kill_after* of them were acknowledged."""
        before = len(self.acknowledged)
        killed = threading.Event()

        def some(mine: list[int]) -> None:
            try:
                host, _, port = self.server.smtp.rpartition(":")
                with smtplib.SMTP(host, int(port), timeout=30) as connection:
                    for number in mine:
                        connection.sendmail("bob@example.com", [self.address], self.message(number))
                        self.acknowledged.add(number)
                        if kill_after is not None and len(self.acknowledged) - before >= kill_after:
                            if not killed.is_set():
                                killed.set()
                                os.kill(self.server.pid, signal.SIGKILL)
                            return
            except (OSError, smtplib.SMTPException):
                assert kill_after is not None, "the server refused a message"

        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(some, (numbers[start::CONNECTIONS] for start in range(CONNECTIONS))))
        assert killed.is_set() == (kill_after is not None)


def stored(http: Http) -> Counter[str]:
    """How often each subject is in the inbox."""
    listed = http.get("/api/email-messages/")
    assert listed.status == 200, listed.body
    return Counter(each["subject"] for each in listed.json)


@pytest.fixture
def server(make_database: MakeDatabase, make_server: MakeServer, dialect: str) -> Server:
    """A server on each engine. In this order, so that it is stopped before its database goes."""
    return make_server("--dns", "none", database=make_database() if dialect == "postgresql" else None)


def test_a_server_killed_while_mail_arrives_keeps_what_it_acknowledged_exactly_once(server: Server, cli: Cli) -> None:
    sign_in(server, cli)
    made = cli.json("identity", "create", "--name", "reader")
    postman = Postman(server, made["email"])
    http = api(cli)
    chosen = random.Random(7)  # the moments differ between runs anyway

    for kill in range(KILLS):
        numbers = list(range(kill * MESSAGES, (kill + 1) * MESSAGES))
        postman.deliver(numbers, kill_after=chosen.randrange(1, MESSAGES - CONNECTIONS))
        server.kill()
        server.start()

        there = stored(http)
        assert set(there.values()) <= {1}, there.most_common(3)
        gone = {f"number {number}" for number in postman.acknowledged} - set(there)
        assert not gone, f"acknowledged and not there: {sorted(gone)[:5]}"

        # What was not acknowledged is sent again, as every mail server does, also what had been stored all the same.
        postman.deliver([number for number in numbers if number not in postman.acknowledged])

    there = stored(http)
    assert there == Counter({f"number {number}": 1 for number in range(KILLS * MESSAGES)})
    for each in http.get("/api/email-messages/").json[:: max(1, len(there) // 50)]:
        raw = http.get(f"/api/email-messages/{each['id']}/raw/")
        assert raw.body == postman.message(int(each["subject"].split()[1]))
