"""Receiving over SMPP, from an SMSC that nobody here wrote."""

import asyncio
import itertools
from dataclasses import replace

import pytest

from ravi.server.phone.carriers.contract import Alive, Received
from ravi.server.phone.carriers.smpp.carrier import Smpp
from ravi.server.phone.carriers.smpp.inbox import MOST_WAITING
from ravi.server.phone.carriers.smpp.parts import GAP
from tests.support.smsc import OURS, OURS_TOO, OUTSIDE, PACE, Smsc, Told, running, setup_for

NOT_NOW, NOT_EVER = 0x64, 0x65
LONG = "Ваш код 482913. 😀 " * 20


def parts_of(body: str, octets: int = 133) -> list[bytes]:
    """*body* as a phone sends it, cut where the octets are full, which here is in the middle of a letter."""
    encoded = body.encode("utf-16-be")
    return [encoded[at : at + octets] for at in range(0, len(encoded), octets)]


def headed(parts: list[bytes], reference: int = 7, wide: bool = False) -> list[bytes]:
    """Each with the header of phones."""
    if wide:
        return [bytes([6, 8, 4, reference, 1, len(parts), number]) + part for number, part in enumerate(parts, 1)]
    return [bytes([5, 0, 3, reference, len(parts), number]) + part for number, part in enumerate(parts, 1)]


async def deliver_all(smsc: Smsc, parts: list[bytes]) -> list[int]:
    """Deliver them without waiting for each other, and return the statuses."""
    for part in parts:
        await smsc.begin_to_deliver(part, data_coding=8, esm_class=0x40)
    return [(await smsc.heard("answered"))["status"] for _ in parts]


@pytest.mark.parametrize(
    ("text", "data_coding"),
    [
        ("Your code is 482913", 0),
        ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ ¤¡ÄÖÑÜ§¿äöñüà", 0),
        ("{[~]}^|€", 0),
        ("Plain text_with $igns @ home", 1),
        ("Ünïcödé ça", 3),
        ("Ваш код 482913 😀", 8),
    ],
)
async def test_every_alphabet_is_read_as_the_smsc_wrote_it(smsc: Smsc, text: str, data_coding: int) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        assert await smsc.deliver(text, data_coding=data_coding) == 0

    assert told.of(Received) == [Received(OURS, OUTSIDE, text, key="", device=smsc.at)]


async def test_a_text_is_answered_when_it_is_durable_and_not_before(smsc: Smsc) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        told.may_return.clear()
        await smsc.begin_to_deliver("Hi")
        await told.until(Received)
        await asyncio.sleep(0.2)
        assert smsc.so_far("answered") == []
        told.may_return.set()
        assert (await smsc.heard("answered"))["status"] == 0


async def test_texts_are_told_in_the_order_in_which_they_came(smsc: Smsc) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        for number in range(40):
            await smsc.begin_to_deliver(f"text {number}")
        await told.until(Received, 40)

    assert [received.body for received in told.of(Received)] == [f"text {number}" for number in range(40)]


@pytest.mark.parametrize(
    ("source", "ton", "sender"),
    [
        ("4915700000001", 1, "+4915700000001"),
        ("+4915700000001", 1, "+4915700000001"),
        ("4915700000001", 0, "+4915700000001"),  # as it writes our number
        ("72975", 3, "72975"),
        ("72975", 0, "72975"),
        ("015700000001", 2, "015700000001"),
        ("Google", 5, "Google"),
        ("", 0, ""),
    ],
)
async def test_the_sender_is_as_the_network_says_it(smsc: Smsc, source: str, ton: int, sender: str) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        assert await smsc.deliver("Hi", source_addr=source, source_addr_ton=ton) == 0

    assert told.of(Received)[0].sender == sender


@pytest.mark.parametrize(
    ("written", "ton", "number"),
    [
        ("491570000100", 1, OURS),
        ("+491570000101", 1, OURS_TOO),
        ("00491570000101", 0, OURS_TOO),
        ("01570000100", 2, OURS),
        ("1570000101", 0, OURS_TOO),
        ("491579999999", 1, "+491579999999"),
        ("72975", 3, "72975"),
    ],
)
async def test_our_number_is_known_however_it_is_written(smsc: Smsc, written: str, ton: int, number: str) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        assert await smsc.deliver("Hi", destination_addr=written, dest_addr_ton=ton) == 0

    assert told.of(Received)[0].to_number == number


@pytest.mark.parametrize("wide", [False, True])
async def test_the_parts_of_a_long_text_are_joined_in_any_order(smsc: Smsc, wide: bool) -> None:
    told = Told()
    parts = headed(parts_of(LONG), wide=wide)
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        for order in itertools.islice(itertools.permutations(parts), 0, None, len(parts) * 97):
            told.all.clear()
            assert set(await deliver_all(smsc, [*order[:2], order[0], *order[2:]])) == {0}
            (received,) = await told.until(Received)
            assert received.body == LONG
            assert received.key


async def test_parts_may_be_told_by_parameters_and_long_texts_come_whole(smsc: Smsc) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        for number, part in ((2, "world"), (1, "Hello ")):
            sar = {"sar_msg_ref_num": 300, "sar_total_segments": 2, "sar_segment_seqnum": number}
            await smsc.begin_to_deliver(part.encode(), **sar)
        await told.until(Received)
        payload = ("long " * 200).encode()
        assert await smsc.deliver(message_payload_hex=payload.hex(), data_coding=0) == 0

    assert [received.body for received in told.of(Received)] == ["Hello world", "long " * 200]


async def test_no_part_is_answered_before_the_whole_is_durable(smsc: Smsc) -> None:
    told = Told()
    first, second = headed([b"Hello ", b"world"])
    async with running(Smpp("smpp", setup_for(smsc), replace(PACE, parts_quiet=9.0, parts_limit=9.0)), told):
        told.may_return.clear()
        await smsc.begin_to_deliver(first, esm_class=0x40)
        await smsc.begin_to_deliver(second, esm_class=0x40)
        await told.until(Received)
        await asyncio.sleep(0.2)
        assert smsc.so_far("answered") == []
        told.may_return.set()
        assert [(await smsc.heard("answered"))["status"] for _ in range(2)] == [0, 0]


async def test_an_smsc_that_waits_for_each_answer_gets_its_long_texts_through(smsc: Smsc) -> None:
    told = Told()
    # Waiting before each of the six answers would take longer than a text may.
    async with running(Smpp("smpp", setup_for(smsc), replace(PACE, parts_quiet=0.6, parts_limit=2.4)), told):
        for part in headed(parts_of(LONG)):
            assert await smsc.deliver(part, data_coding=8, esm_class=0x40) == 0

    assert [received.body for received in told.of(Received)] == [LONG]


async def test_a_text_whose_parts_never_all_come_is_told_with_its_gaps(smsc: Smsc) -> None:
    told = Told()
    parts = headed([b"one ", b"two ", b"three ", b"four ", b"five"])
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        await smsc.begin_to_deliver(parts[1], esm_class=0x40)
        await smsc.begin_to_deliver(parts[3], esm_class=0x40)
        (received,) = await told.until(Received)

    assert received.body == f"{GAP}two {GAP}four {GAP}"
    assert [answer["status"] for answer in smsc.so_far("answered")] == [0, 0]


async def test_a_part_that_comes_again_after_its_text_was_told_makes_no_other_text(smsc: Smsc) -> None:
    told = Told()
    parts = headed([b"one ", b"two"])
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        for part in [*parts, parts[1]]:
            await smsc.begin_to_deliver(part, esm_class=0x40)
        for _ in range(3):
            assert (await smsc.heard("answered"))["status"] == 0
        await asyncio.sleep(PACE.parts_limit * 1.5)

    assert [received.body for received in told.of(Received)] == ["one two"]


async def test_another_text_under_the_same_reference_is_another_text(smsc: Smsc) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        for body in (b"first", b"other"):
            for part in headed([body, b" text"]):
                await smsc.begin_to_deliver(part, esm_class=0x40)
        await smsc.begin_to_deliver(headed([b"lost", b"part"])[0], esm_class=0x40)
        for part in headed([b"last", b" text"]):
            await smsc.begin_to_deliver(part, esm_class=0x40)
        received = await told.until(Received, 4)

    assert [each.body for each in received] == ["first text", "other text", f"lost{GAP}", "last text"]
    assert len({each.key for each in received}) == 4


async def test_parts_may_come_over_several_connections(smsc: Smsc) -> None:
    told = Told()
    first, second = headed([b"one ", b"two"])
    async with running(Smpp("smpp", setup_for(smsc), replace(PACE, parts_limit=10.0)), told):
        await smsc.begin_to_deliver(first, esm_class=0x40)
        await asyncio.sleep(PACE.parts_quiet * 2)
        await smsc.do("drop")
        await told.until(Alive, 2)
        await smsc.begin_to_deliver(second, esm_class=0x40)
        (received,) = await told.until(Received)

    assert received.body == "one two"


async def test_what_the_smsc_need_not_keep_is_told_when_the_server_stops(smsc: Smsc) -> None:
    told = Told()
    slow = replace(PACE, parts_limit=60.0)
    async with running(Smpp("smpp", setup_for(smsc), slow), told):
        assert await smsc.deliver(headed([b"one ", b"two"])[0], esm_class=0x40) == 0
    assert [received.body for received in told.of(Received)] == [f"one {GAP}"]

    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), replace(slow, parts_quiet=60.0)), told):
        await smsc.begin_to_deliver(headed([b"one ", b"two"])[0], esm_class=0x40)
    assert told.of(Received) == []  # it was never answered, so the SMSC has it


async def test_a_text_with_a_reference_is_known_when_it_comes_again(smsc: Smsc) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        for reference, text in ((5, "Hi"), (5, "Hi"), (6, "Hi"), (5, "Ho")):
            await smsc.deliver(text, user_message_reference=reference)

    first, again, other, different = (received.key for received in told.of(Received))
    assert first == again
    assert len({first, other, different, ""}) == 4


async def test_who_delivers_too_much_at_once_is_asked_to_come_again(smsc: Smsc) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        told.may_return.clear()
        for number in range(MOST_WAITING + 1):
            await smsc.begin_to_deliver(f"text {number}")
        assert (await smsc.heard("answered"))["status"] == NOT_NOW
        told.may_return.set()
        await told.until(Received, MOST_WAITING)
        assert {(await smsc.heard("answered"))["status"] for _ in range(MOST_WAITING)} == {0}
        assert await smsc.deliver("once more") == 0


async def test_a_delivery_that_cannot_be_read_is_refused_and_harms_no_other(smsc: Smsc) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        await smsc.do("raw", hex=f"{16 + 4:08x}00000005{0:08x}{77:08x}" + "41414141")
        assert await smsc.deliver("afterwards") == 0

    assert [received.body for received in told.of(Received)] == ["afterwards"]
