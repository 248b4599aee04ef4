"""The services over a database of each engine, with a clock that stands still."""

from collections.abc import Awaitable, Callable

import pytest

from ravi.server.audit import Audit
from ravi.server.auth import Auth
from ravi.server.auth.records import Account
from ravi.server.db import Database
from ravi.server.events import Events
from ravi.server.identities import Identities
from ravi.server.identities.records import Identity, NewIdentity
from tests.support.clock import Clock
from tests.support.phone import loopback_numbers
from tests.support.strangers import strangers

__all__ = ["strangers"]

DOMAIN = "in.ravi.localhost"
MakeIdentity = Callable[..., Awaitable[Identity]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def events(db: Database, clock: Clock) -> Events:
    return Events(db, Audit(db, clock), clock)


@pytest.fixture
def auth(db: Database, events: Events, clock: Clock) -> Auth:
    return Auth(db, events, clock)


@pytest.fixture
async def identities(db: Database, auth: Auth, events: Events, clock: Clock) -> Identities:
    service = Identities(db, auth, events, loopback_numbers(db, clock), clock)
    await service.set_platform_domains([DOMAIN])
    return service


@pytest.fixture
async def account(auth: Auth) -> Account:
    return await auth.add_account("owner@example.com", "Ada", "Lovelace")


@pytest.fixture
async def stranger(auth: Auth) -> Account:
    """Another owner on the same server."""
    return await auth.add_account("stranger@example.com")


@pytest.fixture
def make(identities: Identities, account: Account) -> MakeIdentity:
    """Creates an identity of `account` with the given fields."""

    async def create(name: str | None = None, **more: object) -> Identity:
        identity, _ = await identities.create(account.id, NewIdentity(name=name, **more))
        return identity

    return create
