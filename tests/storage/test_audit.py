"""The audit log on each engine: a chain that only grows, and a walk that finds whoever broke it."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from ravi.server.audit import Audit
from ravi.server.audit.records import BEGINNING, Head, hash_of
from ravi.server.audit.storage import find_head, insert, list_
from ravi.server.audit.verifying import Verdict, verify
from ravi.server.auth import Account
from ravi.server.db import Database
from ravi.server.events import Events
from ravi.server.http.origin import Origin, acting
from tests.support.clock import Clock
from tests.support.tampering import open_up

ONLY_APPENDED = "only appended to"


@pytest.fixture
def audit(events: Events) -> Audit:
    return events.audit


@pytest.fixture
async def logged(db: Database, audit: Audit, account: Account) -> int:
    """An account with ten entries and nothing wrong with them; the first is about its making."""
    for number in range(2, 11):
        async with db.begin() as tx:
            await audit.append(
                tx, account.id, "secret.read", identity=f"i{number % 2}", target={"names": [f"N{number}"]}
            )
    return account.id


def whats(verdict: Verdict) -> list[tuple[int, str]]:
    return [(finding.seq, finding.what) for finding in verdict.findings]


async def test_each_entry_holds_the_hash_of_the_one_before(db: Database, logged: int) -> None:
    entries = await list_(db, logged, after=0, limit=100)

    assert [entry.seq for entry in entries] == list(range(1, 11))
    assert [entry.previous for entry in entries] == [BEGINNING, *(entry.hash for entry in entries[:-1])]
    assert [entry.hash for entry in entries] == [hash_of(entry) for entry in entries]
    assert await find_head(db, logged) == Head(10, entries[-1].hash)


async def test_a_hash_covers_every_field(db: Database, logged: int) -> None:
    (entry,) = await list_(db, logged, after=4, limit=1)
    others = [
        replace(entry, account_id=2),
        replace(entry, seq=6),
        replace(entry, at=entry.at + 1),
        replace(entry, kind="session"),
        replace(entry, credential="x"),
        replace(entry, action="secret.written"),
        replace(entry, identity_uuid=""),
        replace(entry, target="{}"),
        replace(entry, peer="192.0.2.1"),
        replace(entry, request_id="x"),
        replace(entry, result="auth.forbidden"),
        replace(entry, previous=BEGINNING),
        # The same letters, with the border between two fields elsewhere.
        replace(entry, action="secret.rea", identity_uuid="d" + entry.identity_uuid),
    ]

    assert len({hash_of(each) for each in (entry, *others)}) == len(others) + 1


async def test_a_log_that_nobody_touched_is_whole(db: Database, logged: int) -> None:
    verdict = await verify(db, logged)

    assert (verdict.rows, whats(verdict)) == (10, [])
    assert verdict.head == await find_head(db, logged)


async def test_an_account_without_entries_is_whole(db: Database) -> None:
    assert await verify(db, 12345) == Verdict()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET result = 'x'",
        "UPDATE audit SET at = at",
        "DELETE FROM audit",
        "UPDATE audit_heads SET seq = 3",
        "UPDATE audit_heads SET seq = seq",
        "DELETE FROM audit_heads",
    ],
)
async def test_the_database_itself_refuses_to_change_it(db: Database, logged: int, sql: str) -> None:
    with pytest.raises(Exception, match=ONLY_APPENDED):  # each engine's own error
        async with db.begin() as tx:
            await tx.run(sql)

    assert whats(await verify(db, logged)) == []


async def test_the_database_itself_refuses_a_row_that_continues_nothing(db: Database, logged: int) -> None:
    (last,) = await list_(db, logged, limit=1)
    for wrong in (
        replace(last, seq=12, previous=last.hash),
        replace(last, seq=11, previous=BEGINNING),
        replace(last, seq=10),
        replace(last, seq=0),
        replace(last, account_id=999, seq=2),
    ):
        with pytest.raises(Exception, match="continues the one before"):
            async with db.begin() as tx:
                await insert(tx, replace(wrong, hash=hash_of(wrong)))


async def test_what_is_rolled_back_leaves_no_gap(db: Database, audit: Audit, logged: int) -> None:
    async def fail() -> None:
        async with db.begin() as tx:
            await audit.append(tx, logged, "key.created")
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    async with db.begin() as tx:
        await audit.append(tx, logged, "key.revoked")

    verdict = await verify(db, logged)
    assert (verdict.rows, whats(verdict)) == (11, [])


async def test_many_at_once_make_one_chain(db: Database, audit: Audit, logged: int) -> None:
    async def write() -> None:
        async with db.begin() as tx:
            await audit.append(tx, logged, "secret.read")
            await audit.append(tx, logged, "secret.read")

    await asyncio.gather(*(write() for _ in range(30)))

    verdict = await verify(db, logged)
    assert (verdict.rows, whats(verdict)) == (70, [])


async def test_a_log_can_be_walked_while_it_is_written(db: Database, audit: Audit, logged: int, monkeypatch) -> None:
    monkeypatch.setattr("ravi.server.audit.verifying.BATCH", 3)

    async def write() -> None:
        for _ in range(20):
            async with db.begin() as tx:
                await audit.append(tx, logged, "secret.read")

    writing = asyncio.create_task(write())
    verdicts = [await verify(db, logged) for _ in range(5)]
    await writing
    verdicts.append(await verify(db, logged))

    assert [whats(verdict) for verdict in verdicts] == [[]] * 6
    assert verdicts[-1].rows == 30


#: What somebody does who may write to the database and has removed the triggers, and what the walk says.
TAMPERING = {
    "a changed field": (
        ["UPDATE audit SET result = 'ok', action = 'secret.listed' WHERE account_id = :account AND seq = 4"],
        [(4, "this row was changed")],
    ),
    "a changed hash": (
        ["UPDATE audit SET hash = previous WHERE account_id = :account AND seq = 4"],
        [(4, "this row was changed"), (5, "does not follow the one before it")],
    ),
    "a row taken out": (
        ["DELETE FROM audit WHERE account_id = :account AND seq = 4"],
        [(5, "row 4 is missing before this one")],
    ),
    "rows taken out": (
        ["DELETE FROM audit WHERE account_id = :account AND seq BETWEEN 4 AND 6"],
        [(7, "rows 4 to 6 are missing before this one")],
    ),
    "the first row taken out": (
        ["DELETE FROM audit WHERE account_id = :account AND seq = 1"],
        [(2, "row 1 is missing before this one")],
    ),
    "a row taken out, and those behind it moved up": (
        [
            "DELETE FROM audit WHERE account_id = :account AND seq = 9",
            "UPDATE audit SET seq = 9 WHERE account_id = :account AND seq = 10",
        ],
        [(9, "this row was changed"), (10, "1 rows are missing at the end")],
    ),
    "two rows exchanged": (
        [
            "UPDATE audit SET seq = 100 WHERE account_id = :account AND seq = 4",
            "UPDATE audit SET seq = 4 WHERE account_id = :account AND seq = 5",
            "UPDATE audit SET seq = 5 WHERE account_id = :account AND seq = 100",
        ],
        [(4, "this row was changed"), (5, "this row was changed"), (6, "does not follow")],
    ),
    "the end taken off": (
        ["DELETE FROM audit WHERE account_id = :account AND seq > 8"],
        [(9, "2 rows are missing at the end, up to 10")],
    ),
    "everything taken away": (
        ["DELETE FROM audit WHERE account_id = :account"],
        [(1, "10 rows are missing at the end, up to 10")],
    ),
    "the end taken off, and the head set back by number alone": (
        [
            "DELETE FROM audit WHERE account_id = :account AND seq > 8",
            "UPDATE audit_heads SET seq = 8 WHERE account_id = :account",
        ],
        [(9, "the head has another hash than the last row")],
    ),
    "the head set back": (
        ["UPDATE audit_heads SET seq = 7 WHERE account_id = :account"],
        [(11, "the head says that the log ends with row 7")],
    ),
    "the head taken away": (
        ["DELETE FROM audit_heads WHERE account_id = :account"],
        [(11, "the head says that the log ends with row 0")],
    ),
    "a row put before the first": (
        ["UPDATE audit SET seq = -5 WHERE account_id = :account AND seq = 1"],
        [(-5, "was put before the first"), (2, "missing before this one")],
    ),
    "a row of another account": (
        ["UPDATE audit SET account_id = 999 WHERE account_id = :account AND seq = 10"],
        [(10, "1 rows are missing at the end")],
    ),
}


@pytest.mark.parametrize("name", TAMPERING)
async def test_a_walk_finds(db: Database, logged: int, name: str) -> None:
    statements, expected = TAMPERING[name]
    await open_up(db)
    async with db.begin() as tx:
        for sql in statements:
            await tx.run(sql, account=logged)

    found = whats(await verify(db, logged))

    assert [seq for seq, _ in found] == [seq for seq, _ in expected]
    assert [what for (_, what), (_, part) in zip(found, expected, strict=True) if part not in what] == []


async def test_a_row_with_a_fitting_hash_put_in_the_middle_is_found(db: Database, logged: int) -> None:
    fourth, fifth = await list_(db, logged, after=3, limit=2)
    forged = replace(fifth, target='{"names":["HARMLESS"]}')
    await open_up(db)
    async with db.begin() as tx:
        await tx.run("DELETE FROM audit WHERE account_id = :account AND seq = 5", account=logged)
        await insert(tx, replace(forged, hash=hash_of(forged)))

    assert fourth.hash == forged.previous
    assert whats(await verify(db, logged)) == [
        (6, "this row does not follow the one before it: one of the two was replaced")
    ]


async def test_a_log_that_was_written_anew_is_found_by_a_hash_that_was_noted(db: Database, logged: int) -> None:
    """The one forgery that hashes alone cannot show, because they are no secret."""
    noted = (await find_head(db, logged)).hash
    assert (await verify(db, logged, expect=noted)).expected_at == 10
    await open_up(db)
    async with db.begin() as tx:
        before, *rest = await list_(tx, logged, after=5, limit=100)
        await tx.run("DELETE FROM audit WHERE account_id = :account AND seq > 6", account=logged)
        for seq, entry in enumerate(rest[1:], 7):  # without the seventh
            forged = replace(entry, seq=seq, previous=before.hash)
            before = replace(forged, hash=hash_of(forged))
            await insert(tx, before)
        await tx.run(
            "UPDATE audit_heads SET seq = :seq, hash = :hash WHERE account_id = :account",
            seq=before.seq,
            hash=before.hash,
            account=logged,
        )

    verdict = await verify(db, logged, expect=noted)

    assert whats(verdict) == []
    assert verdict.expected_at is None


async def test_entries_are_found_by_identity_time_and_number(
    db: Database, audit: Audit, logged: int, clock: Clock
) -> None:
    before = clock()
    clock.advance(hours=1)
    async with db.begin() as tx:
        await audit.append(tx, logged, "key.created", identity="i1")
    later = before + timedelta(minutes=30)

    async def seqs(**wanted: object) -> list[int]:
        found, head = await audit.list_(logged, **wanted)  # type: ignore[arg-type]  # any of them
        assert head.seq == 11
        return [entry.seq for entry in found]

    assert await seqs(limit=3) == [9, 10, 11]
    assert await seqs(after=2, limit=3) == [3, 4, 5]
    assert await seqs(after=11) == []
    assert await seqs(identity_uuid="i1", limit=2) == [9, 11]
    assert await seqs(identity_uuid="i1", after=3, limit=2) == [5, 7]
    assert await seqs(identity_uuid="nobody") == []
    assert await seqs(since=later) == [11]
    assert await seqs(until=later, limit=2) == [9, 10]
    assert await seqs(since=before, until=before) == []


async def test_accounts_have_logs_of_their_own(db: Database, audit: Audit, logged: int, stranger: Account) -> None:
    async with db.begin() as tx:
        await audit.append(tx, stranger.id, "key.created")

    assert [entry.seq for entry in (await audit.list_(stranger.id))[0]] == [1, 2]
    assert (await verify(db, stranger.id)).rows == 2
    assert (await verify(db, logged)).rows == 10


async def test_what_somebody_of_another_account_causes_does_not_tell_who_they_are(
    db: Database, audit: Audit, logged: int, stranger: Account
) -> None:
    who = Origin("identity_key", "their-key", "192.0.2.7", "their-request", account_id=stranger.id)
    with acting(who):
        async with db.begin() as tx:
            await audit.append(tx, stranger.id, "email.message.queued")
            await audit.append(tx, logged, "email.message.received")

    (theirs,) = (await audit.list_(stranger.id, limit=1))[0]
    (ours,) = (await audit.list_(logged, limit=1))[0]
    assert (theirs.kind, theirs.credential, theirs.peer) == ("identity_key", "their-key", "192.0.2.7")
    assert (ours.kind, ours.credential, ours.peer, ours.request_id) == ("system", "", "", "")
