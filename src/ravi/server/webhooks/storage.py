"""All SQL of webhooks and their deliveries."""

from collections.abc import Collection

import msgspec

from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.webhooks.records import Delivery, Due, Status, Webhook

_WEBHOOK = (
    "w.id, w.uuid, w.account_id, w.identity_id, i.uuid, w.url, w.enabled, w.event_types, w.signing_secret, w.cursor,"
    " w.failures, w.created_at, w.updated_at"
)
_WEBHOOKS = "webhooks w LEFT JOIN identities i ON i.id = w.identity_id"
#: Whether its identity is switched off, or its time is over and the reaper has not come yet.
_HELD = "w.identity_id IS NOT NULL AND (i.status <> 'active' OR COALESCE(i.expires_at <= :now, FALSE))"
_DELIVERY = (
    "d.id, d.uuid, d.webhook_id, w.url, d.event_id, d.event_type, d.payload, d.status, d.attempts, d.next_at,"
    " d.response_status, d.response_preview, d.last_error, d.created_at, d.updated_at"
)
_DELIVERIES = "webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id"


async def insert(
    tx: Transaction,
    *,
    uuid: str,
    account_id: int,
    identity_id: int | None,
    url: str,
    enabled: bool,
    event_types: list[str],
    signing_secret: str,
    cursor: int,
    at: int,
) -> int:
    """Insert a webhook and return its row id."""
    row = await tx.one(
        "INSERT INTO webhooks (uuid, account_id, identity_id, url, enabled, event_types, signing_secret, cursor,"
        " failures, created_at, updated_at) VALUES (:uuid, :account, :identity, :url, :enabled, :types, :secret,"
        " :cursor, 0, :at, :at) RETURNING id",
        uuid=uuid,
        account=account_id,
        identity=identity_id,
        url=url,
        enabled=int(enabled),
        types=msgspec.json.encode(event_types).decode(),
        secret=signing_secret,
        cursor=cursor,
        at=at,
    )
    assert row is not None  # RETURNING
    return int(row[0])


async def list_(
    db: Queries, account_id: int, identity_id: int | None, *, id: int | None = None, uuid: str | None = None
) -> list[Webhook]:
    """Return the webhooks of one identity, or of the account, oldest first; of them only *id* or *uuid* if given."""
    conditions = ["w.account_id = :account"]
    params: dict[str, object] = {"account": account_id}
    for name, value in (("identity_id", identity_id), ("id", id), ("uuid", uuid)):
        if value is not None:
            conditions.append(f"w.{name} = :{name}")
            params[name] = value
    rows = await db.all(f"SELECT {_WEBHOOK} FROM {_WEBHOOKS} WHERE {' AND '.join(conditions)} ORDER BY w.id", **params)
    return [_webhook(row) for row in rows]


async def count(db: Queries, account_id: int) -> int:
    row = await db.one("SELECT count(*) FROM webhooks WHERE account_id = :account", account=account_id)
    assert row is not None  # an aggregate
    return int(row[0])


async def update(
    tx: Transaction,
    account_id: int,
    id: int,
    *,
    url: str,
    enabled: bool,
    event_types: list[str],
    cursor: int,
    failures: int,
    at: int,
) -> None:
    await tx.run(
        "UPDATE webhooks SET url = :url, enabled = :enabled, event_types = :types, cursor = :cursor,"
        " failures = :failures, updated_at = :at WHERE id = :id AND account_id = :account",
        url=url,
        enabled=int(enabled),
        types=msgspec.json.encode(event_types).decode(),
        cursor=cursor,
        failures=failures,
        at=at,
        id=id,
        account=account_id,
    )


async def delete(tx: Transaction, account_id: int, id: int) -> bool:
    """Erase a webhook with its log; whether it was there."""
    return bool(
        await tx.run("DELETE FROM webhooks WHERE id = :id AND account_id = :account", id=id, account=account_id)
    )


async def erase(tx: Transaction, account_id: int, identity_id: int) -> dict[str, int]:
    """Erase the webhooks of an identity, and what any webhook was told about it; return how many of each."""
    owner: dict[str, object] = {"identity": identity_id, "account": account_id}
    deliveries = await tx.run(
        "DELETE FROM webhook_deliveries WHERE identity_id = :identity AND account_id = :account", **owner
    )
    webhooks = await tx.run("DELETE FROM webhooks WHERE identity_id = :identity AND account_id = :account", **owner)
    return {"webhooks": webhooks, "webhook_deliveries": deliveries}


# --- the log of deliveries


async def list_deliveries(
    db: Queries,
    account_id: int,
    identity_id: int | None,
    *,
    webhook_id: int | None = None,
    limit: int,
    offset: int = 0,
) -> list[Delivery]:
    """Return deliveries of the webhooks of one identity, or of the account, newest first."""
    more, params = _delivery_filter(account_id, identity_id, webhook_id)
    conditions = ["d.account_id = :account", *more]
    rows = await db.all(
        f"SELECT {_DELIVERY} FROM {_DELIVERIES} WHERE {' AND '.join(conditions)}"
        " ORDER BY d.id DESC LIMIT :limit OFFSET :offset",
        **params,
        limit=limit,
        offset=offset,
    )
    return [_delivery(row) for row in rows]


async def count_deliveries(db: Queries, account_id: int, identity_id: int | None, webhook_id: int | None) -> int:
    more, params = _delivery_filter(account_id, identity_id, webhook_id)
    conditions = ["d.account_id = :account", *more]
    row = await db.one(f"SELECT count(*) FROM {_DELIVERIES} WHERE {' AND '.join(conditions)}", **params)
    assert row is not None  # an aggregate
    return int(row[0])


def _delivery_filter(
    account_id: int, identity_id: int | None, webhook_id: int | None
) -> tuple[list[str], dict[str, object]]:
    conditions: list[str] = []
    params: dict[str, object] = {"account": account_id}
    if identity_id is not None:
        # Twice: what was told is the identity's, and so is whom it was told to.
        conditions += ["d.identity_id = :identity", "w.identity_id = :identity"]
        params["identity"] = identity_id
    if webhook_id is not None:
        conditions.append("d.webhook_id = :webhook")
        params["webhook"] = webhook_id
    return conditions, params


async def find_delivery(
    db: Queries, account_id: int, identity_id: int | None, *, id: int | None = None, uuid: str | None = None
) -> Delivery | None:
    more, params = _delivery_filter(account_id, identity_id, None)
    conditions = ["d.account_id = :account", *more]
    for name, value in (("id", id), ("uuid", uuid)):
        if value is not None:
            conditions.append(f"d.{name} = :{name}")
            params[name] = value
    row = await db.one(f"SELECT {_DELIVERY} FROM {_DELIVERIES} WHERE {' AND '.join(conditions)}", **params)
    return _delivery(row) if row else None


async def insert_delivery(
    tx: Transaction,
    *,
    uuid: str,
    account_id: int,
    identity_id: int | None,
    webhook_id: int,
    event_id: str,
    event_type: str,
    payload: str,
    at: int,
) -> int | None:
    """Insert a delivery that is due at once; None when this webhook has one of this event already."""
    row = await tx.one(
        "INSERT INTO webhook_deliveries (uuid, account_id, identity_id, webhook_id, event_id, event_type, payload,"
        " status, attempts, next_at, response_preview, last_error, created_at, updated_at)"
        " VALUES (:uuid, :account, :identity, :webhook, :event, :type, :payload, 'pending', 0, :at, '', '', :at, :at)"
        " ON CONFLICT (webhook_id, event_id) DO NOTHING RETURNING id",
        uuid=uuid,
        account=account_id,
        identity=identity_id,
        webhook=webhook_id,
        event=event_id,
        type=event_type,
        payload=payload,
        at=at,
    )
    return int(row[0]) if row else None


async def delete_old(tx: Transaction, *, before: int, limit: int) -> int:
    """Drop finished deliveries from among the *limit* oldest; return how many."""
    return await tx.run(
        "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM"
        " (SELECT id, created_at, next_at FROM webhook_deliveries ORDER BY id LIMIT :limit) AS oldest"
        " WHERE created_at < :before AND next_at IS NULL)",
        before=before,
        limit=limit,
    )


# --- what the worker asks


async def list_accounts_with_news(db: Queries) -> list[int]:
    """Return the accounts that have a webhook which is behind the event log."""
    rows = await db.all(
        "SELECT DISTINCT w.account_id FROM webhooks w WHERE w.enabled = 1"
        " AND EXISTS (SELECT 1 FROM events e WHERE e.account_id = w.account_id AND e.seq > w.cursor)"
    )
    return [row[0] for row in rows]


async def list_reading(db: Queries, account_id: int, *, now: int) -> list[Webhook]:
    """Return the account's webhooks that events are to be delivered to now."""
    rows = await db.all(
        f"SELECT {_WEBHOOK} FROM {_WEBHOOKS} WHERE w.account_id = :account AND w.enabled = 1"
        f" AND NOT ({_HELD}) ORDER BY w.id",
        account=account_id,
        now=now,
    )
    return [_webhook(row) for row in rows]


async def count_open(db: Queries, account_id: int, webhook_id: int) -> int:
    """Return how many deliveries of a webhook are still to be tried."""
    row = await db.one(
        "SELECT count(*) FROM webhook_deliveries"
        " WHERE webhook_id = :webhook AND next_at IS NOT NULL AND account_id = :account",
        webhook=webhook_id,
        account=account_id,
    )
    assert row is not None  # an aggregate
    return int(row[0])


async def set_cursor(tx: Transaction, account_id: int, webhook_id: int, cursor: int) -> None:
    await tx.run(
        "UPDATE webhooks SET cursor = :cursor WHERE id = :id AND account_id = :account",
        cursor=cursor,
        id=webhook_id,
        account=account_id,
    )


async def is_any_due(db: Queries, *, now: int) -> bool:
    return await db.one("SELECT 1 FROM webhook_deliveries WHERE next_at <= :now LIMIT 1", now=now) is not None


async def list_due(db: Queries, *, now: int, busy: Collection[int], limit: int, skip_locked: bool) -> list[Due]:
    """Return deliveries whose time has come, whoever owns them, the longest overdue first; none of *busy* webhooks."""
    names = {f"busy_{place}": id_ for place, id_ in enumerate(busy)}
    others = f" AND d.webhook_id NOT IN ({', '.join(f':{name}' for name in names)})" if names else ""
    lock = " FOR UPDATE OF d SKIP LOCKED" if skip_locked else ""
    rows = await db.all(
        "SELECT d.id, d.account_id, d.webhook_id, d.event_id, d.event_type, d.payload, d.attempts, w.url,"
        f" w.signing_secret, w.enabled, {_HELD}"
        " FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id"
        " LEFT JOIN identities i ON i.id = w.identity_id"
        f" WHERE d.next_at <= :now{others} ORDER BY d.next_at, d.id LIMIT :limit{lock}",
        now=now,
        limit=limit,
        **names,
    )
    return [_due(row) for row in rows]


async def postpone(tx: Transaction, due: Due, *, until: int) -> None:
    """Let nobody try this delivery before *until*."""
    await tx.run(
        "UPDATE webhook_deliveries SET next_at = :until WHERE id = :id AND account_id = :account",
        until=until,
        id=due.id,
        account=due.account_id,
    )


async def write_down(
    tx: Transaction,
    due: Due,
    *,
    status: Status,
    next_at: int | None,
    response_status: int | None,
    preview: str,
    error: str,
    at: int,
) -> bool:
    """Record a try; False when the delivery is gone, or somebody else has recorded this try."""
    return bool(
        await tx.run(
            "UPDATE webhook_deliveries SET status = :status, attempts = attempts + 1, next_at = :next,"
            " response_status = :answer, response_preview = :preview, last_error = :error, updated_at = :at"
            " WHERE id = :id AND attempts = :attempts AND next_at IS NOT NULL AND account_id = :account",
            status=status,
            next=next_at,
            answer=response_status,
            preview=preview,
            error=error,
            at=at,
            id=due.id,
            attempts=due.attempts,
            account=due.account_id,
        )
    )


async def give_up(tx: Transaction, account_id: int, webhook_id: int, *, error: str, at: int) -> int:
    """End everything that is still to be tried for a webhook; return how many that were."""
    return await tx.run(
        "UPDATE webhook_deliveries SET status = 'failed', next_at = NULL, last_error = :error, updated_at = :at"
        " WHERE webhook_id = :webhook AND next_at IS NOT NULL AND account_id = :account",
        error=error,
        at=at,
        webhook=webhook_id,
        account=account_id,
    )


async def set_failures(tx: Transaction, account_id: int, webhook_id: int, failures: int) -> None:
    await tx.run(
        "UPDATE webhooks SET failures = :failures WHERE id = :id AND account_id = :account",
        failures=failures,
        id=webhook_id,
        account=account_id,
    )


def _webhook(row: Row) -> Webhook:
    id_, uuid, account, identity, identity_uuid, url, enabled, types, secret, cursor, failures, created, updated = row
    return Webhook(
        id=id_,
        uuid=uuid,
        account_id=account,
        identity_id=identity,
        identity_uuid=identity_uuid,
        url=url,
        enabled=bool(enabled),
        event_types=msgspec.json.decode(types, type=list[str]),
        signing_secret=secret,
        cursor=cursor,
        failures=failures,
        created_at=from_micros(created),
        updated_at=from_micros(updated),
    )


def _due(row: Row) -> Due:
    id_, account, webhook, event, type_, payload, attempts, url, secret, enabled, held = row
    return Due(
        id=id_,
        account_id=account,
        webhook_id=webhook,
        event_id=event,
        event_type=type_,
        payload=payload,
        attempts=attempts,
        url=url,
        signing_secret=secret,
        enabled=bool(enabled),
        held=bool(held),
    )


def _delivery(row: Row) -> Delivery:
    id_, uuid, webhook, url, event, type_, payload, status, attempts, next_at, answer, preview, error, *times = row
    created, updated = times
    return Delivery(
        id=id_,
        uuid=uuid,
        webhook_id=webhook,
        webhook_url=url,
        event_id=event,
        event_type=type_,
        payload=payload,
        status=status,
        attempts=attempts,
        next_at=None if next_at is None else from_micros(next_at),
        response_status=answer,
        response_preview=preview,
        last_error=error,
        created_at=from_micros(created),
        updated_at=from_micros(updated),
    )
