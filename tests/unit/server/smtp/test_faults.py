"""When a message cannot be stored, its sender is told to try again, and hears 250 only for what is durable."""

import asyncio
import json
import logging
from datetime import timedelta

import pytest

from ravi.server.db import DatabaseBusy
from ravi.server.http.access_log import AccessLog
from ravi.server.mail.records import Envelope, Mailbox
from ravi.server.mail.verdicts import Checker
from ravi.server.smtp.intake import Draft, Intake, Peer
from tests.support.smtp import Office, Wire

BOX = Mailbox(1, 1, "u", 1, "a@b.example", "a@b.example")
PEER = Peer("192.0.2.1", "client.example", encrypted=True)


class Failing:
    """A mail service that fails with what it is given."""

    def __init__(self, fault: Exception) -> None:
        self._fault = fault

    async def resolve(self, given: str) -> Mailbox:
        raise self._fault

    async def receive(self, envelope: Envelope) -> list[int]:
        raise self._fault


@pytest.mark.parametrize("fault", [DatabaseBusy("locked"), RuntimeError("a bug")])
async def test_a_fault_is_a_reason_to_try_again(fault: Exception) -> None:
    intake = Intake(Failing(fault), Checker(None), AccessLog(enabled=False))
    assert str(await intake.resolve("a@b.example"))[:9] == "451 4.3.0"
    assert (await intake.accept(Draft("", mailboxes={1: BOX}), PEER, b"x"))[:9] == "451 4.3.0"


async def test_a_full_disk_is_said_so_and_the_same_message_goes_through_when_there_is_room(
    office: Office, wire: Wire
) -> None:
    writer = office.world.services.db._writer
    writer.pragma("max_page_count", writer.pragma("page_count") + 2)
    raw = b"Subject: large\r\n\r\n" + b"x" * 300_000 + b"\r\n"
    assert (await wire.deliver(office.mine, raw))[:9] == "452 4.3.1"
    assert await office.messages() == []
    writer.pragma("max_page_count", 1_000_000)
    assert (await wire.deliver(office.mine, raw))[:9] == "250 2.6.0"
    assert await office.raw() == [raw]


async def test_a_message_that_goes_in_a_circle_is_refused(office: Office, wire: Wire) -> None:
    hop = b"Received: from a by b\r\n\t; today\r\n"
    assert (await wire.deliver(office.mine, hop * 101 + b"Subject: x\r\n\r\n"))[:9] == "554 5.4.6"
    assert (await wire.deliver(office.mine, hop * 99 + b"\r\n" + hop * 10))[:9] == "250 2.6.0"


async def test_the_log_has_one_line_for_a_message_and_nothing_of_what_it_says(
    office: Office, wire: Wire, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        reply = await wire.deliver(office.mine, b"Subject: PRIVATE\r\n\r\nPRIVATE\r\n", sender="<private@example.com>")
    office.lines.flush()
    [line] = capfd.readouterr().err.splitlines()
    said = json.loads(line)
    assert isinstance(said.pop("ms"), float)
    assert said.pop("at")
    assert said == {
        "level": "info",
        "logger": "ravi.smtp",
        "event": "message",
        "peer": "127.0.0.1",
        "helo": "client.example",
        "tls": False,
        "bytes": 29,
        "recipients": 1,
        "reply": "250 2.6.0",
        "reference": reply.rpartition(" ")[2],
    }
    assert "private" not in line.lower()
    assert not [record for record in caplog.records if "private" in str(vars(record)).lower()]


async def test_stopping_finishes_the_message_under_way_and_refuses_everything_else(office: Office, wire: Wire) -> None:
    idle = await office.greeted()
    await wire.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "DATA")
    await wire.send(b"Subject: under way\r\n\r\n")
    stopping = asyncio.create_task(office.listener.stop(timedelta(seconds=20)))
    assert (await idle.reply())[:9] == "421 4.3.2"
    assert await idle.ended()
    assert not stopping.done()
    await wire.send(b"the rest\r\n.\r\n")
    assert (await wire.reply())[:9] == "250 2.6.0"
    assert (await wire.reply())[:9] == "421 4.3.2"
    await wire.close()
    await stopping
    assert await office.raw() == [b"Subject: under way\r\n\r\nthe rest\r\n"]
    with pytest.raises(ConnectionRefusedError):
        await office.connect()


async def test_stopping_does_not_wait_for_ever(office: Office, wire: Wire) -> None:
    await wire.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "DATA")
    await wire.send(b"Subject: never ends\r\n")
    stopping = asyncio.create_task(office.listener.stop(timedelta(seconds=0.2)))
    assert (await wire.reply())[:9] == "421 4.3.2"
    assert await wire.ended()
    await stopping
    assert await office.messages() == []
