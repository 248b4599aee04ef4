"""Numbers: searched, bought, given back."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from ravi.errors import NumbersExhausted, ProviderFailed
from ravi.server.phone.carriers.contract import Allocated, Surroundings, Wish
from ravi.server.phone.carriers.twilio import Twilio, open_carrier
from ravi.settings.server_carriers import carrier_url
from tests.support.twilio_double import ACCOUNT, TOKEN, Fault, TwilioDouble, twilio_double

URL = "https://ravi.example.org/api/phone/carriers/twilio/"


@pytest.fixture
async def double() -> AsyncIterator[TwilioDouble]:
    async with twilio_double() as it:
        it.offers = {("US", "Local"): ["+12015550001", "+12015550002"], ("DE", "Mobile"): ["+4915112345678"]}
        yield it


@pytest.fixture
async def carrier(double: TwilioDouble) -> AsyncIterator[Twilio]:
    here = Surroundings(URL, bytes(32), lambda: datetime.now(UTC))
    url = double.url.replace("http://", f"twilio+http://{ACCOUNT}:{TOKEN}@")
    it = open_carrier(carrier_url(url), here)
    yield it
    await it.close()


def wish(country: str = "US", *known: str, serial: int = 17) -> Wish:
    async def is_known(number: str) -> bool:
        return number in known

    return Wish(country, serial, is_known)


def bought(double: TwilioDouble) -> list[str]:
    return [str(row["phone_number"]) for row in double.numbers.values()]


async def test_a_number_is_bought_and_set_to_post_its_texts_here(double: TwilioDouble, carrier: Twilio) -> None:
    allocated = await carrier.allocate(wish())
    (row,) = double.numbers.values()

    assert allocated == Allocated("+12015550001", row["sid"])
    assert (row["sms_url"], row["sms_method"]) == (URL, "POST")


async def test_a_numbers_name_tells_this_server_from_others(double: TwilioDouble, carrier: Twilio) -> None:
    here = Surroundings(URL, bytes([1] * 32), lambda: datetime.now(UTC))
    other = open_carrier(carrier_url(double.url.replace("http://", f"twilio+http://{ACCOUNT}:{TOKEN}@")), here)
    await carrier.allocate(wish())
    await other.allocate(wish())
    await other.close()
    names = [str(row["friendly_name"]) for row in double.numbers.values()]

    assert all(re.fullmatch(r"ravi-[0-9a-f]{8} 17", name) for name in names)
    assert len(set(names)) == 2


async def test_a_search_asks_for_numbers_that_text_and_need_no_address(double: TwilioDouble, carrier: Twilio) -> None:
    await carrier.allocate(wish())
    (path,) = [path for _, path, _ in double.requests if "AvailablePhoneNumbers" in path]

    assert path.endswith("/US/Local.json?SmsEnabled=true&ExcludeAllAddressRequired=true&PageSize=20")


async def test_where_there_are_no_local_numbers_a_mobile_one_is_bought(double: TwilioDouble, carrier: Twilio) -> None:
    assert (await carrier.allocate(wish("DE"))).number == "+4915112345678"
    double.offers["FR", "Local"], double.offers["FR", "Mobile"] = [], ["+33612345678"]
    assert (await carrier.allocate(wish("FR"))).number == "+33612345678"


async def test_a_number_that_somebody_had_is_passed_over(double: TwilioDouble, carrier: Twilio) -> None:
    assert (await carrier.allocate(wish("US", "+12015550001"))).number == "+12015550002"
    assert bought(double) == ["+12015550002"]


async def test_a_number_that_is_taken_in_between_is_passed_over(double: TwilioDouble, carrier: Twilio) -> None:
    double.taken.add("+12015550001")
    assert (await carrier.allocate(wish())).number == "+12015550002"


@pytest.mark.parametrize("country", ["XX", "us", "", "US/../DE", "USA"])
async def test_a_country_without_numbers_has_none(double: TwilioDouble, carrier: Twilio, country: str) -> None:
    with pytest.raises(NumbersExhausted):
        await carrier.allocate(wish(country))


async def test_when_all_are_taken_there_is_none(double: TwilioDouble, carrier: Twilio) -> None:
    double.taken.add("+12015550001")
    with pytest.raises(NumbersExhausted, match="twilio has no number for texts in US"):
        await carrier.allocate(wish("US", "+12015550002"))
    assert bought(double) == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault("GET", "AvailablePhoneNumbers", 401, 20003, "Authenticate"), "account and its token"),
        (Fault("GET", "AvailablePhoneNumbers", 500, 20500), "answered 500"),
        (Fault("GET", "AvailablePhoneNumbers", 200, body=b'{"available_phone_numbers": 5}'), "on offer"),
        (Fault("GET", "AvailablePhoneNumbers", 0), "connection to it was lost"),
        (Fault("GET", "AvailablePhoneNumbers", 404, body=b"<html>"), "URL of the carrier"),
        (Fault("POST", "IncomingPhoneNumbers", 400, 21404, "Trial accounts are allowed one number"), "one number"),
        (Fault("POST", "IncomingPhoneNumbers", 400, 21631, "An address is required"), "21631"),
        (Fault("POST", "IncomingPhoneNumbers", 429, 20429), "too often"),
        (Fault("POST", "IncomingPhoneNumbers", 500, 20500), "answered 500"),
        (Fault("POST", "IncomingPhoneNumbers", 201, body=b"{}"), "what it calls the number"),
    ],
)
async def test_a_provider_that_fails_is_named_with_its_reason(
    double: TwilioDouble, carrier: Twilio, fault: Fault, reason: str
) -> None:
    double.fail(fault)
    with pytest.raises(ProviderFailed, match=rf"^no number could be bought from twilio: .*{reason}"):
        await carrier.allocate(wish())
    assert bought(double) == []


@pytest.mark.parametrize("status", [0, 500])
async def test_a_number_that_was_bought_although_nobody_heard_so_is_used(
    double: TwilioDouble, carrier: Twilio, status: int
) -> None:
    double.fail(Fault("POST", "IncomingPhoneNumbers", status, done=True))
    allocated = await carrier.allocate(wish())
    (row,) = double.numbers.values()

    assert allocated == Allocated("+12015550001", row["sid"])


async def test_a_number_that_another_purchase_got_meanwhile_is_not_ours(double: TwilioDouble, carrier: Twilio) -> None:
    async def is_known(number: str) -> bool:
        double.own(number, FriendlyName="ravi-00000000 17")
        return False

    double.fail(Fault("POST", "IncomingPhoneNumbers", 500, 20500))
    with pytest.raises(ProviderFailed):
        await carrier.allocate(Wish("US", 17, is_known))


async def test_a_number_is_given_back_once_or_twice(double: TwilioDouble, carrier: Twilio) -> None:
    allocated = await carrier.allocate(wish())
    await carrier.release(allocated)
    assert double.numbers == {}
    await carrier.release(allocated)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("DELETE", "IncomingPhoneNumbers", 500),
        Fault("DELETE", "IncomingPhoneNumbers", 401, 20003),
        Fault("DELETE", "IncomingPhoneNumbers", 0),
        Fault("DELETE", "IncomingPhoneNumbers", 404, body=b"<html>"),
        Fault("DELETE", "IncomingPhoneNumbers", 400, 21402, "No"),
    ],
)
async def test_a_number_that_could_not_be_given_back_is_given_back_later(
    double: TwilioDouble, carrier: Twilio, fault: Fault
) -> None:
    allocated = await carrier.allocate(wish())
    double.fail(fault)
    with pytest.raises(ProviderFailed):
        await carrier.release(allocated)
    assert bought(double) == ["+12015550001"]

    await carrier.release(allocated)
    assert double.numbers == {}
