"""What holds for every request whatever it asks for: health, unknown paths, sizes, request ids, times of stopping."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ravi.server.app import METHODS, App
from ravi.server.db import Database, DatabaseUnavailable
from ravi.server.http import health
from ravi.server.http.routing import LARGEST_BODY
from ravi.settings.server import resolve
from tests.support.clock import Clock

URL = "http://ravi.test:8787"
REQUEST_ID = re.compile(r"[0-9a-f]{16}")


@asynccontextmanager
async def serving(data: Path, **settings: str) -> AsyncIterator[tuple[App, httpx2.AsyncClient]]:
    """The whole app in process, and a client of it."""
    app = App(resolve({"data": str(data), "log_level": "error", **settings}, {}), public_url=URL, now=Clock())
    async with app.running(), client_of(app) as client:
        yield app, client


def client_of(app: App, peer: str = "203.0.113.5") -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=app, client=(peer, 5000), raise_app_exceptions=True)
    return httpx2.AsyncClient(transport=transport, base_url=URL)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    async with serving(tmp_path) as (_, client):
        yield client


@pytest.mark.parametrize("path", ["/healthz", "/healthz/", "/readyz", "/readyz/"])
async def test_health_needs_no_credential_and_tells_nothing_else(api: httpx2.AsyncClient, path: str):
    answer = await api.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert (await api.head(path)).content == b""


async def test_a_database_file_that_is_gone_makes_it_unready_but_not_dead(tmp_path: Path):
    async with serving(tmp_path) as (_, client):
        (tmp_path / "ravi.db").rename(tmp_path / "elsewhere")
        answer = await client.get("/readyz")
        alive = await client.get("/healthz")

    assert (answer.status_code, answer.json()["code"]) == (503, "server.unavailable")
    assert answer.headers["retry-after"] == "1"
    assert alive.status_code == 200


async def test_a_database_file_that_was_replaced_makes_it_unready(tmp_path: Path):
    async with serving(tmp_path) as (_, client):
        (tmp_path / "ravi.db").rename(tmp_path / "elsewhere")
        (tmp_path / "ravi.db").write_bytes((tmp_path / "elsewhere").read_bytes())
        assert (await client.get("/readyz")).status_code == 503


async def test_ready_means_that_a_query_was_answered(db: Database):
    await health.Readiness(db).check()
    async with db.begin() as tx:
        await tx.run("DROP TABLE schema_migrations")
    with pytest.raises(Exception, match="schema_migrations"):
        await health.Readiness(db).check()


async def test_a_database_that_does_not_answer_in_time_is_not_ready(monkeypatch: pytest.MonkeyPatch):
    class Silent:
        async def ping(self) -> None:
            await asyncio.sleep(60)

    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(DatabaseUnavailable, match="did not answer"):
        await health.Readiness(Silent()).check()  # type: ignore[arg-type]  # it needs no more than this


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nope", "/api/nope/", "/api/identities/x/y/z/", "/api/%2e%2e/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_path_of_the_api_is_the_envelope(api: httpx2.AsyncClient, method: str, path: str):
    answer = await api.request(method, path)
    body = answer.json()
    assert answer.status_code == 404
    assert body["code"] == body["error"]["code"] == "not_found"
    assert body["detail"] == body["error"]["message"] != ""
    assert body["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/identities/", {"GET", "POST"}),
        ("GET", "/api/auth/login/", {"POST"}),
        ("POST", "/healthz", {"GET"}),
        ("POST", "/api/schema/", {"GET", "HEAD"}),
        ("PUT", "/api/docs", {"GET", "HEAD"}),
    ],
)
async def test_a_method_that_is_not_allowed_is_the_envelope_too(
    api: httpx2.AsyncClient, method: str, path: str, allowed: set[str]
):
    answer = await api.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "request.method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("method", METHODS)
async def test_an_unknown_page_is_a_page(api: httpx2.AsyncClient, method: str):
    answer = await api.request(method, "/nope")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_page_names_all_methods_that_it_has(api: httpx2.AsyncClient):
    answer = await api.delete("/device")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/readyz", "/api/nope/", "/api/identities/", "/api/schema/", "/api/docs/", "/", "/nope", "/device"],
)
async def test_every_answer_has_a_request_id(api: httpx2.AsyncClient, path: str):
    for method in ("GET", "POST"):
        assert REQUEST_ID.fullmatch((await api.request(method, path)).headers["x-request-id"])


async def test_a_request_id_of_the_callers_is_taken_over_when_it_is_harmless(api: httpx2.AsyncClient):
    harmless = await api.get("/healthz", headers={"X-Request-Id": "abc-123"})
    harmful = await api.get("/healthz", headers={"X-Request-Id": 'a"b<c>'})
    endless = await api.get("/healthz", headers={"X-Request-Id": "a" * 65})
    assert harmless.headers["x-request-id"] == "abc-123"
    assert REQUEST_ID.fullmatch(harmful.headers["x-request-id"])
    assert REQUEST_ID.fullmatch(endless.headers["x-request-id"])


async def test_no_trailing_slash_is_ever_redirected(api: httpx2.AsyncClient):
    paths = ["/api/identities", "/api/auth/login", "/api/schema", "/device/", "/sign-in/", "/healthz/"]
    answers = [await api.request(method, path) for method in ("GET", "POST") for path in paths]
    assert not [answer.url for answer in answers if answer.status_code in (301, 302, 307, 308)]


async def test_a_body_that_is_too_large_is_refused_by_what_it_says(api: httpx2.AsyncClient):
    answer = await api.post("/api/auth/login/", content=b"x" * (LARGEST_BODY + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


async def test_a_body_that_is_too_large_is_refused_by_what_comes(api: httpx2.AsyncClient):
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536

    answer = await api.post("/api/auth/login/", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


async def test_too_many_attempts_to_sign_in_are_told_when_to_come_back(api: httpx2.AsyncClient):
    wrong = {"email": "ada@example.org", "password": "wrong"}
    answers = [await api.post("/api/auth/login/", json=wrong) for _ in range(11)]

    assert {answer.status_code for answer in answers[:-1]} == {401}
    last = answers[-1]
    assert (last.status_code, last.json()["code"]) == (429, "rate_limit.exceeded")
    assert isinstance(last.json()["retry_after_seconds"], int)
    assert last.headers["retry-after"] == str(last.json()["retry_after_seconds"])


async def start_device_sign_in(client: httpx2.AsyncClient, forwarded_for: str) -> None:
    answer = await client.post("/api/auth/device/", json={}, headers={"X-Forwarded-For": forwarded_for})
    assert answer.status_code == 200


async def askers(app: App) -> list[str]:
    return [address for (address,) in await app.services.db.all("SELECT address FROM device_grants ORDER BY id")]


async def test_a_forwarded_address_is_never_believed_without_a_proxy(tmp_path: Path):
    async with serving(tmp_path) as (app, client):
        await start_device_sign_in(client, "198.51.100.7")
        assert await askers(app) == ["203.0.113.5"]


async def test_behind_a_proxy_the_address_is_the_one_that_it_saw(tmp_path: Path):
    async with serving(tmp_path, behind_proxy="true") as (app, client):
        await start_device_sign_in(client, "127.0.0.1, 198.51.100.7")
        assert await askers(app) == ["198.51.100.7"]


@pytest.mark.parametrize(("setting", "has_number"), [("always", True), ("on-request", False)])
async def test_the_operator_decides_whether_numbers_come_unasked(tmp_path: Path, setting: str, has_number: bool):
    async with serving(tmp_path, phone=setting) as (app, client):
        account = await app.services.auth.add_account("ada@example.org")
        tokens = await app.services.auth.sign_in(account.id, "test")
        client.headers["Authorization"] = f"Bearer {tokens.access}"
        unasked = (await client.post("/api/identities/", json={})).json()
        asked = (await client.post("/api/identities/", json={"provision_phone": True})).json()
    assert (unasked["phone"] is not None) == has_number
    assert asked["phone"] is not None


async def test_the_operators_domains_and_token_times_are_in_force(tmp_path: Path):
    async with serving(tmp_path, mail_domain="in.example.org", access_token_ttl="90s") as (app, client):
        account = await app.services.auth.add_account("ada@example.org")
        tokens = await app.services.auth.sign_in(account.id, "test")
        client.headers["Authorization"] = f"Bearer {tokens.access}"
        made = (await client.post("/api/identities/", json={"name": "scout"})).json()
    assert made["email"] == "scout@in.example.org"
    assert (tokens.expires_at - Clock()()).total_seconds() == 90


async def test_before_start_and_after_stop_requests_are_refused_in_good_order(tmp_path: Path):
    app = App(resolve({"data": str(tmp_path)}, {}), public_url=URL)
    async with client_of(app) as client:
        before = await client.get("/api/identities/")
        await app.start()
        during = await client.get("/healthz")
        await app.stop()
        after = await client.get("/healthz")
        await app.stop()  # twice is fine
    assert [before.status_code, during.status_code, after.status_code] == [503, 200, 503]


async def test_a_request_that_is_cut_off_by_stopping_hears_so(tmp_path: Path):
    async with serving(tmp_path) as (app, client):
        grant = (await client.post("/api/auth/device/", json={})).json()
        held = {"device_code": grant["device_code"], "wait": True}
        asking = asyncio.create_task(client.post("/api/auth/device/token/", json=held))
        await asyncio.sleep(0.2)
        app._stopping = True  # as after `finish`, had the request not listened to it
        asking.cancel()
        answer = await asking
    assert (answer.status_code, answer.json()["code"]) == (503, "server.unavailable")
    assert answer.headers["retry-after"]


async def test_a_held_request_ends_soon_after_the_server_begins_to_stop(tmp_path: Path):
    async with serving(tmp_path) as (app, client):
        grant = (await client.post("/api/auth/device/", json={})).json()
        held: Any = {"device_code": grant["device_code"], "wait": True}
        asking = asyncio.create_task(client.post("/api/auth/device/token/", json=held))
        await asyncio.sleep(0.2)
        app.finish()
        async with asyncio.timeout(3):
            answer = await asking
    assert (answer.status_code, answer.json()["error"]) == (400, "authorization_pending")
