"""Sending over SMPP, to an SMSC that nobody here wrote."""

import asyncio
from dataclasses import replace

import pytest

from ravi.server.phone.carriers.contract import Alive, Later, Refused, Report, Sent, Uncertain
from ravi.server.phone.carriers.smpp.carrier import Smpp
from tests.support.smsc import OURS, OUTSIDE, PACE, Smsc, Told, running, setup_for, text_to

RTHROTTLED, RMSGQFUL, RINVDSTADR, RSYSERR, VENDOR = 0x58, 0x14, 0x0B, 0x08, 0x400


async def send(smsc: Smsc, body: str, **setup: object) -> list[dict[str, object]]:
    """Send *body* and return what the SMSC heard."""
    carrier = Smpp("smpp", setup_for(smsc, **setup), PACE)
    async with running(carrier, Told()):
        await carrier.send(text_to(body=body))
    return smsc.so_far("submit")


async def test_a_text_is_taken_and_called_as_the_smsc_calls_it(smsc: Smsc) -> None:
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, Told()):
        sent = await carrier.send(text_to(body="Your code is 482913"))

    heard = await smsc.heard("submit")
    assert sent == Sent(ref="1000001")
    assert heard["text"] == "Your code is 482913"
    assert (heard["source"], heard["source_ton"], heard["source_npi"]) == (OURS[1:], 1, 1)
    assert (heard["destination"], heard["destination_ton"]) == (OUTSIDE[1:], 1)
    assert (heard["data_coding"], heard["esm_class"], heard["registered_delivery"]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("body", "data_coding"),
    [
        ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?", 0),
        ("¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà", 0),
        ("^{}\\[~]|€ \f", 0),
        ("Код 482913", 8),
        ("確認コード 👨‍👩‍👧‍👦", 8),
    ],
)
async def test_every_alphabet_arrives_as_it_was_written(smsc: Smsc, body: str, data_coding: int) -> None:
    (heard,) = await send(smsc, body)

    assert (heard["text"], heard["data_coding"]) == (body, data_coding)


@pytest.mark.parametrize("body", ["a" * 152 + "€" + "b" * 300, "ж" * 66 + "😀" + "ж" * 100, "x" * 1600])
async def test_a_long_text_is_sent_in_parts_that_a_phone_can_join(smsc: Smsc, body: str) -> None:
    heard = await send(smsc, body)

    assert "".join(str(part["text"]) for part in heard) == body
    assert {part["esm_class"] for part in heard} == {0x40}
    headers = [str(part["udh"][0]) for part in heard]  # type: ignore[index] # a list of texts
    reference = headers[0][4:6]
    assert headers == [f"0003{reference}{len(heard):02x}{number:02x}" for number in range(1, len(heard) + 1)]


async def test_an_smsc_whose_default_is_latin_1_gets_that_or_ucs_2(smsc: Smsc) -> None:
    carrier = Smpp("smpp", setup_for(smsc, alphabet="latin-1"), PACE)
    async with running(carrier, Told()):
        await carrier.send(text_to(body="5 @ 6"))
        await carrier.send(text_to(body="5 €"))

    first, second = smsc.so_far("submit")
    assert (first["data_coding"], first["text"]) == (0, "5 ¡ 6")  # this SMSC reads septets, which shows what came
    assert (second["data_coding"], second["text"]) == (8, "5 €")


async def test_the_type_of_our_number_is_what_the_operator_wants(smsc: Smsc) -> None:
    (heard,) = await send(smsc, "Hi", source_ton=5, source_npi=0)

    assert (heard["source_ton"], heard["source_npi"]) == (5, 0)


async def test_fifty_texts_at_once_are_all_taken_and_never_more_than_the_window_is_wide(smsc: Smsc) -> None:
    await smsc.behave(delay=20)
    carrier = Smpp("smpp", setup_for(smsc, window=7), PACE)
    async with running(carrier, Told()):
        sent = await asyncio.gather(*(carrier.send(text_to(id=str(n), body=f"text {n}")) for n in range(50)))

    heard = smsc.so_far("submit")
    assert len({each.ref for each in sent}) == 50
    assert {each["text"] for each in heard} == {f"text {n}" for n in range(50)}
    assert max(each["under_way"] for each in heard) == 7


@pytest.mark.parametrize(("status", "after"), [(RTHROTTLED, 5.0), (RMSGQFUL, 30.0), (RSYSERR, None)])
async def test_an_smsc_that_is_busy_has_not_taken_the_text(smsc: Smsc, status: int, after: float | None) -> None:
    await smsc.behave(statuses=[status])
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, Told()):
        with pytest.raises(Later) as later:
            await carrier.send(text_to())
        assert (await carrier.send(text_to())).ref

    assert (later.value.maybe_sent, later.value.after) == (False, after)


@pytest.mark.parametrize(("status", "named"), [(RINVDSTADR, "ESME_RINVDSTADR"), (VENDOR, "0x00000400")])
async def test_a_text_that_the_smsc_does_not_want_is_refused_by_name(smsc: Smsc, status: int, named: str) -> None:
    await smsc.behave(statuses=[status])
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, Told()):
        with pytest.raises(Refused, match=named):
            await carrier.send(text_to())


async def test_the_rest_of_a_text_is_tried_again_when_its_beginning_was_taken(smsc: Smsc) -> None:
    await smsc.behave(statuses=[0, RTHROTTLED, RTHROTTLED])
    heard = await send(smsc, "a" * 200)

    assert [len(str(part["text"])) for part in heard] == [153, 47, 47, 47]


async def test_a_text_whose_rest_is_never_taken_may_have_been_sent(smsc: Smsc) -> None:
    await smsc.behave(statuses=[0, *[RTHROTTLED] * 10])
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, Told()):
        with pytest.raises(Later, match="part 2 of 2") as later:
            await carrier.send(text_to(body="a" * 200))

    assert later.value.maybe_sent


async def test_without_a_connection_nothing_was_sent(smsc: Smsc) -> None:
    carrier = Smpp("smpp", setup_for(smsc), PACE)

    with pytest.raises(Later, match=f"not connected to {smsc.at}") as later:
        await carrier.send(text_to())

    assert not later.value.maybe_sent
    assert smsc.so_far("bind") == []


async def test_a_number_that_is_routed_here_no_more_sends_nothing(smsc: Smsc) -> None:
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, Told()):
        with pytest.raises(Later, match="numbers=") as later:
            await carrier.send(text_to(from_number="+491570000999"))

    assert not later.value.maybe_sent
    assert smsc.so_far("submit") == []


async def test_a_connection_that_is_cut_before_the_answer_leaves_it_open(smsc: Smsc) -> None:
    await smsc.behave(drop_after=1)
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    told = Told()
    async with running(carrier, told):
        with pytest.raises(Later, match="lost") as later:
            await carrier.send(text_to())
        await told.until(Alive, 2)
        assert (await carrier.send(text_to(body="afterwards"))).ref

    assert later.value.maybe_sent


async def test_an_smsc_that_is_killed_leaves_what_was_under_way_open(smsc: Smsc) -> None:
    await smsc.behave(silent=True)
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, Told()):
        sending = [asyncio.create_task(carrier.send(text_to(id=str(n)))) for n in range(5)]
        for _ in sending:
            await smsc.heard("submit")
        await smsc.kill()
        outcomes = await asyncio.gather(*sending, return_exceptions=True)

    assert [isinstance(each, Later) and each.maybe_sent for each in outcomes] == [True] * 5


async def test_an_smsc_that_does_not_answer_leaves_it_open(smsc: Smsc) -> None:
    await smsc.behave(silent=True)
    carrier = Smpp("smpp", setup_for(smsc), replace(PACE, answer=0.3))
    async with running(carrier, Told()):
        with pytest.raises(Later, match=r"did not answer within 0\.3 seconds") as later:
            await carrier.send(text_to())

    assert later.value.maybe_sent


async def test_a_text_for_which_the_window_has_no_room_was_not_sent(smsc: Smsc) -> None:
    await smsc.behave(silent=True)
    carrier = Smpp("smpp", setup_for(smsc, window=1), replace(PACE, answer=5.0, room=0.2))
    async with running(carrier, Told()):
        stuck = asyncio.create_task(carrier.send(text_to(id="1")))
        await smsc.heard("submit")
        with pytest.raises(Later, match="busy") as later:
            await carrier.send(text_to(id="2"))
        stuck.cancel()
        await asyncio.wait([stuck])

    assert not later.value.maybe_sent
    assert smsc.so_far("submit") == []


async def test_a_text_that_may_have_been_sent_is_never_sent_again(smsc: Smsc) -> None:
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, Told()):
        with pytest.raises(Uncertain):
            await carrier.send(text_to(again=True))

    assert smsc.so_far("submit") == []


@pytest.mark.parametrize(
    ("stat", "progress", "reason"),
    [
        ("DELIVRD", "delivered", ""),
        ("UNDELIV", "failed", "could not be delivered (error 034)"),
        ("EXPIRED", "failed", "not delivered in time (error 034)"),
        ("REJECTD", "failed", "rejected by the operator (error 034)"),
    ],
)
@pytest.mark.parametrize("form", ["text", "options"])
async def test_a_receipt_says_what_became_of_the_text(
    smsc: Smsc, stat: str, progress: str, reason: str, form: str
) -> None:
    await smsc.behave(receipt={"stat": stat, "err": "034", "form": form})
    told = Told()
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, told):
        sent = await carrier.send(text_to())
        (report,) = await told.until(Report)
        assert (await smsc.heard("receipt_answered"))["status"] == 0

    assert (report.ref, report.progress) == (sent.ref, progress)
    assert report.reason == (reason if form == "text" else reason.removesuffix(" (error 034)"))


@pytest.mark.parametrize(("ids", "receipt_ids"), [("hex", "decimal"), ("decimal", "hex"), ("hex", "hex")])
async def test_a_receipt_may_write_the_number_of_the_text_in_the_other_base(
    smsc: Smsc, ids: str, receipt_ids: str
) -> None:
    await smsc.behave(ids=ids, receipt={"ids": receipt_ids})
    told = Told()
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, told):
        sent = await carrier.send(text_to())
        (report,) = await told.until(Report)

    assert report == Report(sent.ref, "delivered")


@pytest.mark.parametrize(("ids", "receipt_ids"), [("hex", "decimal"), ("decimal", "hex"), ("decimal", "decimal")])
async def test_a_receipt_finds_its_text_after_a_restart_as_well(smsc: Smsc, ids: str, receipt_ids: str) -> None:
    await smsc.behave(ids=ids)
    before, after = Smpp("smpp", setup_for(smsc), PACE), Smpp("smpp", setup_for(smsc), PACE)
    async with running(before, Told()):
        sent = await before.send(text_to())
    told = Told()
    told.knows = lambda happening: not isinstance(happening, Report) or happening.ref == sent.ref
    number = f"{1_000_001:08X}" if receipt_ids == "hex" else "1000001"
    async with running(after, told):
        status = await smsc.deliver(f"id:{number} sub:001 dlvrd:001 stat:DELIVRD err:000".encode(), esm_class=4)

    assert status == 0
    assert told.of(Report)[-1] == Report(sent.ref, "delivered")


async def test_a_receipt_that_overtakes_the_answer_waits_for_it(smsc: Smsc) -> None:
    await smsc.behave(receipt={"early": True}, delay=500)
    told = Told()
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, told):
        sending = asyncio.create_task(carrier.send(text_to()))
        (report,) = await told.until(Report)
        assert sending.done()

    assert report == Report(sending.result().ref, "delivered")


async def test_a_text_of_several_parts_is_delivered_when_all_of_them_are(smsc: Smsc) -> None:
    await smsc.behave(receipt={})
    told = Told()
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, told):
        sent = await carrier.send(text_to(body="a" * 400))
        await told.until(Report)
        for _ in range(3):
            await smsc.heard("receipt_answered")

    assert sent.ref == "1000003"
    assert {(report.ref, report.progress) for report in told.of(Report)} == {(sent.ref, "delivered")}


async def test_a_text_has_failed_when_one_of_its_parts_has(smsc: Smsc) -> None:
    told = Told()
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, told):
        sent = await carrier.send(text_to(body="a" * 400))
        for number, stat in ((1_000_003, "DELIVRD"), (1_000_002, "UNDELIV"), (1_000_001, "DELIVRD")):
            await smsc.deliver(f"id:{number} stat:{stat} err:000".encode(), esm_class=4)

    assert set(told.of(Report)) == {Report(sent.ref, "failed", "part 2 of 3: could not be delivered")}


async def test_a_receipt_for_a_part_waits_until_all_parts_are_on_their_way(smsc: Smsc) -> None:
    await smsc.behave(delay=400)
    told = Told()
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, told):
        sending = asyncio.create_task(carrier.send(text_to(body="a" * 200)))
        await smsc.heard("submit")
        await smsc.heard("submit")
        assert await smsc.deliver(b"id:1000001 stat:UNDELIV", esm_class=4) == 0
        sent = await sending

    assert sent.ref == "1000002"
    assert told.of(Report) == [Report(sent.ref, "failed", "part 1 of 2: could not be delivered")]


async def test_old_news_of_a_part_changes_nothing(smsc: Smsc) -> None:
    told = Told()
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, told):
        sent = await carrier.send(text_to(body="a" * 200))
        for number, stat in ((1_000_001, "DELIVRD"), (1_000_001, "ACCEPTD"), (1_000_002, "DELIVRD")):
            assert await smsc.deliver(f"id:{number} stat:{stat}".encode(), esm_class=4) == 0

    assert told.of(Report) == [Report(sent.ref, "delivered")]


async def test_what_happens_on_the_way_is_no_news(smsc: Smsc) -> None:
    told = Told()
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, told):
        sent = await carrier.send(text_to())
        for stat, kind in (("DELIVRD", 0x04), ("ENROUTE", 0x20), ("ACCEPTD", 0x04), ("UNKNOWN", 0x04), ("?", 0x04)):
            assert await smsc.deliver(f"id:{sent.ref} stat:{stat} err:000".encode(), esm_class=kind) == 0

    assert set(told.of(Report)) == {Report(sent.ref, "delivered")}
