"""Two accounts and three identities on the whole app, in process, with every kind of credential at hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from ravi.server.app import App, Services
from ravi.server.auth import Account, Tokens
from ravi.settings.server import resolve
from tests.support.clock import Clock


@dataclass
class Actor:
    """Somebody with a credential; sends requests as they would."""

    client: httpx2.AsyncClient
    token: str | None

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Send *body* as JSON. Header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        return await self.client.request(method, path, json=body, headers=sent)

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.send("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        return await self.send("POST", path, body, **headers)


@dataclass
class World:
    """`ada` owns `mine` and `sibling`, `eve` owns `foreign`; each identity's document is as the API answered it."""

    app: App
    clock: Clock
    client: httpx2.AsyncClient
    account: Account
    tokens: Tokens
    ada: Actor
    eve: Actor
    mine: dict[str, Any]
    sibling: dict[str, Any]
    foreign: dict[str, Any]

    @property
    def services(self) -> Services:
        return self.app.services

    def with_token(self, token: str | None) -> Actor:
        """Somebody who presents *token*, or nothing at all."""
        return Actor(self.client, token)

    @property
    def agent(self) -> Actor:
        """The identity `mine`, with its own key."""
        return self.with_token(self.mine["api_key"])

    @property
    def nobody(self) -> Actor:
        return self.with_token(None)


#: Tests of everything else send as fast as they can, and their clock stands still.
UNHURRIED = {"credential_requests_per_second": "0", "identity_requests_per_second": "0"}


@asynccontextmanager
async def world_on(database_url: str, **settings: str) -> AsyncIterator[World]:
    """Start the app on *database_url* and people it."""
    clock = Clock()
    app = App(resolve({"data": ".", "database": database_url, "log_level": "error", **UNHURRIED, **settings}, {}),
              public_url="http://ravi.test", now=clock)  # fmt: skip
    transport = httpx2.ASGITransport(app, client=("127.0.0.1", 50000))
    async with app.running(), httpx2.AsyncClient(transport=transport, base_url="http://ravi.test") as client:
        auth = app.services.auth
        first = await auth.add_account("ada@example.org", "Ada", "Lovelace")
        second = await auth.add_account("eve@example.org", "Eve", "Mallory")
        tokens = await auth.sign_in(first.id, "test")
        ada = Actor(client, tokens.access)
        eve = Actor(client, (await auth.sign_in(second.id, "test")).access)
        made = []
        for owner, name in ((ada, "mine"), (ada, "sibling"), (eve, "foreign")):
            answer = await owner.post("/api/identities/", {"name": name})
            assert answer.status_code == 201, answer.text
            made.append(answer.json())
        yield World(app, clock, client, first, tokens, ada, eve, *made)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The world on each engine."""
    async with world_on(database_url) as it:
        yield it
