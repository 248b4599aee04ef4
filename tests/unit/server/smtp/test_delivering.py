"""A message that arrives is in the inbox, byte for byte, when its sender hears 250."""

import asyncio

import pytest

from tests.support.smtp import Office, Wire

MESSAGE = b"From: Bob <bob@example.com>\r\nSubject: Hello\r\n\r\nHello there\r\n"


async def test_a_message_is_in_the_inbox_when_its_sender_hears_250(office: Office, wire: Wire) -> None:
    assert (await wire.deliver(office.mine, MESSAGE)).startswith("250 2.6.0 ")
    [message] = await office.messages()
    assert (message.subject, message.from_email, message.size) == ("Hello", "bob@example.com", len(MESSAGE))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b".\r\n",
        b"..\r\n",
        b".\r\n..\r\n...\r\n.x\r\n",
        MESSAGE + b".\r\n.\r\n",
        b"Subject: x\r\n\r\n\r\n\r\n",
        b"Subject: bytes\r\n\r\n" + bytes(range(256)) + b"\r\n",
        b"Subject: long\r\n\r\n" + b"x" * 70_000 + b"\r\n.dot\r\n",
        b"Subject: dots\r\n\r\n" + b".\r\n" * 60_000,
        b"Subject: ends in CR\r\n\r\nx\r\r\n",
        "Subject: ünïcode\r\n\r\nüber\r\n".encode(),
    ],
    ids=range(12),
)
async def test_what_is_stored_is_what_was_sent_byte_for_byte(office: Office, wire: Wire, raw: bytes) -> None:
    assert (await wire.deliver(office.mine, raw)).startswith("250 2.6.0 ")
    assert await office.raw() == [raw]


async def test_a_connection_delivers_one_message_after_the_other(office: Office, wire: Wire) -> None:
    for number in range(5):
        assert (await wire.deliver(office.mine, MESSAGE + b"%d\r\n" % number)).startswith("250 ")
    assert await office.raw() == [MESSAGE + b"%d\r\n" % number for number in range(5)]


async def test_a_whole_conversation_in_one_packet_is_answered_in_order(office: Office) -> None:
    wire = await office.connect()
    once = f"MAIL FROM:<bob@example.com>\r\nRCPT TO:<{office.mine}>\r\nDATA\r\n".encode()
    await wire.send(b"EHLO x\r\n" + once + b"one\r\n.\r\n" + once + b".\r\n" + once + b"three\r\n.\r\nQUIT\r\n")
    codes = [(await wire.reply())[:3] for _ in range(15)]
    assert codes == ["220", "250", *["250", "250", "354", "250"] * 3, "221"]
    assert await wire.ended()
    assert await office.raw() == [b"one\r\n", b"", b"three\r\n"]


async def test_a_sender_that_closes_its_half_behind_the_message_is_answered(office: Office) -> None:
    wire = await office.connect()
    await wire.send(
        f"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{office.mine}>\r\nDATA\r\nSubject: last words\r\n.\r\n".encode()
    )
    wire.writer.write_eof()
    assert [(await wire.reply())[:3] for _ in range(6)] == ["220", "250", "250", "250", "354", "250"]
    assert await wire.ended()
    assert len(await office.messages()) == 1


async def test_a_message_that_is_cut_off_is_not_stored(office: Office, wire: Wire) -> None:
    await wire.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "DATA")
    await wire.send(MESSAGE)
    wire.writer.write_eof()
    assert await wire.ended()
    assert await office.messages() == []


async def test_a_bounce_without_a_sender_is_taken(office: Office, wire: Wire) -> None:
    assert (await wire.deliver(office.mine, MESSAGE, sender="<>")).startswith("250 ")


async def test_several_recipients_get_a_message_each_and_nobody_two(office: Office, wire: Wire) -> None:
    name, _, domain = office.mine.partition("@")
    replies = await wire.all(
        "MAIL FROM:<bob@example.com>",
        *(f"RCPT TO:<{to}>" for to in (f"{name}+news@{domain}", office.mine, office.mine.upper(), office.sibling)),
        "DATA",
    )
    assert [reply[:9] for reply in replies[1:-1]] == ["250 2.1.5"] * 4
    await wire.send(MESSAGE + b".\r\n")
    assert (await wire.reply()).startswith("250 ")
    assert [message.envelope_to for message in await office.messages()] == [f"{name}+news@{domain}"]
    assert len(await office.messages(office.world.sibling)) == 1


async def test_the_same_message_delivered_again_is_one(office: Office, wire: Wire) -> None:
    for trace in (b"", b"Received: from a by b; today\r\n"):
        assert (await wire.deliver(office.mine, trace + MESSAGE)).startswith("250 ")
    assert len(await office.messages()) == 1


async def test_many_connections_deliver_at_once(office: Office) -> None:
    async def deliver(number: int) -> str:
        wire = await office.greeted()
        return (await wire.deliver(office.mine, MESSAGE + b"%d\r\n" % number))[:9]

    assert set(await asyncio.gather(*map(deliver, range(40)))) == {"250 2.6.0"}
    assert len(await office.messages()) == 40


async def test_a_large_message_goes_through_a_thread_and_arrives_whole(office: Office, wire: Wire) -> None:
    raw = b"Subject: large\r\n\r\n" + b"0123456789\r\n" * 500_000
    assert (await wire.deliver(office.mine, raw)).startswith("250 ")
    assert await office.raw() == [raw]
