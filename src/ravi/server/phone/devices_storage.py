"""The SQL of what is known about carriers and their devices: when something came, and what was refused."""

from datetime import datetime

from ravi.server.db import Queries, Transaction, from_micros
from ravi.server.phone.records import DeviceRecord


async def note_seen(tx: Transaction, carrier: str, device: str, *, detail: str, text: bool, at: int) -> None:
    """Remember a sign of life; *text*: it was a text. An empty *detail* leaves what was known."""
    await tx.run(
        "INSERT INTO carrier_devices (carrier, device, detail, last_seen_at, last_text_at, last_refused_at,"
        " last_refusal, refused) VALUES (:carrier, :device, :detail, :at, :text_at, NULL, '', 0)"
        " ON CONFLICT (carrier, device) DO UPDATE SET last_seen_at = excluded.last_seen_at,"
        " last_text_at = COALESCE(excluded.last_text_at, carrier_devices.last_text_at),"
        " detail = CASE WHEN excluded.detail = '' THEN carrier_devices.detail ELSE excluded.detail END",
        carrier=carrier,
        device=device,
        detail=detail,
        at=at,
        text_at=at if text else None,
    )


async def note_refused(tx: Transaction, carrier: str, reason: str, *, at: int) -> None:
    """Count a webhook that was refused."""
    await tx.run(
        "INSERT INTO carrier_devices (carrier, device, detail, last_seen_at, last_text_at, last_refused_at,"
        " last_refusal, refused) VALUES (:carrier, '', '', NULL, NULL, :at, :reason, 1)"
        " ON CONFLICT (carrier, device) DO UPDATE SET last_refused_at = excluded.last_refused_at,"
        " last_refusal = excluded.last_refusal, refused = carrier_devices.refused + 1",
        carrier=carrier,
        reason=reason,
        at=at,
    )


async def list_devices(db: Queries) -> list[DeviceRecord]:
    """Return what is known, carrier by carrier."""
    rows = await db.all(
        "SELECT carrier, device, detail, last_seen_at, last_text_at, last_refused_at, last_refusal, refused"
        " FROM carrier_devices ORDER BY carrier, device"
    )
    return [
        DeviceRecord(carrier, device, detail, _time(seen), _time(text), _time(refused_at), refusal, refused)
        for carrier, device, detail, seen, text, refused_at, refusal, refused in rows
    ]


def _time(at: int | None) -> datetime | None:
    return None if at is None else from_micros(at)
