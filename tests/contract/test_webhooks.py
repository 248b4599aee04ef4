"""Webhooks over HTTP: who may have which, what is posted, and what becomes of it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from ravi.server.app import App
from ravi.server.webhooks.worker import LEASE
from ravi.settings.server import resolve
from tests.support.databases import as_another_request
from tests.support.receiver import Receiver, answer, receiving
from tests.support.world import Actor, World, world_on

HOOKS = "/api/webhook-subscriptions/"
LOG = "/api/webhook-deliveries/"
URL = "https://example.com/hook"


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The world, on a server whose operator lets webhooks be posted to loopback."""
    async with world_on(database_url, webhook_allow="127.0.0.1") as it:
        # A key has no end, and these tests let hours pass.
        it.ada = it.with_token((await it.ada.post("/api/auth/keys/management/", {"label": "test"})).json()["key"])
        yield it


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as it:
        yield it


async def add(actor: Actor, url: str = URL, **more: Any) -> dict[str, Any]:
    made = await actor.post(HOOKS, {"url": url, **more})
    assert made.status_code == 201, made.text
    return made.json()


async def happen(world: World, type: str = "test.happened", of: dict[str, Any] | None = None, **data: Any) -> str:
    """Record an event of the account, or of the identity *of*; return its id."""
    identity = None
    if of is not None:
        ref = await world.services.auth.select(
            await world.services.auth.authenticate(world.ada.token or ""), of["uuid"]
        )
        identity = (ref.id, ref.uuid)

    async def record() -> str:
        async with world.services.db.begin() as tx:
            return (await world.services.events.record(tx, world.account.id, type, identity, data)).id

    return await as_another_request(record())


async def log_of(actor: Actor, count: int, *statuses: str) -> list[dict[str, Any]]:
    """The log, newest first, once it has *count* entries that have all come to one of *statuses*."""
    rows: list[dict[str, Any]] = []
    for _ in range(1500):
        rows = (await actor.get(LOG)).json()
        assert isinstance(rows, list), rows
        if len(rows) == count and all(row["status"] in statuses for row in rows):
            return rows
        await asyncio.sleep(0.01)
    raise AssertionError(f"the log never got there: {[(row['event_type'], row['status']) for row in rows]}")


async def tried(actor: Actor, count: int, tries: int) -> list[dict[str, Any]]:
    """The log, once each of its *count* entries has been tried so often and waits for the next time."""
    while True:
        rows = await log_of(actor, count, "retrying")
        if all(row["attempts"] == tries for row in rows):
            return rows
        await asyncio.sleep(0.01)


def signed(secret: str, timestamp: str, body: bytes) -> str:
    """The signature, made from the description and not with our own code."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


# --- endpoints


async def test_a_webhook_is_made_listed_shown_changed_and_removed(world: World) -> None:
    made = await add(world.ada, event_types=["email.message.received"])
    by_id, by_uuid = f"{HOOKS}{made['id']}/", f"{HOOKS}{made['uuid']}/"

    assert made["signing_secret"].startswith("whsec_")
    assert (made["identity"], made["enabled"], made["event_types"]) == (None, True, ["email.message.received"])
    shown = {**made, "signing_secret": ""}
    assert (await world.ada.get(HOOKS)).json() == [shown]
    assert (await world.ada.get(by_id)).json() == (await world.ada.get(by_uuid)).json() == shown
    changed = (await world.ada.send("PATCH", by_id, {"enabled": False, "event_types": []})).json()
    assert (changed["enabled"], changed["event_types"], changed["url"]) == (False, [], URL)
    assert (await world.ada.send("DELETE", by_uuid)).status_code == 204
    assert (await world.ada.get(by_id)).status_code == 404
    assert (await world.ada.send("DELETE", by_uuid)).status_code == 404


async def test_the_same_creation_twice_makes_one(world: World) -> None:
    answers = [await world.ada.post(HOOKS, {"url": URL}, Idempotency_Key="once") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert len((await world.ada.get(HOOKS)).json()) == 1


async def test_an_identity_has_its_own_and_sees_no_others(world: World) -> None:
    mine = await add(world.agent)
    whole = await add(world.ada)
    siblings = await add(world.ada, identity_uuid=world.sibling["uuid"])

    assert (mine["identity_uuid"], siblings["identity_uuid"]) == (world.mine["uuid"], world.sibling["uuid"])
    assert [row["id"] for row in (await world.agent.get(HOOKS)).json()] == [mine["id"]]
    assert len((await world.ada.get(HOOKS)).json()) == 3
    chosen = (await world.ada.get(f"{HOOKS}?identity={world.sibling['uuid']}")).json()
    assert [row["id"] for row in chosen] == [siblings["id"]]
    for other in (whole, siblings):
        for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "test/")):
            refused = await world.agent.send(method, f"{HOOKS}{other['id']}/{path}", {})
            assert refused.status_code == 404, f"{method} {path}"
        assert (await world.agent.get(f"{LOG}?endpoint={other['id']}")).status_code == 404
    for actor in (world.eve, world.with_token(world.foreign["api_key"])):
        assert (await actor.get(HOOKS)).json() == (await actor.get(LOG)).json() == []


async def test_whose_events_it_gets_is_settled_when_it_is_made(world: World) -> None:
    sibling = {"url": URL, "identity_uuid": world.sibling["uuid"]}
    assert (await world.agent.post(HOOKS, sibling)).json()["code"] == "auth.forbidden"
    chosen = await world.ada.post(f"{HOOKS}?identity={world.mine['uuid']}", sibling)
    assert chosen.json()["code"] == "identity.selectors_differ"
    foreign = await world.ada.post(HOOKS, {"url": URL, "identity_uuid": world.foreign["uuid"]})
    assert foreign.json()["code"] == "identity.not_found"
    made = await add(world.ada)
    moved = await world.ada.send("PATCH", f"{HOOKS}{made['id']}/", {"identity_uuid": world.mine["uuid"]})
    assert moved.status_code == 422


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"url": "http://localhost/"}, "url"),
        ({"url": "http://example.com:25/"}, "url"),
        ({"url": "http://user:word@example.com/"}, "url"),
        ({"url": URL, "event_types": ["Not a type"]}, "event_types"),
        ({"url": URL, "event_types": [f"test.n{'x' * n}" for n in range(40)] + ["a.b"] * 11}, "event_types"),
    ],
)
async def test_what_makes_no_sense_is_refused(world: World, body: dict[str, Any], field: str) -> None:
    refused = await world.ada.post(HOOKS, body)
    assert refused.status_code == 422
    assert field in refused.json()["error"]["details"]
    if body.get("url"):
        made = await add(world.ada)
        assert (await world.ada.send("PATCH", f"{HOOKS}{made['id']}/", body)).status_code == 422


# --- what is posted


async def test_an_event_is_posted_signed_and_written_down(world: World, receiver: Receiver) -> None:
    hook = await add(world.ada, receiver.url)
    event_id = await happen(world, of=world.mine, subject="héllo", seq="shadowed")
    (post,) = await receiver.wait_for(1)
    (row,) = await log_of(world.ada, 1, "delivered")

    replayed = (await world.ada.get("/api/events/?event_types=test.happened")).json()["events"][0]
    assert post.json == {"subject": "héllo", **replayed}
    assert post.json["data"] == {"subject": "héllo", "seq": "shadowed"}
    assert post.headers["x-ravi-event-id"] == event_id == post.json["id"]
    assert post.headers["content-type"] == "application/json"
    assert int(post.headers["x-ravi-timestamp"]) == int(world.clock().timestamp())
    assert post.headers["x-ravi-signature"] == signed(
        hook["signing_secret"], post.headers["x-ravi-timestamp"], post.body
    )
    assert "authorization" not in post.headers
    assert (row["event_id"], row["endpoint"], row["endpoint_url"]) == (event_id, hook["id"], receiver.url)
    assert (row["attempts"], row["response_status"], row["response_preview"]) == (1, 200, "thanks")
    assert (row["payload"], row["next_attempt_at"], row["last_error"]) == (post.json, None, "")
    assert (await world.ada.get(f"{LOG}{row['id']}/")).json() == row
    assert (await world.ada.get(f"{LOG}{row['uuid']}/")).json() == row


async def test_each_webhook_gets_what_it_asked_for_once(world: World, receiver: Receiver) -> None:
    await happen(world, "test.before")
    await add(world.ada, receiver.url + "/all", event_types=["test.a", "test.b"])
    await add(world.ada, receiver.url + "/b", event_types=["test.b"])
    await add(world.agent, receiver.url + "/mine", event_types=["test.a", "test.b"])
    await add(world.ada, receiver.url + "/off", enabled=False)
    for name in ("test.a", "test.b"):
        await happen(world, name, of=world.mine)
        await happen(world, name, of=world.sibling)
        await happen(world, name)
    await log_of(world.ada, 6 + 3 + 2, "delivered")

    got = sorted(str((post.target, post.json["type"], post.json["identity"])) for post in receiver.posts)
    whose = [None, world.mine["uuid"], world.sibling["uuid"]]
    expected = [("/hook/all", name, each) for name in ("test.a", "test.b") for each in whose]
    expected += [("/hook/b", "test.b", each) for each in whose]
    expected += [("/hook/mine", name, world.mine["uuid"]) for name in ("test.a", "test.b")]
    assert got == sorted(map(str, expected))
    assert {row["event_type"] for row in (await world.agent.get(LOG)).json()} == {"test.a", "test.b"}
    assert len((await world.agent.get(LOG)).json()) == 2


async def test_a_test_goes_to_one_endpoint_whatever_types_it_takes(world: World, receiver: Receiver) -> None:
    hook = await add(world.ada, receiver.url + "/tested", event_types=["test.never"])
    await add(world.ada, receiver.url + "/another")
    made = await world.ada.post(f"{HOOKS}{hook['id']}/test/")
    rows = await log_of(world.ada, 1, "delivered")

    assert made.status_code == 201
    assert (made.json()["id"], made.json()["event_type"]) == (rows[0]["id"], "webhook.test")
    assert [post.target for post in receiver.posts] == ["/hook/tested"]
    assert receiver.posts[0].json["webhook_id"] == hook["id"]


async def test_a_failed_test_is_not_repeated_and_does_not_count(world: World, receiver: Receiver) -> None:
    receiver.answers = lambda _: answer(500)
    hook = await add(world.ada, receiver.url)
    await world.ada.post(f"{HOOKS}{hook['id']}/test/")
    (row,) = await log_of(world.ada, 1, "failed")

    assert (row["attempts"], row["response_status"], row["last_error"]) == (1, 500, "answered 500")
    await world.ada.send("PATCH", f"{HOOKS}{hook['id']}/", {"enabled": False})
    assert (await world.ada.post(f"{HOOKS}{hook['id']}/test/")).status_code == 409


async def test_the_log_is_paged_and_narrowed(world: World, receiver: Receiver) -> None:
    hook = await add(world.ada, receiver.url, event_types=["test.a"])
    await add(world.ada, receiver.url, event_types=["test.b"])
    for _ in range(3):
        await happen(world, "test.a")
    await happen(world, "test.b")
    rows = await log_of(world.ada, 4, "delivered")

    page = (await world.ada.get(f"{LOG}?limit=3&page=2")).json()
    assert (page["count"], [row["id"] for row in page["results"]]) == (4, [rows[3]["id"]])
    narrowed = (await world.ada.get(f"{LOG}?endpoint={hook['uuid']}")).json()
    assert [row["event_type"] for row in narrowed] == ["test.a"] * 3
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)


# --- what goes wrong


async def test_a_failed_delivery_is_tried_again_after_growing_pauses(world: World, receiver: Receiver) -> None:
    receiver.answers = lambda _: answer(503, b"later")
    await add(world.ada, receiver.url)
    event_id = await happen(world)
    for number, pause in enumerate((10, 60, 300, 1800, 7200), start=1):
        await receiver.wait_for(number)
        (row,) = await tried(world.ada, 1, number)
        due = world.clock.at.timestamp() + pause
        assert datetime.fromisoformat(row["next_attempt_at"]).timestamp() == due
        assert (row["response_status"], row["response_preview"]) == (503, "later")
        world.clock.advance(seconds=pause)
    (row,) = await log_of(world.ada, 1, "failed")

    assert (row["attempts"], row["next_attempt_at"], row["last_error"]) == (6, None, "answered 503")
    assert {(post.headers["x-ravi-event-id"], post.body) for post in receiver.posts} == {
        (event_id, receiver.posts[0].body)
    }
    assert len({post.headers["x-ravi-timestamp"] for post in receiver.posts}) == 6


async def test_a_later_try_that_succeeds_ends_it(world: World, receiver: Receiver) -> None:
    receiver.answers = lambda number: answer(500) if number == 0 else answer(204)
    await add(world.ada, receiver.url)
    await happen(world)
    await log_of(world.ada, 1, "retrying")
    world.clock.advance(seconds=10)
    (row,) = await log_of(world.ada, 1, "delivered")

    assert (row["attempts"], row["response_status"], row["last_error"]) == (2, 204, "")


async def test_a_redirect_is_a_failure_and_is_not_followed(world: World, receiver: Receiver) -> None:
    receiver.answers = lambda _: answer(307, b"", b"Location: /elsewhere")
    hook = await add(world.ada, receiver.url)
    await world.ada.post(f"{HOOKS}{hook['id']}/test/")
    (row,) = await log_of(world.ada, 1, "failed")

    assert row["last_error"] == "answered 307: redirects are not followed"
    assert [post.target for post in receiver.posts] == ["/hook"]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_an_answer_is_kept_short_and_made_harmless(world: World, receiver: Receiver) -> None:
    hostile = b"\x1b]0;owned\x07\xe2\x80\xae" + b"<script>" + b"A" * 9000 + b"\xff\x00"
    receiver.answers = lambda _: answer(500, hostile)
    hook = await add(world.ada, receiver.url)
    await world.ada.post(f"{HOOKS}{hook['id']}/test/")
    (row,) = await log_of(world.ada, 1, "failed")

    assert len(row["response_preview"]) == 500
    assert row["response_preview"].isprintable()
    assert row["response_preview"].startswith(" ]0;owned  <script>AAAA")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "what answered does not speak HTTP"),
        (b"", "it closed the connection without an answer"),
    ],
)
async def test_what_answers_but_not_as_it_should_is_named(
    world: World, receiver: Receiver, said: bytes, error: str
) -> None:
    receiver.answers = lambda _: said
    hook = await add(world.ada, receiver.url)
    await world.ada.post(f"{HOOKS}{hook['id']}/test/")
    (row,) = await log_of(world.ada, 1, "failed")

    assert (row["response_status"], row["last_error"]) == (None, error)


async def test_after_twenty_failures_in_a_row_it_is_switched_off(world: World, receiver: Receiver) -> None:
    receiver.answers = lambda _: answer(500)
    hook = await add(world.ada, receiver.url, event_types=["test.happened"])
    for _ in range(21):
        await happen(world)
    for tries in range(1, 6):
        await tried(world.ada, 21, tries)
        world.clock.advance(hours=3)
    rows = await log_of(world.ada, 21, "failed")

    assert (await world.ada.get(f"{HOOKS}{hook['id']}/")).json()["enabled"] is False
    (event,) = (await world.ada.get("/api/events/?event_types=webhook.disabled")).json()["events"]
    assert event["data"] == {"webhook_id": hook["id"], "webhook_uuid": hook["uuid"], "failures": 20}
    assert {row["last_error"] for row in rows} <= {"answered 500", "the webhook was switched off"}

    receiver.answers = lambda _: answer(200)
    seen = len(receiver.posts)
    await happen(world)
    await world.ada.send("PATCH", f"{HOOKS}{hook['id']}/", {"enabled": True})
    fresh = await happen(world)
    posts = await receiver.wait_for(seen + 1)
    assert [post.json["id"] for post in posts[seen:]] == [fresh], "what happened meanwhile is not made up for"


async def test_an_endpoint_that_hangs_does_not_keep_the_others_waiting(world: World, receiver: Receiver) -> None:
    async with receiving() as hanging:
        hanging.answers = lambda _: None
        await add(world.ada, hanging.url)
        await add(world.ada, receiver.url)
        for number in range(40):
            await happen(world, n=number)
        posts = await receiver.wait_for(40)
        busy = hanging.most_open

    assert sorted(post.json["n"] for post in posts) == list(range(40))
    assert 1 <= busy <= 4


async def test_nothing_is_told_while_the_identity_is_switched_off(world: World, receiver: Receiver) -> None:
    await add(world.agent, receiver.url)
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/disable/")
    await happen(world, "test.meanwhile", of=world.mine)
    await add(world.ada, receiver.url + "/whole", event_types=["test.fence"])
    await happen(world, "test.fence")
    await receiver.wait_for(1)
    assert [post.target for post in receiver.posts] == ["/hook/whole"]

    await world.ada.post(f"/api/identities/{world.mine['uuid']}/enable/")
    posts = await receiver.wait_for(4)
    told = [post.json["type"] for post in posts if post.target == "/hook"]
    assert sorted(told) == ["identity.disabled", "identity.enabled", "test.meanwhile"]


async def test_a_deleted_identity_takes_its_webhooks_and_what_was_told_about_it_along(
    world: World, receiver: Receiver
) -> None:
    await add(world.agent, receiver.url, event_types=["test.happened"])
    await add(world.ada, receiver.url, event_types=["test.happened", "identity.deleted"])
    await happen(world, of=world.mine, subject="private")
    await happen(world, of=world.sibling)
    await log_of(world.ada, 3, "delivered")
    receipt = (await world.ada.send("DELETE", f"/api/identities/{world.mine['uuid']}/")).json()
    rows = await log_of(world.ada, 2, "delivered")

    assert {row["event_type"] for row in rows} == {"test.happened", "identity.deleted"}
    assert "private" not in json.dumps(rows)
    assert (receipt["erased"]["webhooks"], receipt["erased"]["webhook_deliveries"]) == (1, 2)
    assert len((await world.ada.get(HOOKS)).json()) == 1


# --- nothing is lost


async def test_events_of_a_time_when_no_worker_ran_are_delivered_later(
    world: World, receiver: Receiver, database_url: str
) -> None:
    await add(world.ada, receiver.url, event_types=["test.happened"])
    await world.services.webhook_worker.close()
    ids = [await happen(world) for _ in range(5)]
    world.services.webhook_worker.start()
    posts = await receiver.wait_for(5)

    assert sorted(post.json["id"] for post in posts) == sorted(ids)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_two_replicas_deliver_each_event_once(world: World, receiver: Receiver, database_url: str) -> None:
    settings = resolve({"data": ".", "database": database_url, "log_level": "error", "webhook_allow": "127.0.0.1"}, {})
    async with App(settings, public_url="http://ravi.test", now=world.clock).running():
        await add(world.ada, receiver.url, event_types=["test.happened"])
        ids = [await happen(world) for _ in range(60)]
        await log_of(world.ada, 60, "delivered")

    assert sorted(post.json["id"] for post in receiver.posts) == sorted(ids)


async def test_what_a_dead_replica_had_claimed_is_taken_over_when_its_lease_ends(
    world: World, receiver: Receiver
) -> None:
    await world.services.webhook_worker.close()
    await add(world.ada, receiver.url, event_types=["test.happened"])
    event_id = await happen(world)
    await world.services.webhooks.read_events(world.account.id)
    (taken,) = await world.services.webhooks.claim(busy=[], limit=5, per_webhook=5, lease=LEASE)
    assert await world.services.webhooks.claim(busy=[], limit=5, per_webhook=5, lease=LEASE) == []
    world.clock.advance(seconds=LEASE.total_seconds())
    world.services.webhook_worker.start()
    (post,) = await receiver.wait_for(1)

    assert post.json["id"] == taken.event_id == event_id
    (row,) = await log_of(world.ada, 1, "delivered")
    assert row["attempts"] == 1


async def test_more_events_than_one_endpoint_may_have_waiting_are_all_delivered(
    world: World, receiver: Receiver
) -> None:
    await world.services.webhook_worker.close()
    await add(world.ada, receiver.url, event_types=["test.happened"])
    for number in range(230):
        await happen(world, n=number)
    world.services.webhook_worker.start()
    posts = await receiver.wait_for(230)

    assert sorted(post.json["n"] for post in posts) == list(range(230))
