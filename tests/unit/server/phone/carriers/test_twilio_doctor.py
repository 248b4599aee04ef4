"""`phone doctor`: why nothing arrives, from what the provider says about our URL, the account and its numbers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from ravi.server.phone.carriers.contract import Finding, Surroundings, Wish
from ravi.server.phone.carriers.twilio import Twilio, open_carrier
from ravi.settings.server_carriers import carrier_url
from tests.support.receiver import receiving
from tests.support.twilio_double import ACCOUNT, TOKEN, Fault, TwilioDouble, twilio_double

URL = "https://ravi.example.org/api/phone/carriers/twilio/"


@pytest.fixture
async def double() -> AsyncIterator[TwilioDouble]:
    async with twilio_double() as it:
        async with opened(it.url) as carrier:
            await carrier.allocate(Wish("US", 1, nobody_had))
        yield it


async def nobody_had(number: str) -> bool:
    return False


@asynccontextmanager
async def opened(url: str, webhook_url: str = URL, options: str = "") -> AsyncIterator[Twilio]:
    here = Surroundings(webhook_url, bytes(32), lambda: datetime.now(UTC))
    at = url.replace("http://", f"twilio+http://{ACCOUNT}:{TOKEN}@")
    carrier = open_carrier(carrier_url(f"{at}{options}"), here)
    try:
        yield carrier
    finally:
        await carrier.close()


async def diagnosed(url: str, webhook_url: str = URL, options: str = "") -> dict[str, Finding]:
    async with opened(url, webhook_url, options) as carrier:
        found = await carrier.diagnose()
    assert all(finding.fine or finding.advice for finding in found)
    assert TOKEN not in str(found)
    return {finding.about: finding for finding in found}


def own(double: TwilioDouble, number: str, **form: str) -> dict[str, Any]:
    """A number whose name is that of this server's."""
    ours = str(next(iter(double.numbers.values()))["friendly_name"])
    return double.own(number, FriendlyName=f"{ours}{number[-1]}", **form)


async def test_all_is_well(double: TwilioDouble) -> None:
    found = await diagnosed(double.url)

    assert list(found) == ["webhooks", "account", "numbers", "codes"]
    assert all(finding.fine for finding in found.values())
    assert "public_url" in found["webhooks"].advice
    assert "30038" in found["codes"].detail


async def test_nothing_is_sent_or_changed(double: TwilioDouble) -> None:
    double.requests.clear()
    await diagnosed(double.url)
    assert {method for method, _, _ in double.requests} == {"GET"}


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("http://ravi.example.org/x/", "not https"),
        ("http://127.0.0.1:8787/x/", "not https"),
        ("https://127.0.0.1:8787/x/", "cannot be reached"),
        ("https://10.0.0.5/x/", "cannot be reached"),
        ("https://[::1]/x/", "cannot be reached"),
        ("https://localhost/x/", "cannot be reached"),
        ("https://ravi.localhost/x/", "cannot be reached"),
        ("https://server/x/", "cannot be reached"),
    ],
)
async def test_a_url_that_nobody_else_can_reach_is_named(double: TwilioDouble, url: str, detail: str) -> None:
    finding = (await diagnosed(double.url, url))["webhooks"]

    assert not finding.fine
    assert detail in finding.detail
    assert "public_url" in finding.advice


async def test_an_account_that_is_suspended_or_for_trial_is_named(double: TwilioDouble) -> None:
    double.kind = "Trial"
    trial = (await diagnosed(double.url))["account"]
    double.status = "suspended"
    suspended = (await diagnosed(double.url))["account"]

    assert (trial.fine, suspended.fine) == (True, False)
    assert "verified numbers only" in trial.detail
    assert suspended.detail == "it is suspended"


async def test_numbers_that_lead_elsewhere_are_named_if_they_are_ours(double: TwilioDouble) -> None:
    own(double, "+12015550002", SmsUrl="https://old.example.org/\x1b[2J")
    own(double, "+12015550003", SmsUrl=URL, SmsMethod="GET")
    own(double, "+12015550004", SmsUrl=URL, SmsApplicationSid="AP1")
    own(double, "+12015550005")
    double.own("+12015550006", FriendlyName="call centre")
    double.own("+12015550007", FriendlyName="ravi-12345678 1", SmsUrl="https://other.example.org/")
    found = await diagnosed(double.url)

    assert found["numbers"].detail == "1 lead here, 2 of the account's serve something else"
    assert "https://old.example.org/ [2J with POST" in found["number +12015550002"].detail
    assert "with GET" in found["number +12015550003"].detail
    assert "application" in found["number +12015550004"].detail
    assert "nowhere" in found["number +12015550005"].detail
    strayed = [finding for about, finding in found.items() if about.startswith("number +")]
    assert len(strayed) == 4
    assert all(not finding.fine and "--fix" in finding.advice for finding in strayed)


async def test_repair_sets_the_webhooks_of_our_numbers_and_no_others(double: TwilioDouble) -> None:
    own(double, "+12015550002", SmsUrl="https://old.example.org/")
    own(double, "+12015550004", SmsUrl=URL, SmsApplicationSid="AP1")
    others = double.own("+12015550007", FriendlyName="ravi-12345678 1", SmsUrl="https://other.example.org/")
    async with opened(double.url) as carrier:
        repairs = await carrier.repair()

        assert [(each.about, each.fine) for each in repairs] == [
            ("number +12015550002", True),
            ("number +12015550004", True),
        ]
        assert all(finding.fine for finding in await carrier.diagnose())
        assert await carrier.repair() == []
    assert others["sms_url"] == "https://other.example.org/"


async def test_repair_changes_nothing_when_nobody_could_reach_us(double: TwilioDouble) -> None:
    row = own(double, "+12015550002", SmsUrl="https://old.example.org/")
    async with opened(double.url, "http://127.0.0.1:8787/x/") as carrier:
        assert await carrier.repair() == []
    assert row["sms_url"] == "https://old.example.org/"


async def test_a_repair_that_fails_says_so(double: TwilioDouble) -> None:
    own(double, "+12015550002", SmsUrl="https://old.example.org/")
    double.fail(Fault("POST", "IncomingPhoneNumbers", 401, 20003, "Authenticate"))
    async with opened(double.url) as carrier:
        (finding,) = await carrier.repair()

    assert not finding.fine
    assert "could not be set" in finding.detail


async def test_codes_that_were_withheld_are_counted(double: TwilioDouble) -> None:
    double.add("+14155550100", "+12015550001", "", error_code=30038)
    double.add("+14155550100", "+12015550001", "", error_code=30038)
    double.add("+12015550001", "+14155550100", "Hi", direction="outbound-api", error_code=30034)
    found = await diagnosed(double.url)

    assert found["error 30038"].detail.startswith("2 of the latest 3 texts")
    assert "SIM" in found["error 30038"].advice
    assert "messaging-service" in found["error 30034"].advice
    assert "codes" not in found


async def test_an_api_key_does_not_ask_about_the_account(double: TwilioDouble) -> None:
    double.keys["SK" + "a" * 32] = "secret"
    found = await diagnosed(double.url, options=f"?key=SK{'a' * 32}&secret=secret")

    assert list(found) == ["webhooks", "numbers", "codes"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", ".json", 401, 20003, "Authenticate"),
        Fault("GET", ".json", 500),
        Fault("GET", ".json", 0),
        Fault("GET", ".json", 404, 20404),
        Fault("GET", ".json", 404, body=b"<html>"),
        Fault("GET", ".json", 200, body=b"[]"),
    ],
)
async def test_a_provider_that_does_not_answer_well_is_a_finding(double: TwilioDouble, fault: Fault) -> None:
    double.fail(fault)
    finding = (await diagnosed(double.url))["account"]

    assert not finding.fine
    assert finding.detail


async def test_a_provider_that_is_not_there_is_a_finding() -> None:
    async with receiving() as gone:
        url = f"http://127.0.0.1:{gone.port}"
    assert (await diagnosed(url))["account"].detail == "it cannot be reached"
