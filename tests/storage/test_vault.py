"""The vault on both engines: what races ends well, what is gone is gone, and every look-up has its index."""

import asyncio
import base64
import os
import uuid

import pytest

from ravi.errors import NotFound, PlaintextRefused, VaultKeyDiffers, VaultNotUpgraded
from ravi.server.auth import Auth
from ravi.server.auth.records import Account
from ravi.server.db import Database, Transaction, open_database
from ravi.server.db import migrate as migrations
from ravi.server.db.postgres import PostgresDatabase
from ravi.server.db.sqlite import SqliteDatabase
from ravi.server.events import Events
from ravi.server.http import IdentityRef, Principal
from ravi.server.identities import Identities
from ravi.server.identities.records import Identity
from ravi.server.vault import (
    Passwords,
    Resealing,
    Sealing,
    Secrets,
    Totps,
    Vault,
    passwords_storage,
    sealed_storage,
    secrets_storage,
    totp_storage,
)
from ravi.server.vault import storage as vault_storage
from ravi.server.vault.passwords_records import NewPassword, PasswordChange
from ravi.server.vault.secrets_service import Item
from ravi.server.vault.service import Root
from ravi.server.vault.totp_records import NewTotp
from ravi.wire.scopes import ACCOUNT_SCOPES
from tests.storage.conftest import MakeIdentity
from tests.support.clock import Clock
from tests.support.databases import MakeDatabase, as_another_request
from tests.support.plans import Explained
from tests.support.sealed import legacy, sealed


def base64_of(size: int) -> str:
    return base64.b64encode(os.urandom(size)).decode()


@pytest.fixture
def vault(db: Database, auth: Auth, events: Events, identities: Identities, clock: Clock) -> Vault:
    service = Vault(db, auth, events, clock)
    identities.on_delete(service.erase)
    return service


@pytest.fixture
def sealing(identities: Identities) -> Sealing:
    return Sealing(identities)


@pytest.fixture
def secrets(db: Database, events: Events, sealing: Sealing, clock: Clock) -> Secrets:
    return Secrets(db, events, sealing, clock)


@pytest.fixture
def resealing(db: Database, events: Events, identities: Identities) -> Resealing:
    return Resealing(db, events, identities)


@pytest.fixture
def owner(account: Account) -> Principal:
    return Principal(account.id, "session", 1, str(uuid.uuid4()), ACCOUNT_SCOPES)


def acting(owner: Principal, identity: Identity) -> Principal:
    return owner.acting_as(IdentityRef(identity.id, identity.uuid, identity.name, disabled=False))


async def begin_upgrade(vault: Vault, owner: Principal) -> None:
    await vault.set_encryption(owner.account_id, salt=base64_of(16), verifier=base64_of(63), public_key=base64_of(32))
    await vault.set_root(owner, Root(base64_of(16), "root2::" + base64_of(72)), replacing=0)


async def test_a_deletion_erases_entries_of_every_kind_and_what_they_were(
    db: Database,
    vault: Vault,
    sealing: Sealing,
    secrets: Secrets,
    events: Events,
    clock: Clock,
    identities: Identities,
    make: MakeIdentity,
    owner: Principal,
) -> None:
    passwords, totps = Passwords(db, events, sealing, clock), Totps(db, events, sealing, clock)
    doomed, kept = await make("doomed"), await make("kept")
    for identity in (doomed, kept):
        who = acting(owner, identity)
        for key in ("A", "B"):
            await secrets.put(who, Item(key, sealed(), None), None)
        entry = await passwords.create(who, NewPassword("example.com", uuid=str(uuid.uuid4()), password=sealed()))
        await passwords.update(who, entry.uuid, PasswordChange({"password": sealed()}))
        await totps.create(who, NewTotp("github", uuid=str(uuid.uuid4()), secret=sealed()))
    assert await rows_of(db, doomed) == {"secrets": 2, "passwords": 1, "password_versions": 1, "totps": 1}

    receipt = await identities.delete(owner.account_id, doomed.uuid)

    assert {name: receipt.erased[name] for name in ("secrets", "passwords", "totps")} == {
        "secrets": 2,
        "passwords": 1,
        "totps": 1,
    }
    assert await rows_of(db, doomed) == dict.fromkeys(VAULT_TABLES, 0)
    assert await rows_of(db, kept) == {"secrets": 2, "passwords": 1, "password_versions": 1, "totps": 1}


VAULT_TABLES = ("secrets", "passwords", "password_versions", "totps")


async def rows_of(db: Database, identity: Identity) -> dict[str, int]:
    found = {}
    for table in VAULT_TABLES:
        row = await db.one(f"SELECT count(*) FROM {table} WHERE identity_id = :id", id=identity.id)
        assert row is not None
        found[table] = row[0]
    return found


async def test_rows_go_with_their_identity_even_if_nobody_erases_them(
    db: Database, secrets: Secrets, identities: Identities, make: MakeIdentity, owner: Principal
) -> None:
    identity = await make()
    await secrets.put(acting(owner, identity), Item("KEY", sealed(), None), None)

    await identities.delete(owner.account_id, identity.uuid)

    assert (await rows_of(db, identity))["secrets"] == 0


async def test_writing_for_an_identity_that_is_being_deleted_leaves_nothing_behind(
    db: Database, vault: Vault, secrets: Secrets, identities: Identities, make: MakeIdentity, owner: Principal
) -> None:
    for _ in range(5):
        identity = await make()
        who = acting(owner, identity)
        results = await asyncio.gather(
            *(secrets.put(who, Item(f"K{number % 3}", sealed(), None), None) for number in range(10)),
            identities.delete(owner.account_id, identity.uuid),
            *(secrets.put(who, Item(f"K{number % 3}", sealed(), None), None) for number in range(10)),
            return_exceptions=True,
        )

        failures = [result for result in results if isinstance(result, BaseException)]
        assert all(isinstance(failure, NotFound) for failure in failures), failures
        assert (await rows_of(db, identity))["secrets"] == 0


async def test_nothing_in_the_old_format_slips_in_behind_the_end_of_an_upgrade(
    db: Database, vault: Vault, secrets: Secrets, make: MakeIdentity, owner: Principal
) -> None:
    who = acting(owner, await make())
    await begin_upgrade(vault, owner)

    async def write(number: int) -> None:
        await secrets.put(who, Item("KEY", legacy() if number % 2 else sealed(), None), None)

    results = await asyncio.gather(
        *(write(number) if number % 3 else vault.end_upgrade(owner) for number in range(60)), return_exceptions=True
    )

    failures = [result for result in results if isinstance(result, BaseException)]
    assert all(isinstance(failure, VaultNotUpgraded | PlaintextRefused) for failure in failures), failures
    await secrets.put(who, Item("KEY", sealed(), None), None)
    await vault.end_upgrade(owner)
    assert await sealed_storage.count_beginning(db, owner.account_id, "e2e::") == 0
    with pytest.raises(PlaintextRefused):
        await write(1)


async def test_a_key_is_not_replaced_while_something_sealed_for_it_is_being_written(
    db: Database,
    vault: Vault,
    sealing: Sealing,
    resealing: Resealing,
    secrets: Secrets,
    make: MakeIdentity,
    owner: Principal,
) -> None:
    """Otherwise a text sealed with a key that is gone could be stored behind the back of whoever re-seals."""
    identity = await make()
    who = acting(owner, identity)
    old, new = base64_of(32), base64_of(32)
    await begin_upgrade(vault, owner)
    await resealing.set_public_keys(owner, {identity.uuid: old})

    async with db.begin() as tx:
        assert who.identity is not None
        await sealing.check(tx, who, who.identity, {"value": sealed()}, old)
        replacing = asyncio.create_task(as_another_request(resealing.set_public_keys(owner, {identity.uuid: new})))
        finished, _ = await asyncio.wait({replacing}, timeout=0.3)
        assert not finished
    assert await replacing == 1
    with pytest.raises(VaultKeyDiffers):
        await secrets.put(who, Item("KEY", sealed(), None), old)


async def test_the_old_format_is_not_ended_while_something_in_it_is_being_written(
    db: Database, vault: Vault, sealing: Sealing, make: MakeIdentity, owner: Principal
) -> None:
    who = acting(owner, await make())
    await begin_upgrade(vault, owner)

    async with db.begin() as tx:
        assert who.identity is not None
        await sealing.check(tx, who, who.identity, {"value": legacy()}, None)
        ending = asyncio.create_task(as_another_request(vault.end_upgrade(owner)))
        finished, _ = await asyncio.wait({ending}, timeout=0.3)
        assert not finished
    await ending
    with pytest.raises(PlaintextRefused):
        async with db.begin() as tx:
            await sealing.check(tx, who, who.identity, {"value": legacy()}, None)


async def test_of_two_keys_that_are_registered_by_writing_one_wins(
    vault: Vault, secrets: Secrets, identities: Identities, make: MakeIdentity, owner: Principal
) -> None:
    identity = await make()
    who = acting(owner, identity)
    await vault.set_root(owner, Root(base64_of(16), "root2::" + base64_of(72)), replacing=0)
    keys = [base64_of(32), base64_of(32)]
    results = await asyncio.gather(
        *(secrets.put(who, Item(f"K{number}", sealed(), None), keys[number % 2]) for number in range(20)),
        return_exceptions=True,
    )

    won = (await identities.get(owner.account_id, identity.uuid)).public_key
    assert won in keys
    for number, result in enumerate(results):
        assert isinstance(result, VaultKeyDiffers) == (keys[number % 2] != won)


async def test_one_uuid_may_name_entries_of_two_identities_and_not_two_of_one(
    db: Database, make: MakeIdentity, owner: Principal
) -> None:
    shared = str(uuid.uuid4())
    identities = [await make(), await make()]
    new = NewPassword("example.com", uuid=shared, password=sealed())
    async with db.begin() as tx:
        made = [
            await passwords_storage.insert(tx, owner.account_id, identity.id, new, at=0)
            for identity in (*identities, *identities)
        ]

    assert [row is None for row in made] == [False, False, True, True]
    found = await passwords_storage.list_(db, owner.account_id, None, uuid=shared)
    assert {entry.identity_id for entry in found} == {identity.id for identity in identities}


async def test_no_look_up_goes_through_the_rows_of_others(sqlite_db: Database) -> None:
    db = Explained(sqlite_db)
    for identity_id in (None, 7):
        await secrets_storage.list_(db, 1, identity_id)
        await secrets_storage.list_(db, 1, identity_id, uuid="u")
        await secrets_storage.list_(db, 1, identity_id, keys=["A", "B"])
        await passwords_storage.list_(db, 1, identity_id)
        await passwords_storage.list_(db, 1, identity_id, uuid="u")
        await passwords_storage.list_(db, 1, identity_id, domains=["a.example"])
        await totp_storage.list_(db, 1, identity_id)
        await totp_storage.list_(db, 1, identity_id, service_name="s")
    for table in sealed_storage.TABLES:
        await sealed_storage.list_after(db, 1, table, 0, limit=10)
    await sealed_storage.count_beginning(db, 1, "e2e::")

    assert db.asked == 24
    assert db.scans == []


async def test_an_account_of_the_release_before_keeps_its_key_material(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The release before may still run beside this one, so what it writes must go on fitting."""
    every = migrations.list_migrations()
    url = make_database(migrated=False)
    monkeypatch.setattr(migrations, "list_migrations", lambda: every[:1])
    await (await open_database(url)).close()
    monkeypatch.undo()

    async def write(tx: Transaction, number: int) -> None:
        await tx.run(
            "INSERT INTO accounts (id, uuid, email, first_name, last_name, created_at, updated_at)"
            " VALUES (:id, :text, :text, '', '', 0, 0)",
            id=number,
            text=str(number),
        )
        await tx.run(
            "INSERT INTO identities (uuid, account_id, name, status, labels, created_at, updated_at)"
            " VALUES (:text, :id, 'agent', 'active', '{}', 0, 0)",
            id=number,
            text=str(number),
        )
        await tx.run("INSERT INTO encryption (account_id, created_at, updated_at) VALUES (:id, 0, 0)", id=number)
        await tx.run(
            "UPDATE encryption SET salt = 's', verifier = 'v', public_key = 'k' WHERE account_id = :id", id=number
        )

    old = await open_as_it_is(url)
    async with old.begin() as tx:
        await write(tx, 1)
    await old.close()
    database = await open_database(url)
    try:
        async with database.begin() as tx:
            await write(tx, 2)
        for account_id in (1, 2):
            found = await vault_storage.find(database, account_id)
            assert found is not None
            assert (found.salt, found.verifier, found.public_key) == ("s", "v", "k")
            assert (found.format, found.upgrading, found.root_version) == (1, False, 0)
        assert await database.all("SELECT public_key FROM identities") == [(None,), (None,)]
    finally:
        await database.close()


async def open_as_it_is(url: str) -> Database:
    """Open *url* without bringing its schema up to date."""
    if url.startswith("sqlite"):
        return SqliteDatabase(url.removeprefix("sqlite://"))
    database = PostgresDatabase(url)
    await database.open()
    return database
