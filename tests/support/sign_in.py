"""The whole way in, in process: the real app on one database, behind one client, with a movable clock."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

from ravi.server.app import App, Services
from ravi.server.auth import Account
from ravi.server.db import Database
from ravi.server.login import Login
from ravi.settings.server import resolve
from tests.support.clock import Clock

EMAIL = "ada@example.org"
PASSWORD = "correct horse battery"


@dataclass
class SignIn:
    """Everything a test of signing in touches. `browser` keeps cookies and claims to be on our own pages."""

    app: App
    clock: Clock
    account: Account
    api: httpx2.AsyncClient
    browser: httpx2.AsyncClient

    @property
    def services(self) -> Services:
        return self.app.services

    @property
    def login(self) -> Login:
        return self.services.login

    @property
    def db(self) -> Database:
        return self.services.db

    async def code(self) -> str:
        """Return a fresh one-time code of the account."""
        return (await self.services.auth.make_signin_code(self.account.id)).code

    async def start(self, **body: str) -> dict[str, Any]:
        """Start a device sign-in; return the grant."""
        answer = await self.api.post("/api/auth/device/", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def poll(self, device_code: str, **more: Any) -> httpx2.Response:
        """Ask once for the answer to a device sign-in."""
        return await self.api.post("/api/auth/device/token/", json={"device_code": device_code, **more})

    async def decide(self, user_code: str, *, approve: bool = True) -> None:
        """Approve or deny, as the page does."""
        await self.login.device.decide(
            user_code, self.account.id, approve=approve, session_id="test", address="127.0.0.1"
        )

    async def enter(self) -> None:
        """Set the password with a one-time code at the page, which signs the browser in."""
        form = {
            "email": EMAIL,
            "signin_code": await self.code(),
            "password": PASSWORD,
            "password_again": PASSWORD,
        }
        answer = await self.browser.post("/sign-in/code", data=form)
        assert answer.status_code == 303, answer.text

    @property
    def cookies(self) -> dict[str, str]:
        """The header with which the browser shows its session."""
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.browser.cookies.items())}

    async def form_token(self) -> str:
        """Return the token that forms of this browser's session carry."""
        page = (await self.browser.get("/device")).text
        found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
        assert found, page
        return found[1]


@asynccontextmanager
async def sign_in_on(
    database_url: str, *, public_url: str = "http://ravi.test", peer: str = "127.0.0.1", **settings: str
) -> AsyncIterator[SignIn]:
    """Start the app on *database_url*, with one account that has no password yet; requests come from *peer*."""
    clock = Clock()
    flags = {"data": ".", "database": database_url, "log_level": "warning", **settings}
    app = App(resolve(flags, {}), public_url=public_url, now=clock)
    transport = httpx2.ASGITransport(app, client=(peer, 50000))
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(public_url))
    async with (
        app.running(),
        httpx2.AsyncClient(transport=transport, base_url=public_url) as plain,
        httpx2.AsyncClient(transport=transport, base_url=public_url, headers={"Origin": origin}) as browser,
    ):
        account = await app.services.auth.add_account(EMAIL, "Ada", "Lovelace")
        yield SignIn(app, clock, account, plain, browser)
