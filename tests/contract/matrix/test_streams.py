"""A cursor is a number, and numbers can be guessed: whoever's it is, one only ever sees one's own things behind it."""

import asyncio
from typing import Any

import pytest

from tests.contract.matrix.cast import Cast, cast_on, ok
from tests.support.event_stream import streaming
from tests.support.mail import raw_message, receive

#: Nobody's cursors, beside those of the others.
EXTREMES = [0, 1, 2**31, 2**62]


async def events_of(cast: Cast, name: str, query: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ok(await cast.actors[name].get(f"/api/events/?limit=1000{query}"))["events"]
    return rows


async def test_replay_behind_anybody_s_event_shows_one_s_own_alone(database_url: str) -> None:
    async with cast_on(database_url) as cast:
        cursors = [row["seq"] for name in ("ada", "eve") for row in await events_of(cast, name)]
        for name, identity in (("mine", "mine"), ("mine, by a token", "mine"), ("foreign", "foreign")):
            own = await events_of(cast, name)
            assert {row["identity"] for row in own} == {cast.identities[identity]["uuid"]}
            for cursor in [*cursors, *EXTREMES]:
                behind = await events_of(cast, name, f"&since={cursor}")
                assert behind == [row for row in own if row["seq"] > cursor], cursor
        for name, other in (("ada", "eve"), ("eve", "ada")):
            others = {row["id"] for row in await events_of(cast, other)}
            for cursor in [*cursors[:: len(cursors) // 10], *EXTREMES]:
                assert not others & {row["id"] for row in await events_of(cast, name, f"&since={cursor}")}


@pytest.mark.parametrize("how", ["last_event_id", "since"])
async def test_a_stream_behind_anybody_s_event_shows_one_s_own_alone(database_url: str, how: str) -> None:
    async with cast_on(database_url) as cast:
        shown = await events_of(cast, "ada")
        theirs = [row["seq"] for row in shown if row["identity"] == cast.identities["sibling"]["uuid"]]
        others = [row["seq"] for row in await events_of(cast, "eve")]
        own = await events_of(cast, "mine")
        for cursor in (theirs[0], theirs[-1], others[0], others[-1], 0):
            headers = {"last_event_id": str(cursor)} if how == "last_event_id" else {}
            query = f"since={cursor}" if how == "since" else ""
            token = cast.world.agent.token
            async with streaming(cast.world.app, token, query, **headers) as reader:
                for name in ("sibling", "foreign", "mine"):
                    await receive(cast.world.services.mail, cast.identities[name]["email"], raw_message())
                now = await events_of(cast, "mine")
                expected = [row for row in now if row["seq"] > cursor]
                assert len(now) > len(own)
                assert [(await reader.event()).json for _ in expected] == expected
                assert reader.frames.empty(), "and nothing else"
            for secret in cast.words("sibling", "foreign", "gone", "lost"):
                assert secret not in reader.body.decode()


async def test_a_wait_behind_anybody_s_message_finds_one_s_own_alone(database_url: str) -> None:
    async with cast_on(database_url) as cast:
        actors = cast.actors | {"sibling": cast.world.with_token(cast.identities["sibling"]["api_key"])}
        cursors = ["0.0", f"{2**50}.{2**50}"]
        for name in ("sibling", "foreign"):
            answer = ok(await actors[name].post("/api/wait/", {"want": "message", "seconds": 0, "peek": True}))
            assert f"wordof{name}" in str(answer), "each of them has something to find"
            cursors.append(answer["cursor"])
        uuid = cast.identities["mine"]["uuid"]
        for cursor in cursors:
            for more in ({}, {"sender": "wordofsibling.example"}, {"subject": "wordofforeign"}, {"medium": "sms"}):
                body = {"want": "message", "seconds": 0, "peek": True, "cursor": cursor, **more}
                answer = ok(await actors["mine"].post("/api/wait/", body))
                thing = answer.get("message") or answer.get("sms") or {"identity_uuid": uuid}
                assert thing["identity_uuid"] == uuid
                told = str({name: value for name, value in answer.items() if name != "cursor"})
                assert [word for word in cast.words("sibling", "foreign", "gone", "lost") if word in told] == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_wait_ends_for_nobody_else_s_message(database_url: str) -> None:
    async with cast_on(database_url) as cast:
        while ok(await cast.world.agent.post("/api/wait/", {"seconds": 0}))["found"]:
            pass
        waiting = asyncio.create_task(cast.world.agent.post("/api/wait/", {"seconds": 20}))
        while not len(cast.world.services.waiting):
            assert not waiting.done()
            await asyncio.sleep(0.01)
        for name in ("sibling", "foreign", "mine"):
            raw = raw_message(f"at last, {name}\n", subject=name)
            await receive(cast.world.services.mail, cast.identities[name]["email"], raw)
        answer = ok(await asyncio.wait_for(waiting, 15))
        assert (answer["found"], answer["message"]["subject"]) == (True, "mine")


async def test_the_audit_log_and_the_rows_of_a_vault_are_one_account_s_behind_any_cursor(database_url: str) -> None:
    async with cast_on(database_url) as cast:
        for name, other in (("ada", "foreign"), ("eve", "sibling")):
            secrets = cast.words(other, "lost" if name == "ada" else "gone", *(["mine"] if name == "eve" else []))
            for after in [*range(0, 200, 7), *EXTREMES]:
                text = (await cast.actors[name].get(f"/api/audit/?after={after}&limit=1000")).text
                assert [secret for secret in secrets if secret in text] == []
            for after in ("", *cast.things[other]["record"], "s0", "v0", "t0"):
                text = (await cast.actors[name].get(f"/api/vault/sealed/?after={after}")).text
                assert [secret for secret in secrets if secret in text] == []
                assert after not in ("", "s0") or cast.words("mine" if name == "ada" else "foreign")[1] in text
