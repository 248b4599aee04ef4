"""All SQL of login."""

from datetime import datetime

from ravi.server.db import Queries, Row, Transaction, from_micros, micros
from ravi.server.login.records import Asker, Grant, GrantState, WebSession

_SELECT_GRANT = (
    "SELECT id, device_hash, hostname, workspace, address, state, account_id, created_at, expires_at, redeemed_at,"
    " answer FROM device_grants"
)


async def insert_grant(
    tx: Transaction, *, device_hash: bytes, user_code: str, asker: Asker, at: datetime, expires_at: datetime
) -> bool:
    """Store a pending grant. Returns False, and stores nothing, when the user code is in use."""
    row = await tx.one(
        "INSERT INTO device_grants"
        " (device_hash, user_code, hostname, workspace, address, state, created_at, expires_at)"
        " VALUES (:device, :user, :hostname, :workspace, :address, 'pending', :at, :expires)"
        " ON CONFLICT (user_code) DO NOTHING RETURNING id",
        device=device_hash,
        user=user_code,
        hostname=asker.hostname,
        workspace=asker.workspace,
        address=asker.address,
        at=micros(at),
        expires=micros(expires_at),
    )
    return row is not None


async def find_grant_by_device(db: Queries, device_hash: bytes) -> Grant | None:
    row = await db.one(_SELECT_GRANT + " WHERE device_hash = :device", device=device_hash)
    return _grant(row) if row else None


async def find_grant_by_user_code(db: Queries, user_code: str) -> Grant | None:
    row = await db.one(_SELECT_GRANT + " WHERE user_code = :user", user=user_code)
    return _grant(row) if row else None


async def decide_grant(tx: Transaction, grant_id: int, state: GrantState, account_id: int, *, at: datetime) -> bool:
    """Move a pending, living grant to *state*. Returns False when somebody else was first or time ran out."""
    changed = await tx.run(
        "UPDATE device_grants SET state = :state, account_id = :account"
        " WHERE id = :id AND state = 'pending' AND expires_at > :at",
        state=state,
        account=account_id,
        id=grant_id,
        at=micros(at),
    )
    return changed == 1


async def take_back_approvals(tx: Transaction, account_id: int) -> int:
    """Make every approval of the account that no device has collected a refusal; return how many."""
    return await tx.run(
        "UPDATE device_grants SET state = 'denied' WHERE account_id = :account AND state = 'approved'",
        account=account_id,
    )


async def redeem_grant(tx: Transaction, grant_id: int, *, at: datetime) -> bool:
    """Take an approved grant. Of several that try at once, one gets True."""
    changed = await tx.run(
        "UPDATE device_grants SET state = 'redeemed', redeemed_at = :at WHERE id = :id AND state = 'approved'",
        id=grant_id,
        at=micros(at),
    )
    return changed == 1


async def keep_answer(tx: Transaction, grant_id: int, answer: bytes) -> None:
    await tx.run("UPDATE device_grants SET answer = :answer WHERE id = :id", answer=answer, id=grant_id)


async def forget_answers(tx: Transaction, *, redeemed_before: datetime) -> int:
    """Drop the sealed answers that may no longer be read; return how many."""
    return await tx.run(
        "UPDATE device_grants SET answer = NULL WHERE answer IS NOT NULL AND redeemed_at < :before",
        before=micros(redeemed_before),
    )


async def delete_grants(tx: Transaction, *, expired_before: datetime) -> int:
    return await tx.run("DELETE FROM device_grants WHERE expires_at < :before", before=micros(expired_before))


async def insert_session(tx: Transaction, session_hash: bytes, session: WebSession, *, at: datetime) -> None:
    await tx.run(
        "INSERT INTO web_sessions (account_id, hash, created_at, expires_at) VALUES (:account, :hash, :at, :expires)",
        account=session.account_id,
        hash=session_hash,
        at=micros(at),
        expires=micros(session.expires_at),
    )


async def find_session(db: Queries, session_hash: bytes) -> WebSession | None:
    row = await db.one("SELECT account_id, expires_at FROM web_sessions WHERE hash = :hash", hash=session_hash)
    return WebSession(row[0], from_micros(row[1])) if row else None


async def delete_session(tx: Transaction, session_hash: bytes) -> None:
    await tx.run("DELETE FROM web_sessions WHERE hash = :hash", hash=session_hash)


async def delete_sessions_of(tx: Transaction, account_id: int) -> int:
    return await tx.run("DELETE FROM web_sessions WHERE account_id = :account", account=account_id)


async def delete_sessions(tx: Transaction, *, expired_before: datetime) -> int:
    return await tx.run("DELETE FROM web_sessions WHERE expires_at < :before", before=micros(expired_before))


def _grant(row: Row) -> Grant:
    id_, device, hostname, workspace, address, state, account, created, expires, redeemed, answer = row
    return Grant(
        id=id_,
        device_hash=bytes(device),
        asker=Asker(hostname, workspace, address),
        state=state,
        account_id=account,
        created_at=from_micros(created),
        expires_at=from_micros(expires),
        redeemed_at=None if redeemed is None else from_micros(redeemed),
        answer=None if answer is None else bytes(answer),
    )
