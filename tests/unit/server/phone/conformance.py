"""
What every carrier must pass, whoever its provider is.

A carrier's own module says how its provider behaves, in a `World`, and runs this with it:

    class TestMine(WebhookConformance):
        troubles = EVERY_TROUBLE

        @pytest.fixture
        async def world(self): ...

`Conformance` is for carriers without webhooks.
"""

import asyncio
import contextlib
import logging
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ravi.errors import NumbersExhausted, ProviderFailed
from ravi.server.phone.carriers.contract import (
    Carrier,
    Later,
    Outgoing,
    Reading,
    Refused,
    Report,
    Sent,
    Uncertain,
    Webhook,
    WebhookRefused,
    Wish,
)
from tests.unit.server.phone.worlds import (
    OUTSIDE,
    WEBHOOK_URL,
    Trouble,
    WebhookWorld,
    World,
    damaged,
    is_ours,
    nobody,
    tampered,
    texts_of,
    with_each_field_odd,
)

SECRET_BODY = "canary 482913"
BODIES = {
    "a code": "Your code is 482913",
    "emoji": "👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 e\u0301",
    "bidi": "\u202egnp.exe\u202c \u2066left\u2069 עברית",
    "control characters": "a\x1b[2J\x07\r\n\tb\x7f\x00c",
    "1,600 characters": "x" * 1600,
    "1,600 characters in UCS-2": "ж" * 1600,
    "what URLs and forms escape": " 1+1=2 & 100% \\ ~^{}[]|€ <b> 'q' \"",
}
SENDERS = [OUTSIDE, "72345", "GOOGLE", "A&B Bank+1"]
Outcome = Sent | Refused | Later | Uncertain
FUZZED = settings(
    max_examples=60,
    deadline=None,
    # One carrier for all examples will do, since it keeps nothing; and each carrier's class has examples of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


class Conformance:
    """What holds for all. `troubles` are those that can happen to this one."""

    troubles: tuple[Trouble, ...] = ()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        for name in ("trouble", "next_trouble"):
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, self.troubles)

    @pytest.fixture
    async def world(self) -> World:
        raise NotImplementedError

    @pytest.fixture
    async def carrier(self, world: World) -> AsyncIterator[Carrier]:
        carrier = world.open()
        running = asyncio.create_task(carrier.run(world.tell))
        await world.ready()
        yield carrier
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await carrier.close()
        await carrier.close()

    @pytest.fixture(autouse=True)
    def quiet(self, world: World, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
        """No line of the log has a secret or a body in it, whatever the test does."""
        caplog.set_level(logging.DEBUG)
        yield
        said = [repr(vars(record)) for record in caplog.get_records("call") if record.name.startswith("ravi")]
        assert not [line for line in said for secret in (*world.secrets, SECRET_BODY) if secret in line]

    def test_neither_the_carrier_nor_what_it_holds_shows_a_secret(self, world: World, carrier: Carrier) -> None:
        shown = f"{carrier} {carrier!r} {vars(carrier)}"
        assert not [secret for secret in world.secrets if secret in shown]

    async def test_numbers_are_in_e164_and_never_known_until_there_are_none(self, carrier: Carrier) -> None:
        given: set[str] = set()

        async def is_known(number: str) -> bool:
            return number in given

        for serial in (1, 2):
            given.add((await carrier.allocate(Wish("US", serial, is_known))).number)
        assert len(given) == 2
        assert all(re.fullmatch(r"\+[1-9][0-9]{6,14}", number) for number in given)

        async def every_one(number: str) -> bool:
            return True

        with pytest.raises(NumbersExhausted):
            await carrier.allocate(Wish("US", 10**9, every_one))

    async def test_a_number_can_be_given_back_twice(self, carrier: Carrier) -> None:
        allocated = await carrier.allocate(Wish("US", 1, nobody))
        await carrier.release(allocated)
        await carrier.release(allocated)

    async def test_in_trouble_numbers_raise_nothing_unforeseen(self, world: World, carrier: Carrier, trouble) -> None:
        allocated = await carrier.allocate(Wish("US", 1, nobody))
        await world.suffer(trouble)
        asked = (carrier.allocate(Wish("US", 2, nobody)), carrier.release(allocated))
        for answer in await asyncio.gather(*asked, return_exceptions=True):
            assert not isinstance(answer, BaseException) or isinstance(answer, ProviderFailed | NumbersExhausted)
            assert not [secret for secret in world.secrets if secret in f"{answer} {answer!r}"]

    async def test_in_trouble_the_doctor_raises_nothing(self, world: World, carrier: Carrier, trouble) -> None:
        await world.suffer(trouble)
        said = repr([await carrier.diagnose(), await carrier.repair()])
        assert not [secret for secret in world.secrets if secret in said]

    @pytest.mark.parametrize("name", BODIES)
    async def test_a_text_goes_out_as_it_was_written(self, world: World, carrier: Carrier, name: str) -> None:
        body = BODIES[name].replace("\0", "")  # which the core lets nobody send
        assert isinstance(await attempt(carrier, text(world, body)), Sent)
        assert await world.accepted() == [body]

    async def test_what_is_refused_is_not_sent_and_the_reason_tells_no_secret(
        self, world: World, carrier: Carrier
    ) -> None:
        await world.suffer("refused")
        outcome = await attempt(carrier, text(world))
        assert isinstance(outcome, Refused)
        assert str(outcome)
        assert await world.accepted() == []
        assert not [each for each in (*world.secrets, SECRET_BODY) if each in f"{outcome} {outcome!r}"]

    async def test_trouble_is_told_as_it_is(self, world: World, carrier: Carrier, trouble: Trouble) -> None:
        await world.suffer(trouble)
        outcome = await attempt(carrier, text(world))
        accepted = await world.accepted()
        assert isinstance(outcome, Refused if trouble == "refused" else Later)
        if isinstance(outcome, Later):
            # Nobody may believe that a text was not taken which was.
            assert outcome.maybe_sent or not accepted
            assert outcome.maybe_sent == (trouble in ("silent", "dropped")) or trouble == "broken"
        assert not [each for each in (*world.secrets, SECRET_BODY) if each in f"{outcome} {outcome!r}"]

    async def test_no_two_troubles_in_a_row_make_one_text_two(
        self, world: World, carrier: Carrier, trouble: Trouble, next_trouble: Trouble
    ) -> None:
        outcome: Outcome = Later("not tried", maybe_sent=False)
        for suffered in (trouble, next_trouble, None):
            await world.suffer(suffered)
            again = isinstance(outcome, Later) and outcome.maybe_sent
            outcome = await attempt(carrier, replace(text(world), id=ONE_ID, again=again))
            if not isinstance(outcome, Later):
                break
        accepted = await world.accepted()
        assert len(accepted) <= 1
        assert not isinstance(outcome, Later)
        assert not isinstance(outcome, Sent) or accepted == [SECRET_BODY]

    async def test_a_send_that_is_cancelled_leaves_nothing_running(self, world: World, carrier: Carrier) -> None:
        await world.suffer("silent" if "silent" in self.troubles else None)
        before = asyncio.all_tasks()
        sending = asyncio.create_task(carrier.send(text(world)))
        await asyncio.sleep(0.1)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await asyncio.sleep(0.05)
        assert [task for task in asyncio.all_tasks() - before if is_ours(task)] == []

    @pytest.mark.parametrize("sender", SENDERS)
    @pytest.mark.parametrize("name", BODIES)
    async def test_a_text_comes_in_as_it_was_written(
        self, world: World, carrier: Carrier, name: str, sender: str
    ) -> None:
        texts = await world.receive(carrier, sender, BODIES[name])
        assert {(each.to_number, each.sender, each.body) for each in texts} == {(world.number, sender, BODIES[name])}
        assert len({each.key for each in texts}) == 1
        assert not any(BODIES[name] in repr(each) for each in texts)

    async def test_two_texts_have_two_keys_also_when_they_say_the_same(self, world: World, carrier: Carrier) -> None:
        said = [(OUTSIDE, "1"), (OUTSIDE, "1"), (OUTSIDE, "2"), ("72345", "1")]
        keys = [(await world.receive(carrier, *each))[0].key for each in said]
        assert len(set(keys)) == 4 or not any(keys)

    @FUZZED
    @given(st.binary(max_size=300), st.dictionaries(st.text(max_size=20), st.text(max_size=60), max_size=4), st.text())
    async def test_noise_is_refused_and_raises_nothing_else(
        self, world: World, carrier: Carrier, body: bytes, headers: dict[str, str], query: str
    ) -> None:
        for known in ({}, {getattr(world, "signature", "x"): next(iter(headers.values()), "")}):
            with pytest.raises(WebhookRefused):
                await carrier.read(Webhook(f"{WEBHOOK_URL}?{query}", query, {**headers, **known}, body))


class WebhookConformance(Conformance):
    """What holds as well where the provider posts webhooks."""

    async def test_the_same_webhook_again_has_the_same_key_or_is_too_old(
        self, world: WebhookWorld, carrier: Carrier
    ) -> None:
        webhooks = [*world.deliveries(OUTSIDE, "Hello")] * 2
        keys = {each.key for webhook in webhooks for each in texts_of(await carrier.read(webhook))}
        assert len(keys) == 1
        assert "" not in keys
        for world.ahead in (timedelta(hours=1), timedelta(days=-1)):
            with contextlib.suppress(WebhookRefused):
                assert {each.key for each in texts_of(await carrier.read(webhooks[0]))} == keys

    async def test_whatever_is_changed_on_the_way_is_refused(self, world: WebhookWorld, carrier: Carrier) -> None:
        genuine, other = world.deliveries(OUTSIDE, SECRET_BODY)[0], world.deliveries(OUTSIDE, "Other")[0]
        assert texts_of(await carrier.read(genuine))
        for webhook in tampered(genuine, world.signature, other.headers[world.signature]):
            with pytest.raises(WebhookRefused) as refusal:
                await carrier.read(webhook)
            assert not [each for each in (*world.secrets, SECRET_BODY) if each in str(refusal.value)]

    async def test_what_somebody_else_has_made_is_refused(self, world: WebhookWorld, carrier: Carrier) -> None:
        assert world.forgeries()
        for name, webhook in world.forgeries().items():
            try:
                reading = await carrier.read(webhook)
            except WebhookRefused:
                continue
            pytest.fail(f"{name}: {reading}")

    @FUZZED
    @given(st.data())
    async def test_what_is_signed_and_makes_no_sense_raises_nothing_else(
        self, world: WebhookWorld, carrier: Carrier, data: st.DataObject
    ) -> None:
        content: Any = damaged(world.content(), data)
        try:
            reading = await carrier.read(world.signed(content))
        except WebhookRefused:
            return
        assert isinstance(reading, Reading)

    async def test_each_field_of_what_is_signed_may_be_anything(self, world: WebhookWorld, carrier: Carrier) -> None:
        for content in with_each_field_odd(world.content()):
            with contextlib.suppress(WebhookRefused):
                assert isinstance(await carrier.read(world.signed(content)), Reading)

    async def test_a_report_calls_the_text_as_sending_it_did(self, world: WebhookWorld, carrier: Carrier) -> None:
        sent = await carrier.send(text(world))
        for progress in ("sent", "delivered", "failed"):
            webhook = world.report(sent.ref, progress)
            if webhook is None:  # then sending it said all there is to say
                assert sent.progress == "delivered"
                continue
            reports = [each for each in (await carrier.read(webhook)).happenings if isinstance(each, Report)]
            assert [(each.ref, each.progress) for each in reports] == [(sent.ref, progress)]


ONE_ID = "7f0c3f4e-5a0e-4f0a-9d57-0a6b1d1c2f3e"


def text(world: World, body: str = SECRET_BODY) -> Outgoing:
    return Outgoing(str(uuid.uuid4()), world.number, "", OUTSIDE, body, datetime.now(UTC))


async def attempt(carrier: Carrier, outgoing: Outgoing) -> Outcome:
    try:
        async with asyncio.timeout(20):
            return await carrier.send(outgoing)
    except (Refused, Later, Uncertain) as outcome:
        return outcome
