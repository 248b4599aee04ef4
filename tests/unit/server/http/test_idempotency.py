"""Idempotency-Key: one thing made, one answer, whatever is repeated, interrupted or guessed."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from ravi.errors import Conflict, IdempotencyMismatch, Malformed
from ravi.server.db import Database
from ravi.server.http.idempotency import KEPT, Idempotency
from tests.support.clock import Clock
from tests.support.rows import names, write_alone

KEY = "0123456789abcdef0123456789abcdef"
Make = Callable[[], Awaitable[tuple[int, bytes]]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def account(db: Database) -> int:
    async with db.begin() as tx:
        for number in (1, 2):
            await tx.run(
                "INSERT INTO accounts (id, uuid, email, first_name, last_name, created_at, updated_at)"
                " VALUES (:id, :name, :name, '', '', 0, 0)",
                id=number,
                name=f"account {number}",
            )
    return 1


@pytest.fixture
def idempotency(db: Database, clock: Clock, account: int) -> Idempotency:
    return Idempotency(db, clock)


class Maker:
    """Makes a thing each time it is asked: a row, and an answer that tells which."""

    def __init__(self, db: Database, *, fails: int = 0) -> None:
        self.db = db
        self.calls = 0
        self._fails = fails

    async def __call__(self) -> tuple[int, bytes]:
        self.calls += 1
        await write_alone(self.db, f"thing {self.calls}")
        await asyncio.sleep(0)
        if self.calls <= self._fails:
            raise Conflict("not now")
        return 201, b'{"api_key": "ravi_id_SECRET", "thing": %d}' % self.calls


async def once(idempotency: Idempotency, make: Make, *, account: int = 1, **more: str | bytes) -> tuple[int, bytes]:
    said = {"caller": "", "key": KEY, "request": b"POST /api/things/ {}", **more}
    return await idempotency.once(account, make=make, **said)


async def test_the_same_request_twice_makes_one_thing_and_gets_one_answer(
    idempotency: Idempotency, db: Database
) -> None:
    make = Maker(db)
    first, second = await once(idempotency, make), await once(idempotency, make)

    assert first == second == (201, b'{"api_key": "ravi_id_SECRET", "thing": 1}')
    assert await names(db) == ["thing 1"]


async def test_another_request_under_the_same_key_is_refused(idempotency: Idempotency, db: Database) -> None:
    make = Maker(db)
    await once(idempotency, make)

    with pytest.raises(IdempotencyMismatch):
        await once(idempotency, make, request=b'POST /api/things/ {"name": "other"}')
    assert make.calls == 1


async def test_twins_that_arrive_together_make_one_thing(idempotency: Idempotency, db: Database) -> None:
    make = Maker(db)
    answers = await asyncio.gather(*(once(idempotency, make) for _ in range(20)))

    assert set(answers) == {(201, b'{"api_key": "ravi_id_SECRET", "thing": 1}')}
    assert await names(db) == ["thing 1"]


async def test_a_failure_is_not_stored_and_leaves_nothing(idempotency: Idempotency, db: Database) -> None:
    make = Maker(db, fails=1)
    with pytest.raises(Conflict):
        await once(idempotency, make)
    assert await names(db) == []

    assert (await once(idempotency, make))[0] == 201
    assert await names(db) == ["thing 2"]


async def test_keys_of_other_accounts_and_callers_are_other_keys(idempotency: Idempotency, db: Database) -> None:
    make = Maker(db)
    await once(idempotency, make)
    await once(idempotency, make, account=2)
    await once(idempotency, make, caller="some-identity")

    assert make.calls == 3


async def test_the_stored_answer_cannot_be_read_from_the_table(idempotency: Idempotency, db: Database) -> None:
    await once(idempotency, Maker(db))

    rows = await db.all("SELECT * FROM idempotency")
    stored = b"".join(bytes(value) for value in rows[0] if isinstance(value, bytes | memoryview))
    assert b"SECRET" not in stored
    assert KEY.encode() not in stored
    assert hashlib.sha256(KEY.encode()).digest() not in stored, "the sealing key must not follow from what is stored"


async def test_an_answer_is_kept_for_a_day_and_then_forgotten(
    idempotency: Idempotency, db: Database, clock: Clock
) -> None:
    make = Maker(db)
    await once(idempotency, make)
    clock.at += KEPT
    assert await idempotency.forget_old() == 0
    await once(idempotency, make)
    assert make.calls == 1

    clock.at += timedelta(microseconds=1)
    assert await idempotency.forget_old() == 1
    await once(idempotency, make)
    assert make.calls == 2


@pytest.mark.parametrize("key", ["", "ü", "a\nb", "x" * 256, "a\x00b"])
async def test_an_unusable_key_is_malformed(idempotency: Idempotency, db: Database, key: str) -> None:
    make = Maker(db)
    with pytest.raises(Malformed):
        await once(idempotency, make, key=key)
    assert make.calls == 0


@pytest.mark.parametrize("key", ["x", "x" * 255, "with spaces; and: signs"])
async def test_every_printable_key_will_do(idempotency: Idempotency, db: Database, key: str) -> None:
    assert (await once(idempotency, Maker(db), key=key))[0] == 201
