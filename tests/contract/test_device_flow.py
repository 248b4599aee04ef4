"""
The device flow on the wire.

Facts: RFC 8628, and what published clients send and demand (string errors, `wait`, no redirects, one body for
both generations of credential). Choices of ours: the 60 seconds in which an answer may be read again.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator

import pytest

from ravi.server.app import App
from ravi.server.login import Grant, device, routes
from ravi.server.login.device import STARTS_PER_ADDRESS
from ravi.server.login.errors import CodeDecided
from ravi.settings.server import resolve
from tests.support.sign_in import EMAIL, SignIn, sign_in_on


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[SignIn]:
    """The app on each engine."""
    async with sign_in_on(database_url) as built:
        yield built


def refusal(answer: object, error: str) -> bool:
    """Tell whether *answer* is a 400 that says *error* as published clients read it."""
    body = answer.json()
    assert answer.status_code == 400, answer.text
    assert body["error"] == error, body
    assert isinstance(body["error_description"], str)
    assert body["error_description"]
    assert body["detail"] == body["error_description"]
    return True


async def test_start_hands_out_everything_that_clients_read(site: SignIn) -> None:
    grant = await site.start()

    assert set(grant) == {
        "device_code",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
        "expires_in",
        "interval",
    }
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", grant["user_code"])
    assert len(grant["device_code"]) >= 43
    assert grant["verification_uri"] == "http://ravi.test/device"
    assert grant["verification_uri_complete"] == f"http://ravi.test/device?user_code={grant['user_code']}"
    assert (grant["expires_in"], grant["interval"]) == (900, 5)


@pytest.mark.parametrize("path", ["/api/auth/device/", "/api/auth/device"])
async def test_start_takes_no_bytes_at_all_and_never_redirects(site: SignIn, path: str) -> None:
    answer = await site.api.post(path, headers={"Content-Type": "application/json"}, content=b"")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


async def test_start_takes_any_words_for_host_and_workspace(site: SignIn) -> None:
    grant = await site.start(hostname="\x01\u202e\U0001f600\x1b[2J", workspace="\n" * 5000)
    await site.decide(grant["user_code"])

    assert (await site.poll(grant["device_code"])).status_code == 200
    assert await site.db.one("SELECT hostname, workspace FROM device_grants") == ("\U0001f600 [2J", "")


async def test_signing_in_takes_any_words_for_an_address(site: SignIn) -> None:
    for email in ("ada@example.org\x01", "\U0001f600", "x" * 100_000):
        answer = await site.api.post("/api/auth/login/", json={"email": email, "password": "wrong \x01"})
        assert answer.status_code == 401


async def test_start_is_limited_per_address(site: SignIn) -> None:
    subject = "device-start:127.0.0.1"
    async with site.db.begin() as tx:
        await tx.run(
            "INSERT INTO attempts (subject, window_start, count) VALUES (:subject, :at, :count)",
            subject=subject,
            at=int(site.clock().timestamp()) * 1_000_000,
            count=STARTS_PER_ADDRESS,
        )

    answer = await site.api.post("/api/auth/device/", json={})

    assert answer.status_code == 429
    assert answer.json()["retry_after_seconds"] == 900
    site.clock.advance(minutes=15)
    assert (await site.api.post("/api/auth/device/", json={})).status_code == 200


async def test_pending_until_decided(site: SignIn) -> None:
    grant = await site.start()

    for _ in range(30):  # faster than the cadence, and never 429
        assert refusal(await site.poll(grant["device_code"]), "authorization_pending")


async def test_success_has_both_generations_of_credential(site: SignIn) -> None:
    grant = await site.start(hostname="box")
    await site.decide(grant["user_code"])

    answer = await site.poll(grant["device_code"])

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"access", "refresh", "expires_at", "management_key", "identities", "user"}
    assert body["user"] == {
        "id": site.account.id,
        "uuid": site.account.uuid,
        "email": EMAIL,
        "first_name": "Ada",
        "last_name": "Lovelace",
    }
    assert body["identities"] == []
    assert re.fullmatch(r"2026-03-01T13:00:00Z", body["expires_at"])
    for credential, kind in ((body["access"], "session"), (body["management_key"], "management_key")):
        whoami = await site.api.get("/api/auth/whoami/", headers={"Authorization": f"Bearer {credential}"})
        assert whoami.status_code == 200
        assert whoami.json()["kind"] == kind
        assert whoami.json()["email"] == EMAIL
        assert whoami.json()["has_encryption"] is False


async def test_success_lists_identities_and_mints_no_identity_key(site: SignIn) -> None:
    tokens = await site.services.auth.sign_in(site.account.id, "test")
    made = await site.api.post(
        "/api/identities/",
        json={"name": "research-agent", "api_key": False},
        headers={"Authorization": f"Bearer {tokens.access}"},
    )
    assert made.status_code == 201
    grant = await site.start()
    await site.decide(grant["user_code"])

    body = (await site.poll(grant["device_code"], wait=True)).json()

    assert body["identities"] == [made.json()]
    assert "identity_key" not in body
    assert "identity" not in body


async def test_answer_can_be_read_again_for_sixty_seconds_and_is_the_same(site: SignIn) -> None:
    grant = await site.start()
    await site.decide(grant["user_code"])
    first = await site.poll(grant["device_code"])

    site.clock.advance(seconds=60)
    await site.login.forget_old()
    again = await site.poll(grant["device_code"])
    site.clock.advance(seconds=1)
    late = await site.poll(grant["device_code"])

    assert again.content == first.content
    assert refusal(late, "invalid_grant")


async def test_answer_is_gone_from_the_database_after_sixty_seconds(site: SignIn) -> None:
    grant = await site.start()
    await site.decide(grant["user_code"])
    await site.poll(grant["device_code"])
    site.clock.advance(seconds=61)

    await site.login.forget_old()

    assert await site.db.one("SELECT answer, state FROM device_grants") == (None, "redeemed")
    assert refusal(await site.poll(grant["device_code"]), "invalid_grant")


async def test_polls_that_race_get_one_and_the_same_answer(site: SignIn) -> None:
    grant = await site.start()
    await site.decide(grant["user_code"])

    answers = await asyncio.gather(*(site.poll(grant["device_code"], wait=bool(n % 2)) for n in range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert await site.db.one("SELECT count(*) FROM credentials WHERE kind = 'management'") == (1,)


async def test_denied(site: SignIn) -> None:
    grant = await site.start()
    await site.decide(grant["user_code"], approve=False)

    assert refusal(await site.poll(grant["device_code"]), "access_denied")
    assert refusal(await site.poll(grant["device_code"], wait=True), "access_denied")


async def test_expired(site: SignIn) -> None:
    grant = await site.start()
    site.clock.advance(seconds=899)
    assert refusal(await site.poll(grant["device_code"]), "authorization_pending")
    site.clock.advance(seconds=1)

    assert refusal(await site.poll(grant["device_code"]), "expired_token")


async def test_approved_and_not_collected_in_time_is_expired_and_mints_nothing(site: SignIn) -> None:
    grant = await site.start()
    await site.decide(grant["user_code"])
    site.clock.advance(minutes=16)

    assert refusal(await site.poll(grant["device_code"]), "expired_token")
    assert await site.db.one("SELECT count(*) FROM credentials") == (0,)


async def test_what_expired_is_forgotten_after_an_hour(site: SignIn) -> None:
    grant = await site.start()
    site.clock.advance(minutes=74)
    await site.login.forget_old()
    assert refusal(await site.poll(grant["device_code"]), "expired_token")
    site.clock.advance(minutes=2)
    await site.login.forget_old()

    assert refusal(await site.poll(grant["device_code"]), "invalid_grant")
    assert await site.db.one("SELECT count(*) FROM device_grants") == (0,)


async def test_unknown_code(site: SignIn) -> None:
    assert refusal(await site.poll("never-heard-of-it"), "invalid_grant")
    assert refusal(await site.poll("never-heard-of-it", wait=True), "invalid_grant")


UNREADABLE = [
    (b"", "application/json"),
    (b"{}", "application/json"),
    (b"[]", "application/json"),
    (b"{", "application/json"),
    (b'{"device_code": 7}', "application/json"),
    (b'{"device_code": ""}', "application/json"),
    (b'{"device_code": "x", "wait": "perhaps"}', "application/json"),
    (b'{"device_code": "\\ud800"}', "application/json"),
    (b"\xff\xfe", "application/json"),
    (b"nothing=here", "application/x-www-form-urlencoded"),
    (b"no boundary", "multipart/form-data"),
    (b'{"device_code": "' + b"x" * 20_000 + b'"}', "application/json"),
]


async def test_unreadable_polls_get_a_string_error_too(site: SignIn) -> None:
    for content, media_type in UNREADABLE:
        answer = await site.api.post("/api/auth/device/token/", content=content, headers={"Content-Type": media_type})

        assert refusal(answer, "invalid_request"), content


@pytest.mark.parametrize("path", ["/api/auth/device/token/", "/api/auth/device/token"])
async def test_a_form_is_as_good_as_json(site: SignIn, path: str) -> None:
    grant = await site.start()
    form = {"device_code": grant["device_code"], "grant_type": "urn:ietf:params:oauth:grant-type:device_code"}
    assert refusal(await site.api.post(path, data=form), "authorization_pending")
    await site.decide(grant["user_code"])

    encoded = await site.api.post(path, data={**form, "wait": "true"})
    multipart = await site.api.post(path, files={"device_code": (None, grant["device_code"])})

    assert encoded.status_code == 200
    assert multipart.content == encoded.content


async def test_json_that_a_tool_labels_as_a_form_is_read(site: SignIn) -> None:
    grant = await site.start()

    answer = await site.api.post(
        "/api/auth/device/token/",
        content=f'{{"device_code": "{grant["device_code"]}"}}',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert refusal(answer, "authorization_pending")


async def test_wait_is_answered_as_soon_as_the_owner_approves(site: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "LOOK_AGAIN_SECONDS", 60.0)  # the bell alone
    grant = await site.start()
    waiting = asyncio.create_task(site.poll(grant["device_code"], wait=True))
    await asyncio.sleep(0.2)
    assert not waiting.done()

    await site.decide(grant["user_code"])
    answer = await asyncio.wait_for(waiting, 3)

    assert answer.status_code == 200


@pytest.mark.parametrize(("decision", "error"), [("denied", "access_denied"), ("approved", None)])
async def test_wait_notices_a_decision_whose_bell_it_cannot_hear(
    site: SignIn, decision: str, error: str | None
) -> None:
    grant = await site.start()
    waiting = asyncio.create_task(site.poll(grant["device_code"], wait=True))
    await asyncio.sleep(0.2)

    async with site.db.begin() as tx:  # as another process does it: no notification reaches us
        await tx.run("UPDATE device_grants SET state = :state, account_id = :id", state=decision, id=site.account.id)
    answer = await asyncio.wait_for(waiting, 3)

    assert refusal(answer, error) if error else answer.status_code == 200


async def test_wait_is_answered_when_another_replica_approves(site: SignIn, database_url: str) -> None:
    grant = await site.start()
    waiting = asyncio.create_task(site.poll(grant["device_code"], wait=True))
    other = App(resolve({"data": ".", "database": database_url}, {}), public_url="http://ravi.test", now=site.clock)

    async with other.running():
        await other.services.login.device.decide(
            grant["user_code"], site.account.id, approve=True, session_id="test", address="127.0.0.1"
        )
        answer = await asyncio.wait_for(waiting, 3)

    assert answer.status_code == 200


async def test_wait_notices_the_end_of_the_code(site: SignIn) -> None:
    grant = await site.start()
    waiting = asyncio.create_task(site.poll(grant["device_code"], wait=True))
    await asyncio.sleep(0.1)

    site.clock.advance(minutes=15)

    assert refusal(await asyncio.wait_for(waiting, 3), "expired_token")


async def test_wait_ends_with_pending_before_clients_give_up(site: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert device.LONGEST_HOLD.total_seconds() <= 25
    monkeypatch.setattr(routes, "LONGEST_HOLD", device.LONGEST_HOLD / 50)
    grant = await site.start()
    started = time.monotonic()

    assert refusal(await site.poll(grant["device_code"], wait=True), "authorization_pending")
    assert 0.4 < time.monotonic() - started < 3


async def test_a_server_that_stops_lets_held_polls_go(site: SignIn) -> None:
    grant = await site.start()
    waiting = asyncio.create_task(site.poll(grant["device_code"], wait=True))
    await asyncio.sleep(0.1)

    site.app.finish()

    assert refusal(await asyncio.wait_for(waiting, 3), "authorization_pending")


async def test_a_code_can_be_decided_once(site: SignIn) -> None:
    grant = await site.start()
    await site.decide(grant["user_code"], approve=False)

    with pytest.raises(CodeDecided):
        await site.decide(grant["user_code"])
    assert refusal(await site.poll(grant["device_code"]), "access_denied")


@pytest.mark.parametrize("minutes", [0, 15])
async def test_of_two_pages_that_decide_at_once_one_wins(
    site: SignIn, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    grant = await site.start()
    flow = site.login.device
    seen_by_both = await flow.look(grant["user_code"], session_id="test", address="127.0.0.1")
    if minutes:
        site.clock.advance(minutes=minutes)  # or the code's end comes first
    else:
        await site.decide(grant["user_code"], approve=False)

    async def look(*_: object, **__: object) -> Grant:
        return seen_by_both

    monkeypatch.setattr(flow, "look", look)
    with pytest.raises(CodeDecided):
        await site.decide(grant["user_code"])
    assert refusal(await site.poll(grant["device_code"]), "expired_token" if minutes else "access_denied")


async def test_codes_are_compared_without_case_and_hyphens(site: SignIn) -> None:
    grant = await site.start()

    await site.decide(f" {grant['user_code'].lower().replace('-', ' ')} ")

    assert (await site.poll(grant["device_code"])).status_code == 200


async def test_the_key_is_labelled_with_the_host(site: SignIn) -> None:
    grant = await site.start(hostname="x" * 500)
    await site.decide(grant["user_code"])
    body = (await site.poll(grant["device_code"])).json()

    keys = await site.api.get(
        "/api/auth/keys/management/", headers={"Authorization": f"Bearer {body['management_key']}"}
    )

    assert keys.json()[0]["label"] == "device sign-in on " + "x" * 79 + "…"
