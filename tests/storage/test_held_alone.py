"""
Checks that another one stands in front of: each has to hold alone.

A request never gets to the second while the first is there, so the second is asked here.
"""

import uuid
from datetime import timedelta

import pytest

from ravi.errors import NotFound, Unauthenticated
from ravi.server.auth import Auth
from ravi.server.auth import storage as auth_storage
from ravi.server.auth.records import Account
from ravi.server.db import Database
from ravi.server.events import Events
from ravi.server.http import IdentityRef
from ravi.server.identities import storage as identities
from ravi.server.login import storage as login
from ravi.server.mail import uploads_storage as uploads
from ravi.server.phone.carriers import loopback
from ravi.server.webhooks import storage as webhooks
from tests.storage.conftest import MakeIdentity
from tests.support.clock import Clock

NOW, END = 1_000, 2_000


@pytest.fixture
async def uploaded(db: Database, account: Account, make: MakeIdentity) -> tuple[int, int, str]:
    """A file that one identity has uploaded: its row id, a sibling's, and the file's uuid."""
    mine, sibling = await make("mine"), await make("sibling")
    name = str(uuid.uuid4())
    announced = uploads.Announced(account.id, mine.id, name, "note.txt", "text/plain", 1)
    async with db.begin() as tx:
        await uploads.insert(tx, announced, at=NOW, expires_at=END)
        assert await uploads.store(tx, account.id, name, b"x", expires_at=END)
    return mine.id, sibling.id, name


async def test_only_the_identity_whose_file_it_is_finds_it(
    db: Database, account: Account, uploaded: tuple[int, int, str]
) -> None:
    mine, sibling, name = uploaded

    assert await uploads.find_sizes(db, account.id, mine, [name], at=NOW) == {name: 1}
    assert await uploads.find(db, account.id, mine, name, at=NOW) is not None
    assert await uploads.find_sizes(db, account.id, sibling, [name], at=NOW) == {}
    assert await uploads.find(db, account.id, sibling, name, at=NOW) is None


async def test_a_file_is_gone_when_its_time_is_over_also_before_the_reaper_comes(
    db: Database, account: Account, uploaded: tuple[int, int, str]
) -> None:
    mine, _, name = uploaded

    assert await uploads.find_announced(db, name, at=END - 1) is not None
    assert await uploads.find_announced(db, name, at=END) is None
    assert await uploads.find_sizes(db, account.id, mine, [name], at=END) == {}
    assert await uploads.find(db, account.id, mine, name, at=END) is None


@pytest.mark.parametrize("over", ["disabled", "expired"])
async def test_a_name_is_not_one_of_an_identity_that_is_off_or_over(
    db: Database, account: Account, make: MakeIdentity, over: str
) -> None:
    there = await make("worker")
    change = "status = 'disabled'" if over == "disabled" else f"expires_at = {NOW}"
    async with db.begin() as tx:
        assert await identities.find_by_names(tx, account.id, ["worker"], at=NOW) == {"worker": there}
        await tx.run(f"UPDATE identities SET {change} WHERE account_id = :account", account=account.id)

    assert await identities.find_by_name(db, account.id, "worker", at=NOW) is None
    assert await identities.find_by_names(db, account.id, ["worker"], at=NOW) == {}


async def webhook(db: Database, account: Account, identity_id: int | None, *, enabled: bool, cursor: int) -> None:
    async with db.begin() as tx:
        await webhooks.insert(
            tx,
            uuid=str(uuid.uuid4()),
            account_id=account.id,
            identity_id=identity_id,
            url="https://hooks.example.com/",
            enabled=enabled,
            event_types=[],
            signing_secret="",
            cursor=cursor,
            at=NOW,
        )


async def test_nothing_is_read_for_a_webhook_that_is_off_or_whose_identity_s_time_is_over(
    db: Database, account: Account, make: MakeIdentity
) -> None:
    brief = await make("brief")
    async with db.begin() as tx:
        await tx.run("UPDATE identities SET expires_at = :end WHERE id = :id", end=END, id=brief.id)
    for identity_id, enabled in ((brief.id, True), (brief.id, False), (None, True), (None, False)):
        await webhook(db, account, identity_id, enabled=enabled, cursor=0)

    assert [each.identity_id for each in await webhooks.list_reading(db, account.id, now=END - 1)] == [brief.id, None]
    assert [each.identity_id for each in await webhooks.list_reading(db, account.id, now=END)] == [None]


async def test_an_account_has_news_for_its_webhooks_that_are_on(
    db: Database, events: Events, account: Account, stranger: Account
) -> None:
    async def happen(to: Account) -> int:
        async with db.begin() as tx:
            return (await events.record(tx, to.id, "test.happened", None, {})).seq

    await webhook(db, account, None, enabled=False, cursor=0)
    await webhook(db, account, None, enabled=True, cursor=await happen(account))
    await happen(stranger)
    assert await webhooks.list_accounts_with_news(db) == []
    await happen(account)
    assert await webhooks.list_accounts_with_news(db) == [account.id]


async def test_domains_of_another_account_are_not_listed(db: Database, account: Account, stranger: Account) -> None:
    async with db.begin() as tx:
        for owner, domain in ((None, "platform.example"), (account.id, "own.example"), (stranger.id, "other.example")):
            await tx.run(
                "INSERT INTO domains (uuid, account_id, domain, is_default, created_at)"
                " VALUES (:domain, :owner, :domain, 0, :at)",
                domain=domain,
                owner=owner,
                at=NOW,
            )

    assert [each.domain for each in await identities.list_domains(db, account.id)] == [
        "platform.example",
        "own.example",
    ]


async def test_who_can_get_no_number_by_custom_leaves_no_row_of_one_behind(
    db: Database, make: MakeIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await make("first")
    monkeypatch.setattr(loopback, "_BLOCKS", ())
    second = await make("second")

    assert second.number is None
    assert await db.all("SELECT identity_id, number FROM numbers") == [(first.id, first.number)]


async def test_a_pair_that_was_made_with_a_key_ends_with_it_also_when_the_key_is_forgotten(
    db: Database, auth: Auth, account: Account, make: MakeIdentity
) -> None:
    key = await auth.mint_management_key(account.id, "ci")
    pair = await auth.bind(await auth.authenticate(key.secret), (await make("worker")).uuid)
    assert (await auth.authenticate(pair.access)).bound
    async with db.begin() as tx:
        await tx.run("DELETE FROM credentials WHERE uuid = :uuid", uuid=key.key.uuid)

    with pytest.raises(Unauthenticated):
        await auth.authenticate(pair.access)


async def test_an_approval_that_was_collected_is_not_taken_back(db: Database, account: Account) -> None:
    async with db.begin() as tx:
        for state in ("approved", "redeemed"):
            await tx.run(
                "INSERT INTO device_grants (device_hash, user_code, hostname, workspace, address, state, account_id,"
                " created_at, expires_at) VALUES (:hash, :code, '', '', '', :state, :account, :now, :end)",
                hash=state.encode(),
                code=state,
                state=state,
                account=account.id,
                now=NOW,
                end=END,
            )
        assert await login.take_back_approvals(tx, account.id) == 1

    assert await db.all("SELECT state FROM device_grants ORDER BY user_code") == [("denied",), ("redeemed",)]


async def test_of_an_identity_s_keys_those_are_counted_that_were_not_revoked(
    db: Database, auth: Auth, account: Account, make: MakeIdentity, clock: Clock
) -> None:
    identity = await make("worker")
    speaker = IdentityRef(identity.id, identity.uuid, identity.name, disabled=False)
    for ttl in (None, None, timedelta(minutes=1)):
        await auth.mint_identity_key(account.id, speaker, "more", ttl)
    (first, *_) = await auth.list_keys(account.id, "identity")
    await auth.revoke_key(account.id, "identity", first.uuid)
    clock.advance(minutes=1)

    assert await auth_storage.count_live(db, account.id, identity.id) == {"identity": 2}, "one of them is over"
    async with db.begin() as tx:
        assert await auth.revoke_all_keys(tx, account.id) == 1
    assert await auth_storage.count_live(db, account.id, identity.id) == {"identity": 1}


async def test_an_account_that_is_not_there_is_not_found(auth: Auth) -> None:
    with pytest.raises(NotFound):
        await auth.get_account(-1)
