"""Whose an address is, whoever asks: for mail that arrives."""

from dataclasses import dataclass

from ravi.server.db import Queries


@dataclass(frozen=True, slots=True)
class FoundMailbox:
    """An address that somebody has or had. `released`: its identity was deleted, and then there is no identity."""

    account_id: int
    identity_id: int
    identity_uuid: str
    inbox_id: int
    address: str
    disabled: bool
    released: bool


async def find(db: Queries, address: str, *, at: int) -> FoundMailbox | None:
    """Return whose *address* (lower case, whole) is; an identity whose time is over counts as deleted."""
    row = await db.one(
        "SELECT a.account_id, a.identity_id, i.uuid, a.id, a.address, i.status, i.expires_at"
        " FROM addresses a LEFT JOIN identities i ON i.id = a.identity_id WHERE a.address = :address",
        address=address,
    )
    if row is None:
        return None
    account_id, identity_id, uuid, inbox_id, found, status, expires_at = row
    gone = identity_id is None or (expires_at is not None and expires_at <= at)
    return FoundMailbox(
        account_id=account_id,
        identity_id=identity_id or 0,
        identity_uuid=uuid or "",
        inbox_id=inbox_id,
        address=found,
        disabled=status == "disabled",
        released=gone,
    )


async def has_domain(db: Queries, domain: str) -> bool:
    """Tell whether addresses on *domain* (lower case) are this server's."""
    return await db.one("SELECT 1 FROM domains WHERE domain = :domain", domain=domain) is not None
