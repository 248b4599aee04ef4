"""Numbers that cost money: bought before they are given out, kept when nobody takes them, given back in time."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.support.carried import URL, Carried, carried_on
from tests.support.twilio_double import Fault


@pytest.fixture
async def carried(database_url: str) -> AsyncIterator[Carried]:
    async with carried_on(database_url) as it:
        yield it


def bought(carried: Carried) -> list[str]:
    return [row["phone_number"] for row in carried.provider.numbers.values()]


async def test_a_number_is_bought_when_it_is_asked_for_and_not_before(carried: Carried) -> None:
    assert carried.world.mine["phone"] is None, "nobody pays for a number unasked"
    assert bought(carried) == [carried.number]
    made = await carried.world.ada.post("/api/identities/", {"name": "second", "provision_phone": True})
    assert made.json()["phone"] in bought(carried)
    assert len(bought(carried)) == 2
    (phone,) = (await carried.agent.get("/api/phone/")).json()
    assert phone["phone_number"] == carried.number


async def test_a_request_that_is_repeated_buys_no_second_number(carried: Carried) -> None:
    path = f"/api/identities/{carried.world.sibling['uuid']}/provision-phone/"
    first = await carried.world.ada.post(path, Idempotency_Key="one")
    again = await carried.world.ada.post(path, Idempotency_Key="one")
    assert (first.status_code, again.json()) == (200, first.json())
    refused = await carried.world.ada.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "identity.phone_exists")
    assert len(bought(carried)) == 2


async def test_a_provider_that_fails_is_told_and_nothing_is_made(carried: Carried) -> None:
    carried.provider.fail(Fault("POST", "IncomingPhoneNumbers", 500))
    refused = await carried.world.ada.post("/api/identities/", {"name": "second", "provision_phone": True})
    assert (refused.status_code, refused.json()["code"]) == (502, "phone.provider_failed")
    names = [each["name"] for each in (await carried.world.ada.get("/api/identities/")).json()]
    assert "second" not in names
    carried.provider.offers.clear()
    refused = await carried.world.ada.post("/api/identities/", {"name": "second", "provision_phone": True})
    assert (refused.status_code, refused.json()["code"]) == (503, "phone.numbers_exhausted")


async def test_a_number_that_was_bought_in_vain_goes_to_the_next(carried: Carried) -> None:
    taken = carried.world.mine["email"].partition("@")[0]
    refused = await carried.world.ada.post(
        "/api/identities/", {"name": "second", "email": taken, "provision_phone": True}
    )
    assert refused.status_code == 409
    assert len(bought(carried)) == 2
    made = await carried.world.ada.post("/api/identities/", {"name": "second", "provision_phone": True})
    assert made.json()["phone"] in bought(carried)
    assert len(bought(carried)) == 2


async def test_a_released_number_is_kept_for_the_quarantine_and_then_given_back(carried: Carried) -> None:
    number, numbers = carried.number, carried.world.services.numbers
    released = await carried.world.ada.post(f"/api/identities/{carried.mine['uuid']}/release-phone/")
    assert released.json()["phone"] is None
    assert await numbers.return_released() == 0
    await carried.deliver(carried.provider.arrival(URL, "22395", number, "hi"))
    assert await carried.texts() == []
    carried.world.clock.advance(seconds=timedelta(days=31).total_seconds())
    carried.provider.fail(Fault("DELETE", "IncomingPhoneNumbers", 500))
    assert await numbers.return_released() == 0
    assert bought(carried) == [number]
    assert await numbers.return_released() == 1
    assert bought(carried) == []
    assert await numbers.return_released() == 0
    given = await carried.world.services.identities.number_was_given(number)
    assert given, "and nobody here gets it again"


async def test_a_number_of_a_deleted_identity_goes_the_same_way(carried: Carried) -> None:
    await carried.world.ada.send("DELETE", f"/api/identities/{carried.mine['uuid']}/")
    carried.world.clock.advance(seconds=timedelta(days=31).total_seconds())
    assert await carried.world.services.numbers.return_released() == 1
    assert bought(carried) == []
