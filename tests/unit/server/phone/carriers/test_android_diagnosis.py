"""Why nothing arrives from a phone, and what can be done about it from here."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ravi.server.phone.carriers.android import Android
from ravi.server.phone.carriers.android.app import App
from ravi.server.phone.carriers.android.setup import setup_of
from ravi.server.phone.carriers.contract import Finding, Surroundings
from ravi.settings.server_carriers import carrier_url
from tests.support.android_double import DEVICE, KEY, PASSWORD, AndroidDouble

URL = "https://ravi.example.org/api/phone/carriers/android/"
HERE = Surroundings(webhook_url=URL, key=b"k" * 32, now=lambda: datetime(2026, 3, 1, tzinfo=UTC))
EVENTS = {"sms:received", "sms:sent", "sms:delivered", "sms:failed", "system:ping"}


@pytest.fixture
def phone() -> Iterator[AndroidDouble]:
    phone = AndroidDouble()
    yield phone
    phone.close()


@pytest.fixture
async def carrier(phone: AndroidDouble, tmp_path: Path) -> AsyncIterator[Callable[..., Android]]:
    key_file = tmp_path / "key"
    key_file.write_text(KEY)
    made: list[Android] = []

    def make(*, more: str = "", here: Surroundings = HERE) -> Android:
        setup = setup_of(carrier_url(phone.url(key_file, "+4915112345678", more=more)))
        made.append(Android("android", setup, here, App(setup, seconds=5)))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def wrong(findings: list[Finding]) -> dict[str, Finding]:
    """What is not fine, by what it is about; each of it comes with an advice, and no secret."""
    for finding in findings:
        assert finding.fine or finding.advice
        for secret in (KEY, PASSWORD):
            assert secret not in f"{finding.detail} {finding.advice}"
    return {finding.about: finding for finding in findings if not finding.fine}


async def test_missing_webhooks_are_found_and_registered_and_then_all_is_fine(carrier, phone):
    found = wrong(await carrier().diagnose())
    assert set(found) == {"webhooks"}
    assert "--fix" in found["webhooks"].advice
    assert wrong(await carrier().repair()) == {}
    assert {hook["event"] for hook in phone.webhooks.values()} == EVENTS
    assert {hook["url"] for hook in phone.webhooks.values()} == {URL}
    findings = await carrier(more=f"&device={DEVICE}").diagnose()
    assert wrong(findings) == {}
    assert any("battery 94 %" in finding.detail for finding in findings)
    assert await carrier().repair() == []


async def test_only_what_is_missing_is_registered_and_others_stay(carrier, phone):
    elsewhere = "https://example.org/hook"
    phone.webhooks["theirs"] = {"id": "theirs", "event": "sms:received", "url": elsewhere, "deviceId": None}
    phone.webhooks["mine"] = {"id": "mine", "event": "sms:sent", "url": URL, "deviceId": None}
    found = wrong(await carrier().diagnose())
    assert "1 for other URLs" in found["webhooks"].detail
    assert "sms:sent" not in found["webhooks"].detail
    await carrier().repair()
    assert phone.webhooks["theirs"]["url"] == elsewhere
    assert len(phone.webhooks) == len(EVENTS) + 1


async def test_a_new_public_url_takes_the_place_of_the_old_one(carrier, phone):
    await carrier().repair()
    moved = replace(HERE, webhook_url="https://new.example.org/api/phone/carriers/android/")
    assert set(wrong(await carrier(here=moved).diagnose())) == {"webhooks"}
    await carrier(here=moved).repair()
    assert {hook["url"] for hook in phone.webhooks.values()} == {moved.webhook_url}


async def test_a_url_that_the_app_posts_nothing_to_is_said_and_not_registered(carrier, phone):
    plain = replace(HERE, webhook_url="http://192.168.1.2:8787/api/phone/carriers/android/")
    assert "https" in wrong(await carrier(here=plain).diagnose())["URL for webhooks"].detail
    assert set(wrong(await carrier(here=plain).repair())) == {"URL for webhooks"}
    assert phone.webhooks == {}
    beside = replace(HERE, webhook_url="http://127.0.0.1:8787/api/phone/carriers/android/")
    assert "URL for webhooks" not in wrong(await carrier(here=beside).diagnose())


async def test_a_wrong_password_is_found(carrier, phone):
    it = carrier()
    phone.password = "changed"
    assert set(wrong(await it.diagnose())) == {"user and password"}
    assert set(wrong(await it.repair())) == {"user and password"}


async def test_a_phone_that_is_off_is_found(carrier, phone):
    it = carrier()
    phone.close()
    assert set(wrong(await it.diagnose())) == {"phone reached"}
    assert set(wrong(await it.repair())) == {"phone reached"}


async def test_a_phone_that_is_not_well_says_so(carrier, phone):
    await carrier().repair()
    phone.checks["battery:level"].update(observedValue=4, status="fail")
    phone.checks["connection:status"].update(observedValue=0, status="fail")
    found = wrong(await carrier().diagnose())
    assert set(found) == {"health"}
    assert "battery 4 %" in found["health"].detail
    assert "no internet" in found["health"].detail


async def test_pings_that_are_off_are_found_where_the_app_tells(carrier, phone):
    await carrier().repair()
    phone.settings = {"ping": {"interval_seconds": None}}
    assert set(wrong(await carrier().diagnose())) == {"ping"}
    phone.settings = None  # an older app
    assert wrong(await carrier().diagnose()) == {}


async def test_a_device_that_is_not_there_is_found(carrier, phone):
    await carrier().repair()
    found = wrong(await carrier(more="&device=another").diagnose())
    assert set(found) == {"device"}
    assert DEVICE in found["device"].detail


async def test_whatever_answers_at_the_phones_address_the_doctor_stays_calm(carrier, phone):
    for status in (200, 204, 302, 404, 500):
        for said in (None, {}, [], [1, None], [{"event": [], "id": {}}], {"checks": 3}, "text", {"message": {"a": 1}}):
            phone.trouble = (status, said, {})
            assert wrong(await carrier().diagnose())
            await carrier().repair()
