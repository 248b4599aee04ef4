"""Waiting for codes, links and messages: what fits, who gets it, and when a wait ends (design: mail, phone, codes)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from ravi.server.waiting import service
from tests.support.databases import as_another_request
from tests.support.mail import raw_message, receive
from tests.support.world import Actor, World

WAIT = "/api/wait/"
MESSAGES = "/api/email-messages/"
LINK = "https://shop.example/verify/7f3k9q"


async def deliver(world: World, text: str, *, to: str = "mine", certain: bool = True, **more: Any) -> int:
    """Deliver a message to one of the world's identities; return its id."""
    raw = raw_message(text, **more)
    (id_,) = await receive(world.services.mail, getattr(world, to)["email"], raw, certain=certain)
    return id_


async def code(world: World, value: str, **more: Any) -> int:
    return await deliver(world, f"Your verification code is {value}.\n", **more)


async def wait(actor: Actor, want: str = "otp", *, seconds: int = 0, **more: Any) -> dict[str, Any]:
    answer = await actor.post(WAIT, {"want": want, "seconds": seconds, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


@asynccontextmanager
async def waiting(world: World, actor: Actor, count: int = 1, **body: Any) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """Hold *count* waits of the longest kind, and give control once all of them are waiting."""
    held = len(world.services.waiting)
    tasks = [asyncio.create_task(actor.post(WAIT, {"want": "otp", **body})) for _ in range(count)]
    async with asyncio.timeout(10):
        while len(world.services.waiting) < held + count:
            await asyncio.sleep(0.01)
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def answered(task: asyncio.Task[httpx2.Response]) -> httpx2.Response:
    async with asyncio.timeout(10):
        return await task


# --- what is handed out


async def test_a_code_that_is_there_is_handed_out_once_and_its_message_is_read(world: World) -> None:
    id_ = await code(world, "482913", subject="Your code", sender="Shop <post@shop.example>")

    first = await wait(world.agent)
    assert (first["found"], first["code"], first["cursor"], first["others"]) == (True, "482913", f"{id_}.0", [])
    assert first["candidates"] == [{"value": "482913", "score": 0.95}]
    assert (first["message"]["id"], first["message"]["is_read"], first["message"]["subject"]) == (
        id_,
        True,
        "Your code",
    )
    assert first["message"]["verdicts"]["dmarc"]["result"] == "pass"
    assert (await world.agent.get(f"{MESSAGES}{id_}/")).json()["is_read"] is True

    assert await wait(world.agent) == {"found": False, "cursor": f"{id_}.0", "held_back": 0}


async def test_a_code_that_comes_while_somebody_waits_is_handed_out_at_once(world: World) -> None:
    async with waiting(world, world.agent) as (task,):
        await deliver(world, "Nothing for you.\n")
        await code(world, "118204", to="sibling")
        await code(world, "482913")
        assert (await answered(task)).json()["code"] == "482913"


async def test_of_many_that_wait_one_gets_each_code(world: World) -> None:
    async with waiting(world, world.agent, count=6) as tasks:
        for number in range(6):
            await code(world, f"48291{number}")
        answers = [(await answered(task)).json() for task in tasks]

    assert sorted(answer["code"] for answer in answers) == [f"48291{number}" for number in range(6)]
    assert (await wait(world.agent))["found"] is False


async def test_who_peeks_leaves_everything_as_it_is(world: World) -> None:
    id_ = await code(world, "482913")

    for _ in range(2):
        assert (await wait(world.agent, peek=True))["code"] == "482913"
    assert (await world.agent.get(f"{MESSAGES}{id_}/")).json()["is_read"] is False
    assert (await wait(world.agent))["code"] == "482913"
    assert (await wait(world.agent, peek=True))["found"] is False, "what was handed out is not shown again"


async def test_the_oldest_comes_first_and_what_others_say_is_told(world: World) -> None:
    for value in ("111111", "222222", "222222", "111111", "333333"):
        await code(world, value)
    first = await wait(world.agent)

    assert (first["code"], first["others"]) == ("111111", ["222222", "333333"])
    assert (await wait(world.agent))["code"] == "222222"


async def test_a_link_and_a_code_of_one_message_are_handed_out_each(world: World) -> None:
    before = await deliver(world, "Hello.\n")
    await deliver(world, f"Verify your address: {LINK}\n\nOr enter this code: 482913\n")

    first = await wait(world.agent, "link", peek=True)
    assert (first["link"], "code" in first) == (LINK, False)
    assert first["candidates"][0]["value"] == LINK
    assert (await wait(world.agent, "otp"))["code"] == "482913"
    assert (await wait(world.agent, "link"))["found"] is False, "its message is read now"
    assert (await wait(world.agent, "link", cursor=f"{before}.0"))["link"] == LINK
    assert (await wait(world.agent, "link", cursor=f"{before}.0"))["found"] is False


async def test_a_message_is_handed_out_whatever_it_says(world: World) -> None:
    id_ = await deliver(world, "Hello.\n")

    first = await wait(world.agent, "message")
    assert (first["message"]["id"], first["message"]["is_read"]) == (id_, True)
    assert not {"code", "link", "candidates"} & set(first)
    assert (await wait(world.agent, "message"))["found"] is False


async def test_what_was_sent_is_not_waited_for(world: World) -> None:
    body = {"to_email": world.sibling["email"], "subject": "Hi", "content": "Your verification code is 482913."}
    assert (await world.agent.post(f"{MESSAGES}compose/", body)).status_code == 201

    assert (await wait(world.agent))["found"] is False
    as_sibling = world.with_token(world.sibling["api_key"])
    assert (await wait(as_sibling, sender=world.mine["email"]))["code"] == "482913", (
        "a sender of this server is certain"
    )


# --- which message fits


@pytest.mark.parametrize(
    "sender", ["shop.example", "SHOP.example", "@shop.example", "bob@mail.shop.example", "mail.shop.example"]
)
async def test_a_sender_is_an_address_or_a_domain_with_everything_below_it(world: World, sender: str) -> None:
    await code(world, "111111", sender="eve@notshop.example")
    await code(world, "222222", sender="eve@shop.example.evil.example")
    await code(world, "482913", sender="Bob@mail.shop.example")

    assert (await wait(world.agent, sender=sender))["code"] == "482913"


async def test_a_sender_who_is_not_certain_is_held_back_unless_that_is_allowed(world: World) -> None:
    await code(world, "111111", certain=False)
    await deliver(world, "No code here.\n", certain=False)
    held = await wait(world.agent, sender="shop.example")

    assert (held["found"], held["held_back"]) == (False, 1)
    assert (await wait(world.agent, sender="else.example"))["held_back"] == 0
    assert (await wait(world.agent, sender="shop.example", allow_unverified=True))["code"] == "111111"


async def test_without_a_sender_anybody_fits(world: World) -> None:
    await code(world, "111111", certain=False)

    assert (await wait(world.agent))["code"] == "111111"


async def test_a_subject_is_found_in_any_case(world: World) -> None:
    await code(world, "111111", subject="News")
    await code(world, "482913", subject="Ihre ÜBERWEISUNG: Straße")

    assert (await wait(world.agent, subject="überweisung: STRASSE"))["code"] == "482913"


async def test_what_is_older_than_since_does_not_count(world: World) -> None:
    await code(world, "111111")
    world.clock.advance(seconds=60)
    moment = world.clock().isoformat()
    await code(world, "482913")

    assert (await wait(world.agent, since=moment))["code"] == "482913"
    assert (await wait(world.agent, since=moment))["found"] is False


async def test_a_code_is_too_old_after_a_quarter_of_an_hour_unless_somebody_says_since_when(world: World) -> None:
    then = world.clock().isoformat()
    await deliver(world, f"Verify your address: {LINK}\n\nOr enter this code: 482913\n")
    world.clock.advance(minutes=16)

    assert (await wait(world.agent))["found"] is False
    assert (await wait(world.agent, "link", peek=True))["link"] == LINK
    assert (await wait(world.agent, since=then))["code"] == "482913"


async def test_without_a_cursor_only_what_is_unread_counts(world: World) -> None:
    before = await deliver(world, "Hello.\n")
    id_ = await code(world, "482913")
    await world.agent.send("PATCH", f"{MESSAGES}{id_}/", {"is_read": True})

    assert (await wait(world.agent))["found"] is False
    assert (await wait(world.agent, cursor=f"{before}.0"))["code"] == "482913"


async def test_a_wait_goes_on_behind_its_cursor(world: World) -> None:
    await code(world, "111111", subject="One")
    first = await wait(world.agent, subject="Two")
    await code(world, "222222", subject="One")
    await code(world, "333333", subject="Two")
    second = await wait(world.agent, subject="Two", cursor=first["cursor"])

    assert (first["found"], second["code"], second["others"]) == (False, "333333", [])
    assert (await wait(world.agent, subject="One", cursor=first["cursor"]))["code"] == "222222"


async def test_pages_of_messages_that_do_not_fit_hide_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAGE", 2)
    for _ in range(3):
        await code(world, "111111", subject="Other")
    await code(world, "482913", subject="Mine")

    assert (await wait(world.agent, subject="Mine"))["code"] == "482913"


async def test_a_message_that_is_committed_late_is_not_passed_over(world: World) -> None:
    """Its id is taken before others can see it, and a wait in between must not go on behind it."""
    written, commit = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        async with world.services.db.begin():
            await code(world, "482913")
            written.set()
            await commit.wait()

    await deliver(world, "Hello.\n")
    late = asyncio.create_task(as_another_request(slowly()))
    async with asyncio.timeout(10):
        await written.wait()
        between = await wait(world.agent, peek=True)
        commit.set()
        await late

    assert between["found"] is False
    assert (await wait(world.agent, cursor=between["cursor"]))["code"] == "482913"


# --- whose it is


async def test_nobody_waits_for_the_mail_of_another_identity(world: World) -> None:
    await code(world, "482913")

    assert (await wait(world.with_token(world.sibling["api_key"])))["found"] is False
    assert (await wait(world.eve))["found"] is False
    answer = await world.eve.post(WAIT, {"want": "otp", "seconds": 0}, X_Ravi_Identity=world.mine["uuid"])
    assert answer.status_code == 404
    answer = await world.agent.post(WAIT, {"want": "otp", "seconds": 0}, X_Ravi_Identity=world.sibling["uuid"])
    assert answer.status_code == 403


async def test_an_account_says_for_which_identity_it_waits(world: World) -> None:
    await code(world, "482913")

    answer = await world.ada.post(WAIT, {"want": "otp", "seconds": 0})
    assert (answer.status_code, answer.json()["code"]) == (400, "identity.required")
    answer = await world.ada.post(WAIT, {"want": "otp", "seconds": 0}, X_Ravi_Identity=world.mine["uuid"])
    assert answer.json()["code"] == "482913"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"seconds": -1}, "seconds"),
        ({"cursor": "-1.0"}, "cursor"),
        ({"cursor": "7"}, "cursor"),
        ({"cursor": f"{10**18}.0"}, "cursor"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-02-25T10:30:00"}, "since"),
        ({"sender": "a b.example"}, "sender"),
        ({"sender": "x" * 400}, "sender"),
        ({"subject": "x" * 400}, "subject"),
        ({"want": "sms"}, "want"),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_what_makes_no_sense_is_refused(world: World, body: dict[str, Any], field: str) -> None:
    answer = await world.agent.post(WAIT, body)

    assert answer.status_code == 422
    assert list(answer.json()["error"]["details"]) == [field]


# --- when it ends


async def test_nothing_is_found_when_time_is_up_and_the_cursor_is_behind_all_that_was_looked_at(world: World) -> None:
    id_ = await deliver(world, "Hello.\n")

    assert await wait(world.agent, seconds=1) == {"found": False, "cursor": f"{id_}.0", "held_back": 0}
    assert len(world.services.waiting) == 0


async def test_a_wait_ends_when_its_identity_is_switched_off(world: World) -> None:
    path = f"/api/identities/{world.mine['uuid']}/"
    async with waiting(world, world.agent) as (task,):
        assert (await world.ada.post(f"{path}disable/")).status_code == 200
        answer = await answered(task)

    assert (answer.status_code, answer.json()["code"]) == (403, "identity.disabled")


async def test_a_wait_ends_when_its_identity_is_deleted(world: World) -> None:
    async with waiting(world, world.agent) as (task,):
        assert (await world.ada.send("DELETE", f"/api/identities/{world.mine['uuid']}/")).status_code in (200, 204)
        answer = await answered(task)

    assert answer.status_code == 404


async def test_a_wait_ends_when_its_key_is_revoked(world: World) -> None:
    keys = (await world.ada.get("/api/auth/keys/identity/")).json()
    (key,) = [each for each in keys if each["identity_uuid"] == world.mine["uuid"]]
    async with waiting(world, world.agent) as (task,):
        await world.ada.send("DELETE", f"/api/auth/keys/identity/{key['uuid']}/")
        answer = await answered(task)

    assert answer.status_code == 401


async def test_a_wait_is_answered_when_the_server_stops(world: World) -> None:
    async with waiting(world, world.agent) as (task,):
        world.app.finish()
        answer = await answered(task)

    assert (answer.status_code, answer.json()["found"]) == (200, False)


async def test_who_has_left_is_handed_nothing(world: World) -> None:
    """A killed agent's request may be held for another 25 seconds: the code is its successor's."""
    left = asyncio.Event()
    requests = iter([{"type": "http.request", "body": b'{"want": "otp"}', "more_body": False}])

    async def receive_next() -> Any:
        try:
            return next(requests)
        except StopIteration:
            await left.wait()
            return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    token = world.mine["api_key"].encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": WAIT,
        "raw_path": WAIT.encode(),
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer " + token), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 50001),
        "http_version": "1.1",
        "scheme": "http",
        "server": ("ravi.test", 80),
    }
    task = asyncio.create_task(world.app(scope, receive_next, send))
    async with asyncio.timeout(10):
        while not len(world.services.waiting):
            await asyncio.sleep(0.01)
        left.set()
        await task
    await code(world, "482913")

    assert (await wait(world.agent))["code"] == "482913"
