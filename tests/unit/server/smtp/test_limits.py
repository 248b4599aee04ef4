"""What a stranger may ask for, and how it is refused: for now where it will be otherwise later, for good otherwise."""

import asyncio
import socket

import pytest

from ravi.server.smtp import limits
from ravi.server.smtp.limits import Door, Limits, Room, plain_host
from tests.support.smtp import Office, Wire
from tests.unit.server.smtp.conftest import MakeOffice

MiB = 1024 * 1024


async def test_a_message_of_the_greatest_size_is_taken_and_one_byte_more_is_not(make_office: MakeOffice) -> None:
    async with make_office(message_bytes=70_000) as office:
        wire = await office.greeted()
        most = (b"." * 77 + b"\r\n") * 1000
        most = most[: 70_000 - 2] + b"\r\n"
        assert (await wire.deliver(office.mine, most))[:9] == "250 2.6.0"
        assert (await wire.deliver(office.mine, b"x" + most))[:9] == "552 5.3.4"
        assert (await wire.deliver(office.mine, b"y\r\n"))[:9] == "250 2.6.0"
        assert await office.raw() == [most, b"y\r\n"]


async def test_whoever_goes_on_and_on_is_cut_off(make_office: MakeOffice) -> None:
    async with make_office(message_bytes=70_000) as office:
        wire = await office.greeted()
        await wire.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "DATA")
        await wire.send(b"x" * (5 * 70_000))
        assert (await wire.reply())[:9] == "552 5.3.4"
        assert await wire.ended()


async def test_messages_that_would_need_too_much_memory_together_are_put_off(make_office: MakeOffice) -> None:
    async with make_office(message_bytes=40 * MiB) as office:  # 80 MiB for all
        holding = [await office.greeted() for _ in range(2)]
        for wire in holding:
            await wire.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "DATA")
            await wire.send(b"x" * (39 * MiB))
        late = await office.greeted()
        async with asyncio.timeout(20):
            # Not a byte more than what is left when both have arrived so far, so that neither is still on its way.
            while (await late.say(f"MAIL FROM:<bob@example.com> SIZE={2 * MiB + 100}"))[:9] != "452 4.3.1":
                assert (await late.say("RSET"))[:3] == "250"
                await asyncio.sleep(0.2)
        await late.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "DATA")
        await late.send(b"x" * (10 * MiB) + b"\r\n.\r\n")
        assert (await late.reply())[:9] == "452 4.3.1"
        await holding[0].close()
        async with asyncio.timeout(20):
            while (await late.say("MAIL FROM:<bob@example.com> SIZE=10000000"))[:9] != "250 2.1.0":
                await asyncio.sleep(0.05)


async def test_the_recipients_beyond_the_limit_are_put_off_and_the_others_get_their_message(
    make_office: MakeOffice,
) -> None:
    async with make_office(recipients=3) as office:
        wire = await office.greeted()
        name, _, host = office.mine.partition("@")
        await wire.say("MAIL FROM:<bob@example.com>")
        replies = await wire.all(*(f"RCPT TO:<{name}+{number}@{host}>" for number in range(5)), "DATA")
        assert [reply[:9] for reply in replies[:5]] == ["250 2.1.5"] * 3 + ["452 4.5.3"] * 2
        await wire.send(b"x\r\n.\r\n")
        assert (await wire.reply())[:3] == "250"


async def test_a_line_that_is_too_long_is_read_to_its_end_and_refused(wire: Wire) -> None:
    exact = "NOOP " + "x" * (limits.LONGEST_COMMAND - 7)
    assert (await wire.say(exact))[:9] == "250 2.0.0"
    for size in (1, 70_000, MiB):
        assert (await wire.say(exact + "x" * size))[:9] == "500 5.5.2"
    assert (await wire.say("NOOP"))[:9] == "250 2.0.0"


async def test_a_line_without_an_end_is_given_up(wire: Wire) -> None:
    sending = asyncio.create_task(wire.send(b"x" * (20 * MiB)))
    assert (await wire.reply())[:9] == "421 4.7.0"
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


async def test_too_many_errors_end_the_connection(wire: Wire) -> None:
    replies = await wire.all(*["NONSENSE"] * (limits.MOST_ERRORS + 1))
    assert {reply[:9] for reply in replies[:-1]} == {"500 5.5.1"}
    assert replies[-1][:9] == "421 4.7.0"
    assert await wire.ended()


async def test_a_dictionary_of_recipients_ends_the_connection(office: Office, wire: Wire) -> None:
    await wire.say("MAIL FROM:<bob@example.com>")
    guesses = [f"RCPT TO:<guess{number}@in.ravi.localhost>" for number in range(limits.MOST_REFUSED_RECIPIENTS + 1)]
    replies = await wire.all(*guesses)
    assert {reply[:9] for reply in replies[:-1]} == {"550 5.1.1"}
    assert replies[-1][:9] == "421 4.7.0"
    assert await wire.ended()


async def test_endless_small_talk_ends_the_connection_and_a_message_makes_up_for_it(office: Office, wire: Wire) -> None:
    await wire.all(*["NOOP"] * (limits.MOST_IDLE_TALK - 10))
    assert (await wire.deliver(office.mine, b"x\r\n"))[:3] == "250"
    replies = await wire.all(*["NOOP"] * (limits.MOST_IDLE_TALK + 1))
    assert replies[-2][:9] == "250 2.0.0"
    assert replies[-1][:9] == "421 4.7.0"


async def test_connections_from_one_address_are_counted_while_they_last(make_office: MakeOffice) -> None:
    async with make_office(connections_per_address=2) as office:
        first, _ = [await office.greeted() for _ in range(2)]
        refused = await office.connect()
        assert (await refused.reply())[:9] == "421 4.7.0"
        assert await refused.ended()
        assert (await first.say("QUIT"))[:3] == "221"
        assert await first.ended()
        async with asyncio.timeout(20):
            while not (await (await office.connect()).reply()).startswith("220 "):
                await asyncio.sleep(0.02)


async def test_all_connections_together_are_counted(make_office: MakeOffice) -> None:
    async with make_office(connections=1) as office:
        await office.greeted()
        assert (await (await office.connect()).reply())[:9] == "421 4.3.2"


async def test_a_connection_that_is_silent_is_ended(make_office: MakeOffice) -> None:
    async with make_office(idle_seconds=0.3) as office:
        silent, talking = await office.connect(), await office.greeted()
        assert (await silent.reply())[:3] == "220"
        for _ in range(4):
            await asyncio.sleep(0.15)
            assert (await talking.say("NOOP"))[:3] == "250"
        assert (await silent.reply())[:9] == "421 4.4.2"
        assert await silent.ended()


async def test_a_message_may_take_longer_than_silence_may_as_long_as_it_moves(make_office: MakeOffice) -> None:
    async with make_office(idle_seconds=0.4) as office:
        wire = await office.greeted()
        await wire.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "DATA")
        for _ in range(6):
            await wire.send(b"x" * 70_000 + b"\r\n")
            await asyncio.sleep(0.2)
        await wire.send(b".\r\n")
        assert (await wire.reply())[:3] == "250"
        await wire.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "DATA")
        await wire.send(b"half a mess")
        assert (await wire.reply())[:9] == "421 4.4.2"
        assert len(await office.messages()) == 1


async def test_a_message_that_moves_but_never_comes_to_its_end_is_given_up(
    make_office: MakeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DATA_SECONDS", 0.4)
    async with make_office() as office:
        wire = await office.greeted()
        await wire.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "DATA")
        for _ in range(4):
            await wire.send(b"x" * 70_000 + b"\r\n")
            await asyncio.sleep(0.2)
        assert (await wire.reply())[:9] == "421 4.4.2"
        assert await office.messages() == []


async def test_a_peer_that_does_not_read_its_replies_is_given_up(make_office: MakeOffice) -> None:
    async with make_office(idle_seconds=0.5, connections=1) as office:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            deaf.connect(("127.0.0.1", office.port))
            deaf.setblocking(False)
            recipient = f"RCPT TO:<{office.mine}>\r\n".encode()
            loop = asyncio.get_running_loop()
            sending = loop.create_task(loop.sock_sendall(deaf, b"EHLO x\r\nMAIL FROM:<>\r\n" + recipient * 1_000_000))
            async with asyncio.timeout(20):
                while not (await (await office.connect()).reply()).startswith("220 "):
                    await asyncio.sleep(0.1)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


def test_one_ipv6_customer_is_one_address() -> None:
    door = Door(Limits(connections_per_address=1))
    assert door.enter("2001:db8::1") is None
    assert door.enter("2001:db8::ffff:1") is not None
    assert door.enter("2001:db8:0:1::1") is None
    assert door.enter("192.0.2.1") is None
    door.leave("2001:db8::1")
    assert door.enter("2001:db8::2") is None


@pytest.mark.parametrize(
    ("given", "plain"),
    [("::ffff:192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80::1"), ("192.0.2.1", "192.0.2.1"), ("", "")],
)
def test_an_address_has_one_spelling(given: str, plain: str) -> None:
    assert plain_host(given) == plain


def test_memory_is_given_back() -> None:
    room = Room(100)
    with room.share() as share:
        assert share.take(60)
        assert not share.take(41)
        assert share.take(40)
        assert room.left == 0
    assert room.left == 100
