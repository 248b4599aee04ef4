"""Identities on both engines: what is unique stays unique, what is gone stays gone, what is filtered fits."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from ravi.errors import AddressTaken, IdentityDeleted, IdentityNotFound, PhoneExists, RaviError
from ravi.server.auth import Auth
from ravi.server.auth.records import Account
from ravi.server.db import Database
from ravi.server.http import IdentityRef
from ravi.server.identities import Identities
from ravi.server.identities.records import Identity, NewIdentity, Place
from tests.storage.conftest import DOMAIN, MakeIdentity
from tests.support.clock import Clock


def ref(identity: Identity) -> IdentityRef:
    return IdentityRef(identity.id, identity.uuid, identity.name, identity.status == "disabled")


async def test_what_is_created_is_what_is_read(identities: Identities, account: Account, clock: Clock) -> None:
    created, is_new = await identities.create(
        account.id,
        NewIdentity(
            name="research-agent",
            labels={"team": "a", "run": "7"},
            ttl=timedelta(hours=1),
            workspace=Place("host", "/srv/tree"),
        ),
    )

    assert is_new
    assert await identities.get(account.id, created.uuid) == created
    assert await identities.list_(account.id) == [created]
    assert created.address == f"research-agent@{DOMAIN}"
    assert created.number is not None
    assert created.expires_at == clock() + timedelta(hours=1)


async def test_fifty_parallel_creates_of_one_name_get_fifty_of_everything(
    identities: Identities, make: MakeIdentity, account: Account
) -> None:
    made = await asyncio.gather(*(make("agent") for _ in range(50)))

    for field in ("id", "uuid", "address", "number"):
        assert len({getattr(identity, field) for identity in made}) == 50, field
    assert {identity.name for identity in made} == {"agent"}
    assert {each.uuid for each in await identities.list_(account.id)} == {each.uuid for each in made}


async def test_of_many_who_want_one_address_one_gets_it(make: MakeIdentity) -> None:
    results = await asyncio.gather(*(make(address="wanted") for _ in range(20)), return_exceptions=True)

    got = [result for result in results if isinstance(result, Identity)]
    assert [identity.address for identity in got] == [f"wanted@{DOMAIN}"]
    assert sum(isinstance(result, AddressTaken) for result in results) == 19


async def test_a_refused_create_leaves_nothing(
    identities: Identities, make: MakeIdentity, account: Account, db: Database
) -> None:
    await make(address="wanted")
    before = await counts(db)
    with pytest.raises(AddressTaken):
        await make("second", address="wanted", labels={"k": "v"})

    assert await counts(db) == before


async def test_parallel_creates_with_reuse_make_one(identities: Identities, account: Account) -> None:
    new = NewIdentity(name="shared", reuse=True)
    results = await asyncio.gather(*(identities.create(account.id, new) for _ in range(20)))

    assert len({identity.uuid for identity, _ in results}) == 1
    assert sum(is_new for _, is_new in results) == 1


async def test_reuse_does_not_take_what_is_disabled_over_or_another_s(
    identities: Identities, make: MakeIdentity, account: Account, stranger: Account, clock: Clock
) -> None:
    disabled, ends = await make("shared"), await make("shared", ttl=timedelta(minutes=1))
    await identities.switch(account.id, disabled.uuid, "disabled")
    foreign, _ = await identities.create(stranger.id, NewIdentity(name="shared"))
    clock.advance(minutes=2)

    fresh, is_new = await identities.create(account.id, NewIdentity(name="shared", reuse=True))

    assert is_new
    assert fresh.uuid not in {disabled.uuid, ends.uuid, foreign.uuid}


async def test_filters_by_name_prefix_and_labels(identities: Identities, make: MakeIdentity, account: Account) -> None:
    made = {
        name: await make(name, labels=labels)
        for name, labels in {
            "job": {"team": "a"},
            "job-1": {"team": "a", "run": "1"},
            "job-2": {"team": "b", "run": "1"},
            "Job-3": {"team": "a"},
            "joc": {},
            "jo": {"team": "a b=c"},
        }.items()
    }

    async def found(**filters: object) -> list[str]:
        return [identity.name for identity in await identities.list_(account.id, **filters)]

    assert await found() == list(made)
    assert await found(name="job") == ["job"]
    assert await found(prefix="job") == ["job", "job-1", "job-2"]
    assert await found(prefix="job-") == ["job-1", "job-2"]
    assert await found(prefix="nobody") == []
    assert await found(labels={"team": "a"}) == ["job", "job-1", "Job-3"]
    assert await found(labels={"team": "a", "run": "1"}) == ["job-1"]
    assert await found(labels={"team": "a b=c"}) == ["jo"]
    assert await found(labels={"run": "a"}) == []
    assert await found(prefix="job", labels={"run": "1"}) == ["job-1", "job-2"]
    assert await found(identity_id=made["joc"].id, prefix="jo") == ["joc"]
    assert await found(identity_id=made["joc"].id, prefix="job") == []


@pytest.mark.parametrize("name", ["%", "_", "a%b", "Zoë \N{PILE OF POO}", "'; DROP TABLE identities", "a\\b"])
async def test_a_prefix_is_taken_literally(
    identities: Identities, make: MakeIdentity, account: Account, name: str
) -> None:
    await make("other"), await make("axb")
    wanted = await make(name + " and more")

    assert await identities.list_(account.id, prefix=name) == [wanted]


async def test_changed_labels_are_found_and_the_old_ones_are_not(
    identities: Identities, make: MakeIdentity, account: Account
) -> None:
    identity = await make("a", labels={"old": "1", "both": "1"})
    await identities.update(account.id, identity.uuid, labels={"both": "2"}, name="b")

    assert [each.name for each in await identities.list_(account.id, labels={"both": "2"})] == ["b"]
    assert await identities.list_(account.id, labels={"both": "1"}) == []
    assert await identities.list_(account.id, labels={"old": "1"}) == []


async def test_another_account_s_identities_do_not_exist(
    identities: Identities, make: MakeIdentity, account: Account, stranger: Account, auth: Auth
) -> None:
    mine = await make("mine", labels={"k": "v"})

    assert await identities.list_(stranger.id) == []
    assert await identities.list_(stranger.id, labels={"k": "v"}, prefix="m", name="mine") == []
    for call in (
        identities.get(stranger.id, mine.uuid),
        identities.update(stranger.id, mine.uuid, name="x"),
        identities.switch(stranger.id, mine.uuid, "disabled"),
        identities.delete(stranger.id, mine.uuid),
        identities.add_number(stranger.id, mine.uuid),
    ):
        with pytest.raises(IdentityNotFound):
            await call
    assert await identities.list_inboxes(stranger.id, mine.id) == []
    assert await identities.list_numbers(stranger.id, mine.id) == []
    assert await identities.get(account.id, mine.uuid) == mine


@pytest.mark.parametrize("uuid", ["", "x", "a" * 5000, "💩", "00000000-0000-4000-8000-000000000000"])
async def test_what_names_nothing_is_not_found(identities: Identities, account: Account, uuid: str) -> None:
    with pytest.raises(IdentityNotFound):
        await identities.get(account.id, uuid)
    with pytest.raises(IdentityNotFound):
        await identities.delete(account.id, uuid)
    assert await identities.list_(account.id, name=uuid or "-") == []


async def test_a_uuid_is_found_in_any_case(identities: Identities, make: MakeIdentity, account: Account) -> None:
    identity = await make("a")

    assert (await identities.get(account.id, identity.uuid.upper())).uuid == identity.uuid


async def test_a_deletion_erases_everything_about_the_identity(
    identities: Identities, make: MakeIdentity, account: Account, auth: Auth, db: Database
) -> None:
    """Every table that has rows of the identity is looked at, whichever they are."""
    identity = await make("doomed", labels={"k": "v"}, ttl=timedelta(days=1))
    await auth.mint_identity_key(account.id, ref(identity), "key")
    await auth.sign_in(account.id, "bound", ref(identity))
    assert await tables_of(db, identity) >= {"identity_labels", "credentials", "events", "addresses", "numbers"}

    receipt = await identities.delete(account.id, identity.uuid)

    assert await tables_of(db, identity) == set()
    assert await db.one("SELECT 1 FROM identities WHERE id = :id", id=identity.id) is None
    assert receipt.revoked == {"keys": 1, "tokens": 2}
    assert receipt.erased["events"] == 2  # its creation, its key
    assert (receipt.name, receipt.address, receipt.number) == ("doomed", identity.address, identity.number)


async def test_a_deletion_leaves_the_others_alone(
    identities: Identities, make: MakeIdentity, account: Account, auth: Auth
) -> None:
    stays, goes = await make("same", labels={"k": "v"}), await make("same", labels={"k": "v"})
    key = await auth.mint_identity_key(account.id, ref(stays), "key")
    await identities.delete(account.id, goes.uuid)

    assert await identities.list_(account.id, labels={"k": "v"}) == [stays]
    assert (await auth.authenticate(key.secret)).identity == ref(stays)


async def test_addresses_and_numbers_are_never_given_out_again(
    identities: Identities, make: MakeIdentity, account: Account, stranger: Account
) -> None:
    used: set[str | None] = set()
    for _ in range(5):
        identity = await make("phoenix")
        assert not {identity.address, identity.number} & used
        used |= {identity.address, identity.number}
        await identities.delete(account.id, identity.uuid)

    for owner in (account, stranger):
        with pytest.raises(AddressTaken):
            await identities.create(owner.id, NewIdentity(address="phoenix"))
        assert await identities.available(owner.id, "phoenix") == (f"phoenix@{DOMAIN}", False)
    assert await identities.list_inboxes(account.id, None) == []
    assert await identities.list_numbers(account.id, None) == []


async def test_deleting_twice_tells_when_it_was_and_changes_nothing(
    identities: Identities, make: MakeIdentity, account: Account, clock: Clock, db: Database
) -> None:
    identity = await make("a")
    receipt = await identities.delete(account.id, identity.uuid)
    before = await counts(db)
    clock.advance(hours=1)

    for again in (identities.delete(account.id, identity.uuid), identities.get(account.id, identity.uuid)):
        with pytest.raises(IdentityDeleted, match="2026-03-01T12:00:00Z"):
            await again
    assert receipt.deleted_at == clock() - timedelta(hours=1)
    assert await counts(db) == before


async def test_of_many_deletions_at_once_one_gets_the_receipt(
    identities: Identities, make: MakeIdentity, account: Account
) -> None:
    identity = await make("a")
    results = await asyncio.gather(
        *(identities.delete(account.id, identity.uuid) for _ in range(8)), return_exceptions=True
    )

    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert sum(isinstance(result, IdentityDeleted | IdentityNotFound) for result in results) == 7


async def test_an_identity_that_goes_away_in_the_middle_is_not_found(
    identities: Identities, make: MakeIdentity, account: Account, auth: Auth
) -> None:
    """A request that had selected it before it was deleted gets a refusal, never a fault of the engine."""
    identity = await make("a", phone=False)
    await identities.delete(account.id, identity.uuid)

    for call in (
        auth.mint_identity_key(account.id, ref(identity), "key"),
        auth.sign_in(account.id, "bound", ref(identity)),
        identities.add_inbox(account.id, identity.id, "a", None),
    ):
        with pytest.raises(RaviError):
            await call


async def test_everything_at_once_ends_in_answers_or_refusals(
    identities: Identities, make: MakeIdentity, account: Account, auth: Auth, db: Database
) -> None:
    """Deletions race with changes of the same identities: no deadlock, no half-deleted identity."""
    made = await asyncio.gather(*(make("agent", phone=False) for _ in range(10)))
    calls = []
    for identity in made:
        calls += [
            identities.update(account.id, identity.uuid, name="b", labels={"k": "v"}),
            identities.add_number(account.id, identity.uuid),
            identities.switch(account.id, identity.uuid, "disabled"),
            identities.delete(account.id, identity.uuid),
            auth.mint_identity_key(account.id, ref(identity), "key"),
        ]
    results = await asyncio.gather(*calls, return_exceptions=True)

    faults = [result for result in results if isinstance(result, Exception) and not isinstance(result, RaviError)]
    assert faults == []
    assert await identities.list_(account.id) == []
    for identity in made:
        assert await tables_of(db, identity) == set()


async def test_two_requests_for_a_number_give_one(identities: Identities, make: MakeIdentity, account: Account) -> None:
    identity = await make("a", phone=False)
    results = await asyncio.gather(
        *(identities.add_number(account.id, identity.uuid) for _ in range(5)), return_exceptions=True
    )

    assert sum(isinstance(result, Identity) for result in results) == 1
    assert sum(isinstance(result, PhoneExists) for result in results) == 4
    assert len(await identities.list_numbers(account.id, identity.id)) == 1


async def test_expired_identities_are_gone_at_once_and_ended_by_one_of_two_reapers(
    identities: Identities, make: MakeIdentity, account: Account, clock: Clock
) -> None:
    stays = await make("stays")
    doomed = await asyncio.gather(*(make("ends", ttl=timedelta(minutes=5)) for _ in range(10)))
    clock.advance(minutes=5)
    assert await identities.list_(account.id) == [stays]
    with pytest.raises(IdentityNotFound):
        await identities.get(account.id, doomed[0].uuid)

    ended = await asyncio.gather(identities.end_expired(), identities.end_expired())

    assert sum(ended) == len(doomed)
    with pytest.raises(IdentityDeleted):
        await identities.get(account.id, doomed[0].uuid)


async def test_inboxes_and_numbers_of_one_identity_are_its_own(
    identities: Identities, make: MakeIdentity, account: Account
) -> None:
    first, second = await make("first"), await make("second")

    assert [inbox.address for inbox in await identities.list_inboxes(account.id, second.id)] == [second.address]
    assert [number.number for number in await identities.list_numbers(account.id, first.id)] == [first.number]
    assert len(await identities.list_inboxes(account.id, None)) == 2


async def test_domains_keep_their_row_and_the_default_may_change(identities: Identities, account: Account) -> None:
    before = {each.domain: each for each in await identities.list_domains(account.id)}
    await identities.set_platform_domains(["new.example", DOMAIN])
    after = await identities.list_domains(account.id)

    assert [each.domain for each in after] == ["new.example", DOMAIN]
    assert after[1] == dataclasses.replace(before[DOMAIN])


async def counts(db: Database) -> dict[str, int]:
    """How many rows each table has."""
    tables = [table for table, _ in await columns(db)]
    return {table: (await db.one(f"SELECT count(*) FROM {table}"))[0] for table in set(tables)}


async def tables_of(db: Database, identity: Identity) -> set[str]:
    """The tables with rows of this identity, found through every column that could name it."""
    found = set()
    for table, column in await columns(db):
        if table == "audit":  # what was done stays (docs/adr/0035); it names the identity by its uuid and nothing else
            continue
        if column == "identity_id" and await db.one(f"SELECT 1 FROM {table} WHERE identity_id = :id", id=identity.id):
            found.add(table)
        if column == "identity_uuid" and await db.one(
            f"SELECT 1 FROM {table} WHERE identity_uuid = :u", u=identity.uuid
        ):
            found.add(table)
    return found


async def columns(db: Database) -> list[tuple[str, str]]:
    if db.dialect == "sqlite":
        sql = (
            "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c"
            " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'"
        )
    else:
        sql = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    return [(table, column) for table, column in await db.all(sql)]
