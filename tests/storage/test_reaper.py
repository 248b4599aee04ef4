"""What has ended is forgotten after a while, and nothing else; by two that do it at once, too."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ravi.errors import IdentityNotFound, Unauthenticated
from ravi.server.app import Services, build_services
from ravi.server.auth import Account, Auth
from ravi.server.auth import forgetting as rules
from ravi.server.db import Database, open_database
from ravi.server.identities import Identities
from ravi.server.identities.records import NewIdentity
from ravi.settings.server import resolve
from tests.support.clock import Clock

DOMAIN = "in.ravi.localhost"


async def count(db: Database, table: str) -> int:
    row = await db.one(f"SELECT count(*) FROM {table}")
    assert row is not None
    return int(row[0])


async def test_a_key_is_listed_for_a_while_after_its_end_and_then_forgotten(
    auth: Auth, account: Account, clock: Clock
) -> None:
    kept = await auth.mint_management_key(account.id, "kept")
    brief = await auth.mint_management_key(account.id, "brief", timedelta(days=1))
    revoked = await auth.mint_management_key(account.id, "revoked")
    await auth.revoke_key(account.id, "management", revoked.key.uuid)

    clock.advance(days=29)
    assert await auth.forgetting.forget_ended() == 0
    assert [key.label for key in await auth.list_keys(account.id, "management")] == ["kept", "brief", "revoked"]
    clock.advance(days=1, seconds=1)
    assert await auth.forgetting.forget_ended() == 1
    clock.advance(days=1)
    assert await auth.forgetting.forget_ended() == 1

    assert [key.label for key in await auth.list_keys(account.id, "management")] == ["kept"]
    assert (await auth.authenticate(kept.secret)).credential_uuid == kept.key.uuid
    with pytest.raises(Unauthenticated):
        await auth.authenticate(brief.secret)


async def test_a_sign_in_goes_with_its_last_token_and_a_living_one_stays(
    db: Database, auth: Auth, account: Account, clock: Clock
) -> None:
    await auth.sign_in(account.id, "left alone")
    used = await auth.sign_in(account.id, "in use")
    ended = await auth.sign_in(account.id, "signed out")
    await auth.sign_out(await auth.authenticate(ended.access))
    clock.advance(days=2)
    await auth.forgetting.forget_ended()
    assert await count(db, "sign_ins") == 2
    assert await count(db, "credentials") == 2, "the refresh tokens, which are good for longer"

    clock.advance(days=150)
    again = await auth.refresh(used.refresh)
    clock.advance(days=31)
    await auth.forgetting.forget_ended()

    assert await count(db, "sign_ins") == 1
    await auth.refresh(again.refresh)


async def test_one_time_codes_are_forgotten_used_or_not(
    db: Database, auth: Auth, account: Account, clock: Clock
) -> None:
    code = await auth.make_signin_code(account.id)
    await auth.make_signin_code(account.id)
    await auth.use_signin_code(code.code)
    clock.advance(hours=24)
    assert await auth.forgetting.forget_ended() == 0
    clock.advance(hours=1)
    assert await auth.forgetting.forget_ended() == 2
    assert await count(db, "signin_codes") == 0


async def test_it_goes_on_until_nothing_is_left(
    db: Database, auth: Auth, account: Account, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "AT_ONCE", 3)
    for number in range(8):
        await auth.mint_management_key(account.id, f"key {number}", timedelta(hours=1))
    clock.advance(days=31)

    assert await auth.forgetting.forget_ended() == 8


@pytest.fixture
async def replicas(database_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[list[Services]]:
    """Two servers' services, each with connections of its own, on one database."""
    settings = resolve({"data": str(tmp_path), "database": database_url}, {})
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(2):
            db = await open_database(database_url)
            stack.push_async_callback(db.close)
            built = build_services(db, settings, public_url="http://ravi.test", key=b"k" * 32, now=clock)
            await built.identities.set_platform_domains([DOMAIN])
            await built.signing.load()
            await built.sso.load()
            made.append(built)
        yield made


async def at_once(replicas: list[Services], chore: Callable[[Services], Awaitable[Any]]) -> int:
    """Run *chore* on both replicas at the same time, twice each; return what they have done together."""
    return sum(await asyncio.gather(*(chore(each) for each in replicas * 2)))


async def _answer() -> tuple[int, bytes]:
    return 201, b"{}"


async def test_two_replicas_share_the_work_and_neither_fails(replicas: list[Services], clock: Clock) -> None:
    first, _ = replicas
    account = await first.auth.add_account("owner@example.com")
    agent, _ = await first.identities.create(account.id, NewIdentity(name="agent"))
    owner = await first.auth.authenticate((await first.auth.mint_management_key(account.id, "owner")).secret)
    key = await first.auth.mint_identity_key(account.id, await first.auth.select(owner, agent.uuid), "kept")
    as_agent = await first.auth.authenticate(key.secret)
    for number in range(40):
        await first.auth.mint_management_key(account.id, f"key {number}", timedelta(hours=1))
        await first.sso.issue(as_agent, audience=f"https://{number}.example", single_use=False)
        await first.idempotency.once(account.id, "", f"key {number}", b"a request", _answer)
        who = await first.auth.authenticate((await first.auth.sign_in(account.id, f"sign-in {number}")).access)
        await first.auth.make_signin_code(account.id)
        await first.sending.uploads.announce(who, filename="a.txt", content_type="text/plain", size=1)
        await first.login.device.start("host", "", f"203.0.113.{number}")
    clock.advance(days=400)
    kept = await first.auth.mint_management_key(account.id, "kept")

    assert await at_once(replicas, lambda each: each.auth.forgetting.forget_ended()) == 40 + 3 * 40 + 40
    assert await at_once(replicas, lambda each: each.sending.uploads.forget_expired()) == 40
    await at_once(replicas, lambda each: each.login.forget_old())
    assert await at_once(replicas, lambda each: each.idempotency.forget_old()) == 40
    assert await at_once(replicas, lambda each: each.sso.forget_expired()) == 40

    for table in ("uploads", "signin_codes", "sign_ins", "device_grants", "attempts", "idempotency", "sso_tokens"):
        assert await count(first.db, table) == 0, table
    assert (await first.auth.authenticate(kept.secret)).account_id == account.id


async def test_two_replicas_end_each_expired_identity_once(replicas: list[Services], clock: Clock) -> None:
    first, second = replicas
    account = await first.auth.add_account("owner@example.com")
    made = [
        (await first.identities.create(account.id, NewIdentity(name=f"brief-{n}", ttl=timedelta(hours=1))))[0]
        for n in range(20)
    ]
    lasting, _ = await first.identities.create(account.id, NewIdentity(name="lasting"))
    clock.advance(hours=2)

    assert await at_once(replicas, lambda each: each.identities.end_expired()) == 20

    assert [each.name for each in await second.identities.list_(account.id)] == ["lasting"]
    assert await count(first.db, "deleted_identities") == 20
    with pytest.raises(IdentityNotFound):
        await second.identities.get(account.id, "00000000-0000-4000-8000-000000000000")
    assert lasting.uuid not in {each.uuid for each in made}
    assert isinstance(first.identities, Identities)
