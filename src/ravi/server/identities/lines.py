"""Whose a number is, whoever asks: for texts that arrive, and for those that go out."""

from dataclasses import dataclass

from ravi.server.db import Queries, Row


@dataclass(frozen=True, slots=True)
class Line:
    """A number that somebody has or had. `released`: its identity has given it back, or was deleted."""

    number_id: int
    number: str
    carrier: str
    ref: str
    account_id: int
    identity_id: int
    identity_uuid: str
    disabled: bool
    released: bool


_LINE = (
    "SELECT n.id, n.number, n.carrier, n.ref, n.account_id, n.identity_id, i.uuid, i.status, i.expires_at"
    " FROM numbers n LEFT JOIN identities i ON i.id = n.identity_id"
)


async def find(db: Queries, number: str, *, at: int) -> Line | None:
    """Return whose *number* (E.164) is; an identity whose time is over counts as deleted."""
    row = await db.one(f"{_LINE} WHERE n.number = :number", number=number)
    return None if row is None else _line(row, at)


async def find_of(db: Queries, account_id: int, identity_id: int, *, at: int) -> Line | None:
    """Return the identity's number; None when it has none."""
    row = await db.one(
        f"{_LINE} WHERE n.identity_id = :identity AND n.account_id = :account AND n.number IS NOT NULL",
        identity=identity_id,
        account=account_id,
    )
    return None if row is None else _line(row, at)


def _line(row: Row, at: int) -> Line:
    number_id, number, carrier, ref, account_id, identity_id, uuid, status, expires_at = row
    gone = identity_id is None or (expires_at is not None and expires_at <= at)
    return Line(
        number_id=number_id,
        number=number,
        carrier=carrier,
        ref=ref,
        account_id=account_id,
        identity_id=identity_id or 0,
        identity_uuid=uuid or "",
        disabled=status == "disabled",
        released=gone,
    )
