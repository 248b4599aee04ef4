"""The end of an identity: at once for everybody, and then its content in parts, whatever comes in between."""

import asyncio

import pytest

from ravi.errors import IdentityDeleted, IdentityNotFound, Unauthenticated
from ravi.server.auth import Auth
from ravi.server.auth.records import Account
from ravi.server.contacts import Contacts
from ravi.server.db import Database, Transaction
from ravi.server.events import Events
from ravi.server.http import IdentityRef
from ravi.server.identities import Identities
from ravi.server.identities.records import Identity, NewIdentity
from ravi.server.mail import Mail, purging
from ravi.server.mail.errors import MailboxGone
from tests.storage.conftest import DOMAIN, MakeIdentity
from tests.support.clock import Clock
from tests.support.mail import raw_message, receive

FILES = [("a.txt", "text/plain", b"a")]
TABLES = ("messages", "raw_messages", "attachments", "events", "contacts", "identities")


class PowerCut(Exception):
    """What ends the test's server in the middle."""


class Power:
    """Fails before the part of a deletion's mail with the number *after*, counted from 0."""

    after: int | None = None

    async def purge(self, tx: Transaction, account_id: int, identity_id: int) -> bool:
        if self.after is not None:
            self.after -= 1
            if self.after < 0:
                self.after = None
                raise PowerCut
        return False


@pytest.fixture
def power() -> Power:
    return Power()


@pytest.fixture
def mail(
    db: Database,
    auth: Auth,
    identities: Identities,
    events: Events,
    power: Power,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> Mail:
    """Of which few messages are erased at once."""
    identities.on_delete(nothing, power.purge)
    monkeypatch.setattr(purging, "MOST_MESSAGES", 3)
    contacts = Contacts(db, auth, identities, events.audit, clock)
    service = Mail(db, identities, events, contacts, clock)
    identities.on_delete(service.erase, service.purge)
    identities.on_delete(contacts.erase)
    return service


@pytest.fixture
async def doomed(mail: Mail, make: MakeIdentity) -> Identity:
    """An identity with 10 messages, each with a file and an event, beside that of its creation."""
    identity = await make("doomed")
    for number in range(10):
        await receive(mail, f"doomed@{DOMAIN}", raw_message(f"{number}\n", attachments=FILES))
    return identity


async def rows_of(db: Database, identity: Identity) -> dict[str, int]:
    found = {}
    for table in TABLES:
        column = "id" if table == "identities" else "identity_id"
        row = await db.one(f"SELECT COUNT(*) FROM {table} WHERE {column} = :id", id=identity.id)
        found[table] = row[0] if row else 0
    return found


async def nothing(tx: Transaction, account_id: int, identity_id: int) -> dict[str, int]:
    return {}


async def test_others_have_their_turn_between_the_parts(
    db: Database, identities: Identities, doomed: Identity, account: Account
) -> None:
    deleting = asyncio.create_task(identities.delete(account.id, doomed.uuid))
    left = []
    while not deleting.done():
        async with db.begin() as tx:
            row = await tx.one("SELECT COUNT(*) FROM messages WHERE identity_id = :id", id=doomed.id)
            assert row is not None
            left.append(row[0])

    assert (await deleting).erased == {"events": 11, "messages": 10, "attachments": 10, "contacts": 1}
    assert len({7, 4, 1} & set(left)) >= 2, left
    assert await rows_of(db, doomed) == dict.fromkeys(TABLES, 0)


@pytest.mark.parametrize("most_bytes", [1, 1_000])
async def test_a_part_is_no_larger_than_that_and_never_nothing(
    db: Database, mail: Mail, doomed: Identity, account: Account, monkeypatch: pytest.MonkeyPatch, most_bytes: int
) -> None:
    monkeypatch.setattr(purging, "MOST_MESSAGES", 100)
    monkeypatch.setattr(purging, "MOST_BYTES", most_bytes)
    (size,) = await db.one("SELECT MAX(size) FROM messages") or (0,)
    before = (await rows_of(db, doomed))["messages"]
    async with db.begin() as tx:
        assert await mail.purge(tx, account.id, doomed.id)

    assert before - (await rows_of(db, doomed))["messages"] == max(1, most_bytes // size)


async def test_one_that_was_interrupted_is_gone_for_everybody_and_finished_by_the_reaper(
    db: Database,
    auth: Auth,
    events: Events,
    identities: Identities,
    mail: Mail,
    doomed: Identity,
    make: MakeIdentity,
    account: Account,
    power: Power,
    clock: Clock,
) -> None:
    key = await auth.mint_identity_key(account.id, IdentityRef(doomed.id, doomed.uuid, doomed.name, False), "key")
    other = await make("other")
    await receive(mail, f"other@{DOMAIN}", raw_message("kept\n"))
    kept = await rows_of(db, other)
    power.after = 2

    with pytest.raises(PowerCut):
        await identities.delete(account.id, doomed.uuid)

    left = await rows_of(db, doomed)
    assert (left["messages"], left["attachments"], left["identities"]) == (4, 4, 1)
    with pytest.raises(IdentityDeleted, match="2026-03-01T12:00:00Z"):
        await identities.get(account.id, doomed.uuid)
    with pytest.raises(IdentityDeleted):
        await identities.switch(account.id, doomed.uuid, "active")
    with pytest.raises(IdentityDeleted):
        await identities.update(account.id, doomed.uuid, name="x", endless=True)
    with pytest.raises(IdentityNotFound):
        await identities.check_recipients(db, account.id, doomed.id, [])
    with pytest.raises(Unauthenticated):
        await auth.authenticate(key.secret)
    with pytest.raises(MailboxGone):
        await mail.resolve(f"doomed@{DOMAIN}")
    assert [each.uuid for each in await identities.list_(account.id)] == [other.uuid]
    made, new = await identities.create(account.id, NewIdentity(name="doomed", reuse=True))
    assert (new, made.uuid == doomed.uuid) == (True, False)

    clock.advance(hours=1)
    await identities.end_expired()

    assert await rows_of(db, doomed) == dict.fromkeys(TABLES, 0)
    assert await rows_of(db, other) == kept
    told = await events.list_after(account.id, None, types=["identity.deleted"])
    assert [each.data["uuid"] for each in told] == [doomed.uuid], "once"
    with pytest.raises(IdentityDeleted, match="2026-03-01T12:00:00Z"):
        await identities.delete(account.id, doomed.uuid)


async def test_whoever_repeats_an_interrupted_deletion_hears_of_it_when_all_is_gone(
    db: Database, identities: Identities, doomed: Identity, account: Account, power: Power
) -> None:
    power.after = 0
    with pytest.raises(PowerCut):
        await identities.delete(account.id, doomed.uuid)

    with pytest.raises(IdentityDeleted):
        await identities.delete(account.id, doomed.uuid)

    assert await rows_of(db, doomed) == dict.fromkeys(TABLES, 0)


async def test_two_who_erase_the_same_leave_nothing(
    db: Database, identities: Identities, doomed: Identity, account: Account
) -> None:
    results = await asyncio.gather(
        *(identities.delete(account.id, doomed.uuid) for _ in range(4)),
        *(identities.end_expired() for _ in range(4)),
        return_exceptions=True,
    )

    assert [each for each in results if isinstance(each, Exception) and not isinstance(each, IdentityDeleted)] == []
    assert await rows_of(db, doomed) == dict.fromkeys(TABLES, 0)
