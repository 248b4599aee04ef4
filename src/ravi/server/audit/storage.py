"""
All SQL of the audit log.

Heads are written by the database itself (0005_containment.sql): a trigger moves the head with each row, and others
refuse rows that do not continue it, changes and deletions.
"""

from collections.abc import Sequence

from msgspec.structs import astuple

from ravi.server.audit.records import Entry, Head
from ravi.server.db import Queries, Transaction
from ravi.server.db.many import insert_many as insert_rows

_COLUMNS = (
    "account_id, seq, at, kind, credential, action, identity_uuid, target, peer, request_id, result, previous, hash"
)


async def find_head(db: Queries, account_id: int) -> Head:
    """Return where the account's log ends."""
    row = await db.one("SELECT seq, hash FROM audit_heads WHERE account_id = :account", account=account_id)
    return Head(*row) if row else Head()


async def insert(tx: Transaction, entry: Entry) -> None:
    """Append *entry*, which must continue the account's log."""
    await tx.run(
        "INSERT INTO audit (account_id, seq, at, kind, credential, action, identity_uuid, target, peer, request_id,"
        " result, previous, hash) VALUES (:account, :seq, :at, :kind, :credential, :action, :identity, :target, :peer,"
        " :request, :result, :previous, :hash)",
        account=entry.account_id,
        seq=entry.seq,
        at=entry.at,
        kind=entry.kind,
        credential=entry.credential,
        action=entry.action,
        identity=entry.identity_uuid,
        target=entry.target,
        peer=entry.peer,
        request=entry.request_id,
        result=entry.result,
        previous=entry.previous,
        hash=entry.hash,
    )


async def insert_many(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Append *entries*, the first of which must continue the account's log, and each the one before it."""
    await insert_rows(
        tx,
        "INSERT INTO audit (account_id, seq, at, kind, credential, action, identity_uuid, target, peer, request_id,"
        " result, previous, hash)",
        [astuple(entry) for entry in entries],
    )


async def list_(
    db: Queries,
    account_id: int,
    *,
    identity_uuid: str | None = None,
    since: int | None = None,
    until: int | None = None,
    after: int | None = None,
    limit: int,
) -> list[Entry]:
    """
    Return at most *limit* entries, by number: with *after* the first ones behind that number, else the last ones.

    Of *identity_uuid* only, and from *since* (inclusive) to *until* (exclusive), both in microseconds.
    """
    conditions = ["account_id = :account"]
    params: dict[str, object] = {"account": account_id, "limit": limit}
    for condition, name, value in (
        ("identity_uuid = :identity", "identity", identity_uuid),
        ("at >= :since", "since", since),
        ("at < :until", "until", until),
        ("seq > :after", "after", after),
    ):
        if value is not None:
            conditions.append(condition)
            params[name] = value
    # By time where only that restricts, so that the index of times is used: an hour ago is soon found.
    order = "seq" if after is not None else "seq DESC" if identity_uuid is not None else "at DESC, seq DESC"
    rows = await db.all(
        f"SELECT {_COLUMNS} FROM audit WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT :limit", **params
    )
    return sorted((Entry(*row) for row in rows), key=lambda entry: entry.seq)
