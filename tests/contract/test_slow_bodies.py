"""Whoever announces a body and never sends it is told so in time, and keeps no place meanwhile that others need."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ravi.server.http import arriving
from tests.support.sign_in import SignIn, sign_in_on

FORM = "application/x-www-form-urlencoded"
ROUTES = [
    ("/api/auth/login/", "application/json"),
    ("/api/auth/device/", "application/json"),
    ("/api/auth/device/token/", "application/json"),
    ("/api/auth/token/refresh/", "application/json"),
    ("/api/sso/verify/", "application/json"),
    ("/api/phone/carriers/loopback/", FORM),
    ("/sign-in", FORM),
    ("/sign-in/code", FORM),
    ("/device", FORM),
    ("/sign-out", FORM),
]


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[SignIn]:
    async with sign_in_on(database_url) as built:
        yield built


async def post_slowly(site: SignIn, path: str, kind: str, *parts: bytes, token: str = "") -> list[dict[str, Any]]:
    """Announce fifty bytes, send *parts*, and nothing more; return what was answered."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    answer: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else await asyncio.Event().wait()  # type: ignore[return-value]  # for ever

    async def send(message: Any) -> None:
        answer.append(message)

    headers = {"host": "ravi.test", "content-type": kind, "content-length": "50", "origin": "http://ravi.test"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("203.0.113.5", 5000), "server": ("ravi.test", 80),
    }  # fmt: skip
    await site.app(scope, receive, send)
    return answer


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("path", "kind"), ROUTES)
@pytest.mark.parametrize("parts", [(), (b"a",)], ids=["nothing", "a byte"])
async def test_a_body_that_does_not_come_is_given_up(
    site: SignIn, path: str, kind: str, parts: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving, "BODY_SECONDS", 0.1)

    async with asyncio.timeout(5):
        start, body = await post_slowly(site, path, kind, *parts)

    assert start["status"] == 400
    assert b"did not arrive within 0.1 seconds" in body["body"]
    assert site.services.throttle.strangers.inside == 0, "the place is somebody else's again"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_whoever_has_a_credential_gets_no_longer(site: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "BODY_SECONDS", 0.1)
    token = (await site.services.auth.sign_in(site.account.id, "test")).access

    async with asyncio.timeout(5):
        start, body = await post_slowly(site, "/api/identities/", "application/json", token=token)

    assert (start["status"], json.loads(body["body"])["code"]) == (400, "request.malformed")
    assert site.services.throttle.working == 0


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_server_with_too_much_under_way_refuses_before_it_collapses(database_url: str) -> None:
    """First those who have something under way, then everybody, and never a health check."""
    async with sign_in_on(database_url, requests_at_once="2") as site, asyncio.TaskGroup() as group:

        async def newcomer() -> str:
            return (await site.services.auth.sign_in(site.account.id, "test")).access

        async def under_way(token: str) -> "asyncio.Task[Any]":
            before = site.services.throttle.working
            task = group.create_task(post_slowly(site, "/api/identities/", "application/json", token=token))
            while site.services.throttle.working == before and not task.done():
                await asyncio.sleep(0)
            return task

        async def asks(token: str) -> tuple[int, str | None]:
            answer = await site.api.get("/api/identities/", headers={"Authorization": f"Bearer {token}"})
            return answer.status_code, answer.headers.get("retry-after")

        greedy, modest = await newcomer(), await newcomer()
        tasks = [await under_way(greedy) for _ in range(2)]
        assert await asks(greedy) == (503, "1")
        assert await asks(modest) == (200, None)

        tasks += [await under_way(await newcomer()) for _ in range(2)]
        assert await asks(modest) == (503, "1")
        assert (await site.api.get("/healthz")).status_code == 200

        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert await asks(greedy) == (200, None)
