"""The stream of events: what it shows, where it resumes, and when it ends."""

import asyncio
from typing import Any

import pytest

from ravi.server.app import App
from ravi.settings.server import resolve
from ravi.wire import event_types
from tests.support.databases import as_another_request
from tests.support.event_stream import Reader, streaming
from tests.support.world import World


async def happen(world: World, type: str = "test.happened", of: dict[str, Any] | None = None, **data: Any) -> int:
    """Record an event of the account, or of the identity *of*, and return its number."""
    identity = None
    if of is not None:
        ref = await world.services.auth.select(await world.services.auth.authenticate(world.tokens.access), of["uuid"])
        identity = (ref.id, ref.uuid)

    async def record() -> int:
        async with world.services.db.begin() as tx:
            return (await world.services.events.record(tx, world.account.id, type, identity, data)).seq

    return await as_another_request(record())


async def replayed(world: World, query: str = "") -> list[dict[str, Any]]:
    return (await world.ada.get(f"/api/events/?{query}")).json()["events"]


# --- what it shows


async def test_an_event_arrives_as_replay_shows_it(world: World) -> None:
    async with streaming(world.app, world.tokens.access) as reader:
        seq = await happen(world, of=world.mine, number=7)
        frame = await reader.event()

    assert (frame.id, frame.event) == (str(seq), "test.happened")
    assert frame.json == (await replayed(world, f"since={seq - 1}"))[0]
    assert reader.headers["content-type"].startswith("text/event-stream")
    assert reader.headers["cache-control"] == "no-store"
    assert reader.headers["x-request-id"]
    assert "content-length" not in reader.headers


async def test_it_begins_now_and_says_where_that_is(world: World) -> None:
    last = (await replayed(world))[-1]["seq"]
    async with streaming(world.app, world.tokens.access) as reader:
        first = await reader.frame()
        assert first is not None
        assert (first.id, first.is_event) == (str(last), False)
        await happen(world)
        assert await reader.names(1) == ["test.happened"]


@pytest.mark.parametrize("how", ["header", "query", "both"])
async def test_it_resumes_after_the_last_event_that_was_seen(world: World, how: str) -> None:
    seqs = [await happen(world, f"test.n{number}") for number in range(4)]
    query = {"header": "", "query": f"since={seqs[1]}", "both": "since=0"}[how]
    headers = {} if how == "query" else {"last_event_id": str(seqs[1])}
    async with streaming(world.app, world.tokens.access, query, **headers) as reader:
        assert await reader.names(2) == ["test.n2", "test.n3"]


async def test_a_long_past_is_streamed_whole_and_in_order(world: World) -> None:
    for number in range(250):
        await happen(world, n=number)
    expected = [event["seq"] for event in await replayed(world, "limit=1000")]
    async with streaming(world.app, world.tokens.access, "since=0") as reader:
        assert [(await reader.event()).json["seq"] for _ in expected] == expected


async def test_a_cursor_from_the_future_counts_as_now(world: World) -> None:
    """As after a restored backup: numbers are given again, and none of them may be stepped over."""
    async with streaming(world.app, world.tokens.access, f"since={2**62}") as reader:
        await happen(world)
        assert await reader.names(1) == ["test.happened"]


async def test_only_the_types_that_were_asked_for_are_shown(world: World) -> None:
    async with streaming(world.app, world.tokens.access, "event_types=test.a,test.c") as reader:
        for name in "abcab":
            await happen(world, f"test.{name}")
        assert await reader.names(3) == ["test.a", "test.c", "test.a"]


async def test_an_identity_sees_its_own_events_and_no_others(world: World) -> None:
    async with streaming(world.app, world.mine["api_key"]) as reader:
        await happen(world, "test.account")
        await happen(world, "test.sibling", of=world.sibling)
        await happen(world, "test.mine", of=world.mine)
        frame = await reader.event()

    assert (frame.json["type"], frame.json["identity"]) == ("test.mine", world.mine["uuid"])


async def test_where_an_identity_begins_tells_nothing_about_the_others(world: World) -> None:
    last = await happen(world, of=world.mine)
    await happen(world, of=world.sibling)
    async with streaming(world.app, world.mine["api_key"]) as reader:
        first = await reader.frame()
        assert first is not None
        assert (first.id, first.is_event) == (str(last), False)


@pytest.mark.parametrize("how", ["query", "header"])
async def test_an_owner_may_choose_one_identity(world: World, how: str) -> None:
    query = f"identity={world.mine['uuid']}" if how == "query" else ""
    headers = {} if how == "query" else {"x_ravi_identity": world.mine["uuid"]}
    async with streaming(world.app, world.tokens.access, query, **headers) as reader:
        await happen(world, "test.sibling", of=world.sibling)
        await happen(world, "test.mine", of=world.mine)
        assert await reader.names(1) == ["test.mine"]


async def test_mail_is_called_email_and_says_what_kind_of_sender_it_came_from(world: World) -> None:
    async with streaming(world.app, world.tokens.access) as reader:
        await happen(world, event_types.EMAIL_RECEIVED, of=world.mine, sender_type="trusted")
        await happen(world, event_types.EMAIL_SENT, of=world.mine)
        received, sent = await reader.event(), await reader.event()

    assert (received.event, received.json["data"]["sender_type"]) == ("email", "trusted")
    assert (sent.event, sent.json["type"]) == ("email", "email.message.sent")


async def test_channels_split_mail_by_its_sender_and_leave_the_others_out(world: World) -> None:
    async with streaming(world.app, world.tokens.access, "channels=email_owner,email_trusted") as reader:
        for kind in ("untrusted", "trusted", "owner"):
            await happen(world, event_types.EMAIL_RECEIVED, of=world.mine, sender_type=kind)
        await happen(world, "test.other")
        names = [(await reader.event()).event for _ in range(3)]

    assert names == ["email_trusted", "email_owner", "test.other"]


async def test_all_other_mail_can_be_asked_for_beside_a_channel(world: World) -> None:
    async with streaming(world.app, world.tokens.access, "channels=email_owner,email") as reader:
        for kind in ("untrusted", "owner"):
            await happen(world, event_types.EMAIL_RECEIVED, of=world.mine, sender_type=kind)
        assert [(await reader.event()).event for _ in range(2)] == ["email", "email_owner"]


async def test_a_silent_stream_says_that_it_is_alive_and_where_it_has_got_to(world: World) -> None:
    world.services.streams.heartbeat = 0.05
    async with streaming(world.app, world.tokens.access, "event_types=test.shown") as reader:
        await reader.frame()
        first = await reader.frame()
        seq = await happen(world, "test.hidden")
        frames = [await reader.frame() for _ in range(12)]

    assert first is not None
    assert (first.comments, first.id, first.is_event) == (["still here"], None, False)
    assert [frame.id for frame in frames if frame is not None and frame.id] == [str(seq)]


@pytest.mark.parametrize(
    ("query", "headers", "field"),
    [
        ("since=-1", {}, "since"),
        ("since=x", {}, "since"),
        ("", {"last_event_id": "-1"}, "last_event_id"),
        ("", {"last_event_id": "9" * 30}, "last_event_id"),
        ("channels=email_foe", {}, "channels"),
        ("event_types=" + ",".join(f"t.t{n}" for n in range(51)), {}, "event_types"),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_what_makes_no_sense_is_refused_before_anything_streams(
    world: World, query: str, headers: dict[str, str], field: str
) -> None:
    answer = await world.ada.get(f"/api/events/stream/?{query}", **headers)

    assert answer.status_code == 422
    assert field in answer.json()["error"]["details"]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_head_answers_and_ends(world: World) -> None:
    answer = await world.ada.send("HEAD", "/api/events/stream/")

    assert (answer.status_code, answer.content) == (200, b"")


# --- nothing is lost


async def test_a_late_commit_is_neither_skipped_by_the_stream_nor_by_replay(world: World) -> None:
    """Two transactions take their numbers; the second is ready to commit while the first dawdles (ADR 0007)."""
    services, account = world.services, world.account.id
    numbered, hurry = asyncio.Event(), asyncio.Event()
    since = (await replayed(world))[-1]["seq"]

    async def first() -> None:
        async with services.db.begin() as tx:
            await services.events.record(tx, account, "test.first", None, {})
            numbered.set()
            await hurry.wait()

    async def second() -> None:
        async with services.db.begin() as tx:
            await services.events.record(tx, account, "test.second", None, {})

    async with streaming(world.app, world.tokens.access, "event_types=test.first,test.second") as reader:
        cursor, polled = since, []

        async def poll() -> None:
            nonlocal cursor
            for event in await replayed(world, f"since={cursor}&event_types=test.first,test.second"):
                cursor = event["seq"]
                polled.append(event["type"])

        slow = asyncio.create_task(first())
        await numbered.wait()
        quick = asyncio.create_task(second())
        for _ in range(30):  # all the time that the second needs; both readers look meanwhile
            await asyncio.sleep(0.01)
            await poll()
            ring_everybody(world)
        hurry.set()
        await asyncio.gather(slow, quick)
        await poll()

        assert await reader.names(2) == ["test.first", "test.second"]
        assert polled == ["test.first", "test.second"]


async def test_many_writers_at_once_lose_nothing_on_the_way_to_a_stream(world: World) -> None:
    async with streaming(world.app, world.tokens.access, "event_types=test.happened") as reader:
        await asyncio.gather(*(happen(world, n=number) for number in range(60)))
        shown = [(await reader.event()).json for _ in range(60)]

    assert sorted(event["data"]["n"] for event in shown) == list(range(60))
    assert [event["seq"] for event in shown] == sorted(event["seq"] for event in shown)


async def test_a_lost_wake_up_costs_a_heartbeat_and_no_event(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.services.streams.heartbeat = 0.05
    async with streaming(world.app, world.tokens.access) as reader:
        for stream in world.services.streams._open:
            assert stream._bell is not None
            monkeypatch.setattr(stream._bell, "ring", lambda: None)
        await happen(world)
        assert await reader.names(1) == ["test.happened"]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_what_one_replica_writes_another_one_streams(world: World, database_url: str) -> None:
    settings = resolve({"data": ".", "database": database_url, "log_level": "error"}, {})
    async with App(settings, public_url="http://ravi.test", now=world.clock).running() as replica:
        async with streaming(replica, world.tokens.access) as reader:
            await happen(world)
            assert await reader.names(1) == ["test.happened"]
        key = (await world.ada.post("/api/auth/keys/management/", {"label": "x"})).json()
        async with streaming(replica, key["key"]) as reader:
            await world.ada.send("DELETE", f"/api/auth/keys/management/{key['uuid']}/")
            assert await reader.end() == "credential_revoked"


# --- the end


async def test_a_revoked_key_ends_its_stream(world: World) -> None:
    (key,) = (await world.agent.get("/api/auth/keys/identity/")).json()
    async with streaming(world.app, world.mine["api_key"]) as reader:
        await world.ada.send("DELETE", f"/api/auth/keys/identity/{key['uuid']}/")
        await happen(world, "test.after", of=world.mine)

        assert await reader.end() == "credential_revoked"
    assert b"test.after" not in reader.body


@pytest.mark.parametrize("through", ["its own key", "its owner"])
@pytest.mark.parametrize(
    ("method", "action", "reason"), [("POST", "disable/", "identity_disabled"), ("DELETE", "", "identity_deleted")]
)
async def test_an_identity_that_ends_ends_its_streams(
    world: World, through: str, method: str, action: str, reason: str
) -> None:
    token, query = (world.mine["api_key"], "") if through == "its own key" else (world.tokens.access, "identity=")
    async with streaming(world.app, token, query and query + world.mine["uuid"]) as reader:
        await world.ada.send(method, f"/api/identities/{world.mine['uuid']}/{action}")

        assert await reader.end() == reason


async def test_signing_out_ends_the_streams_of_that_sign_in(world: World) -> None:
    """Nothing rings for it: the look at all streams at once finds out."""
    async with streaming(world.app, world.tokens.access) as reader:
        await world.ada.post("/api/auth/logout/")

        assert await reader.end() == "credential_revoked"


async def test_a_credential_and_an_identity_whose_time_is_over_end_their_streams(world: World) -> None:
    brief = (await world.ada.post("/api/auth/keys/management/", {"label": "x", "ttl_seconds": 60})).json()
    await world.ada.send("PATCH", f"/api/identities/{world.mine['uuid']}/", {"ttl_seconds": 60})
    async with (
        streaming(world.app, brief["key"]) as reader,
        streaming(world.app, world.mine["api_key"]) as another,
        streaming(world.app, world.sibling["api_key"]) as unharmed,
    ):
        world.clock.advance(seconds=61)

        assert await reader.end() == "credential_expired"
        assert await another.end() == "identity_deleted"
        await happen(world, of=world.sibling)
        assert await unharmed.names(1) == ["test.happened"]


async def test_a_disabled_identity_cannot_begin_one(world: World) -> None:
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/disable/")

    for actor, query in ((world.agent, ""), (world.ada, f"?identity={world.mine['uuid']}")):
        answer = await actor.get(f"/api/events/stream/{query}")
        assert (answer.status_code, answer.json()["code"]) == (403, "identity.disabled")


async def test_a_server_that_stops_says_so(world: World) -> None:
    async with streaming(world.app, world.tokens.access) as reader:
        world.app.finish()
        assert await reader.end() == "server_stopping"

    async with streaming(world.app, world.tokens.access) as late:
        assert await late.end() == "server_stopping"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_reader_that_takes_nothing_is_let_go(world: World) -> None:
    streams = world.services.streams
    streams.patience = 0.05
    async with streaming(world.app, world.tokens.access) as reader:
        reader.stalled = True
        await happen(world)
        await gone(world, reader)

    assert not reader.complete


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_reader_that_takes_nothing_does_not_outlive_its_credential(world: World) -> None:
    async with streaming(world.app, world.tokens.access) as reader:
        reader.stalled = True
        await happen(world)
        await world.ada.post("/api/auth/logout/")
        await gone(world, reader)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_nothing_is_kept_of_readers_that_left(world: World) -> None:
    for _ in range(3):
        async with streaming(world.app, world.tokens.access) as reader:
            pass
        await gone(world, reader)

    assert world.services.streams._wakeup._bells == {}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_idle_streams_cost_the_same_few_queries_however_many_there_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = [streaming(world.app, world.mine["api_key"]) for _ in range(40)]
    for each in readers:
        await each.__aenter__()
    asked: list[str] = []
    ask = world.services.db.all

    async def counting(sql: str, **params: object) -> Any:
        asked.append(sql)
        return await ask(sql, **params)

    monkeypatch.setattr(world.services.db, "all", counting)
    assert len(world.services.streams) == 40
    assert await world.services.streams.end_fallen() == 0
    assert len(asked) == 2
    for each in readers:
        await each.__aexit__(None, None, None)
    asked.clear()
    await world.services.streams.end_fallen()
    assert asked == []


async def gone(world: World, reader: Reader) -> None:
    """Wait until the server holds no stream any more."""
    async with asyncio.timeout(5):
        while len(world.services.streams):
            await asyncio.sleep(0.01)


def ring_everybody(world: World) -> None:
    for stream in world.services.streams._open:
        assert stream._bell is not None
        stream._bell.ring()
