"""What one caller may take over HTTP, and how it is told: 429 and 503 as published clients read them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from ravi.server.http.throttle import PAGES_PER_SECOND
from tests.support.sign_in import sign_in_on
from tests.support.world import Actor, World, world_on

SMALL = {"credential_requests_per_second": "2", "identity_requests_per_second": "3", "identity_held_requests": "2"}


@pytest.fixture
async def small(database_url: str) -> AsyncIterator[World]:
    """A world where eight requests are saved up for each credential."""
    async with world_on(database_url, **SMALL) as it:
        yield it


async def until_refused(actor: Actor, path: str = "/api/email/") -> Any:
    for _ in range(50):
        answer = await actor.get(path)
        if answer.status_code != 200:
            return answer
    raise AssertionError("nothing was refused")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_who_asks_too_often_is_told_when_to_come_back(small: World) -> None:
    refused = await until_refused(small.agent)
    body = refused.json()

    assert (refused.status_code, body["code"]) == (429, "rate_limit.exceeded")
    assert refused.headers["retry-after"] == str(body["retry_after_seconds"])
    assert isinstance(body["retry_after_seconds"], int)
    assert 1 <= body["retry_after_seconds"] <= 8, "published clients sleep no longer than eight seconds"
    await asyncio.sleep(body["retry_after_seconds"])
    assert (await small.agent.get("/api/email/")).status_code == 200


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_sibling_notices_nothing_whoevers_credential_it_uses(small: World) -> None:
    await until_refused(small.agent)
    await until_refused(small.ada, f"/api/email/?identity={small.mine['uuid']}")

    assert (await small.with_token(small.sibling["api_key"]).get("/api/email/")).status_code == 200
    assert (await small.ada.get(f"/api/email/?identity={small.sibling['uuid']}")).status_code == 200


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_waits_beyond_the_limit_are_refused_and_come_back_when_one_ends(small: World) -> None:
    wish = {"want": "otp", "seconds": 20}
    waits = [asyncio.create_task(small.agent.post("/api/wait/", wish)) for _ in range(2)]
    await asyncio.sleep(0.3)

    refused = await small.agent.post("/api/wait/", wish)
    other = await small.with_token(small.sibling["api_key"]).post("/api/wait/", {"want": "otp", "seconds": 0})

    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limit.exceeded")
    assert other.status_code == 200
    small.services.waiting.close()
    assert {(await each).status_code for each in waits} == {200}
    assert (await small.agent.post("/api/wait/", wish)).status_code == 200


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_polling_a_device_sign_in_is_never_refused(database_url: str) -> None:
    """Published clients end the sign-in when they are told to slow down."""
    async with world_on(database_url, **SMALL, requests_at_once="1") as world:
        grant = (await world.nobody.post("/api/auth/device/", {})).json()
        world.services.throttle.strangers.inside = 5
        poll = {"device_code": grant["device_code"]}
        answers = [await world.nobody.post("/api/auth/device/token/", poll) for _ in range(30)]
        refused = await world.nobody.post("/api/auth/device/", {})
        healthy = await world.nobody.get("/healthz")

    assert {answer.json()["error"] for answer in answers} == {"authorization_pending"}
    assert (refused.status_code, refused.json()["code"]) == (503, "server.unavailable")
    assert refused.headers["retry-after"] == "1"
    assert healthy.status_code == 200


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_pages_have_a_pace_for_each_address_and_signing_in_elsewhere_goes_on(database_url: str) -> None:
    paths = ("/", "/sign-in", "/device", "/api/docs/", "/static/nothing.css")
    async with sign_in_on(database_url, peer="203.0.113.5") as site:
        elsewhere = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(site.app, client=("203.0.113.6", 1)), base_url="http://ravi.test"
        )
        answers = [await site.browser.get("/")]
        while answers[-1].status_code != 429:
            assert len(answers) < 1000, "there is no end to it"
            answers.append(await site.browser.get(paths[len(answers) % len(paths)]))
        refused = answers[-1]
        other = await elsewhere.get("/sign-in")
        api = await site.api.post("/api/auth/device/", json={})
        await elsewhere.aclose()

    assert len(answers) > PAGES_PER_SECOND, "nobody who reads is refused"
    assert {answer.status_code for answer in answers[:-1]} == {200, 404}
    assert refused.headers["retry-after"] == "1"
    assert "wait a moment" in refused.text.lower()
    assert refused.headers["content-security-policy"], "a refusal is a page like the others"
    assert (other.status_code, api.status_code) == (200, 200)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_pages_are_refused_when_strangers_have_their_part_of_the_server(database_url: str) -> None:
    async with sign_in_on(database_url, requests_at_once="8") as site:
        site.services.throttle.strangers.inside = 2
        refused = await site.browser.post("/sign-in", data={"email": "ada@example.org", "password": "x"})
        site.services.throttle.strangers.inside = 1
        answered = await site.browser.get("/sign-in")

        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert answered.status_code == 200
        assert site.services.throttle.strangers.inside == 1, "what was answered is not counted any more"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_whoever_fails_leaves_nothing_behind(small: World) -> None:
    for path in ("/api/email/x/", "/api/email/0/", "/api/nothing/"):
        await small.agent.get(path)
    await small.with_token("ravi_id_wrong").get("/api/email/")
    await until_refused(small.agent)

    throttle = small.services.throttle
    assert throttle.working == throttle.strangers.inside == throttle.late == 0


async def test_limits_say_what_is_left(world: World) -> None:
    uuid = world.mine["uuid"]
    other = world.sibling["email"]
    sent = await world.agent.post("/api/email-messages/compose/", {"to_email": other, "subject": "x", "content": "x"})
    assert sent.status_code == 201, sent.text

    answer = (await world.agent.get("/api/limits/")).json()
    of_the_owner = (await world.ada.get("/api/limits/")).json()
    as_the_sibling = (await world.ada.get("/api/limits/", X_Ravi_Identity=world.sibling["uuid"])).json()

    assert (answer["identity"], of_the_owner["identity"]) == (uuid, None)
    assert as_the_sibling["identity"] == world.sibling["uuid"]
    found = {(each["name"], each["of"]): each for each in answer["limits"]}
    hour = found["mail_per_hour", "account"]
    assert (hour["most"], hour["left"], hour["seconds"], hour["resets_in_seconds"]) == (60, 59, 3600, 3600)
    assert found["mail_per_day", "account"]["left"] == 499
    assert found["texts_per_hour", "account"]["left"] == 60
    assert found["mail_per_hour", "identity"] == {"name": "mail_per_hour", "of": "identity", "most": None, "left": None}
    assert found["requests_at_once", "credential"]["left"] == 63, "this request itself is under way"
    assert found["held_requests", "identity"]["left"] == 100
    assert {each["of"] for each in of_the_owner["limits"]} == {"credential", "account"}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_limits_count_down_and_can_be_asked_when_nothing_is_left(small: World) -> None:
    first = (await small.agent.get("/api/limits/")).json()["limits"][0]
    second = (await small.agent.get("/api/limits/")).json()["limits"][0]

    assert (first["name"], first["of"], first["most"], first["per_second"]) == ("requests", "credential", 8, 2)
    assert first["left"] == 7
    assert second["left"] == 6


async def test_a_sent_message_does_not_count_for_ever(world: World) -> None:
    body = {"to_email": world.sibling["email"], "subject": "x", "content": "x"}
    await world.agent.post("/api/email-messages/compose/", body)
    world.clock.advance(hours=1)
    found = {(each["name"], each["of"]): each for each in (await world.agent.get("/api/limits/")).json()["limits"]}

    assert found["mail_per_hour", "account"]["left"] == 60
    assert found["mail_per_day", "account"]["left"] == 499
