"""All SQL of files on their way into a message."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ravi.server.db import Queries, Transaction


@dataclass(frozen=True, slots=True)
class Announced:
    """What was said about a file before it came. `size` in bytes; `identity_id` where only that may send it."""

    account_id: int
    identity_id: int | None
    uuid: str
    filename: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is there."""

    uuid: str
    filename: str
    content_type: str
    content: bytes = field(repr=False)


async def insert(tx: Transaction, announced: Announced, *, at: int, expires_at: int) -> None:
    await tx.run(
        "INSERT INTO uploads"
        " (uuid, account_id, identity_id, filename, content_type, size, content, created_at, expires_at)"
        " VALUES (:uuid, :account, :identity, :filename, :content_type, :size, NULL, :at, :expires_at)",
        uuid=announced.uuid,
        account=announced.account_id,
        identity=announced.identity_id,
        filename=announced.filename,
        content_type=announced.content_type,
        size=announced.size,
        at=at,
        expires_at=expires_at,
    )


async def find_announced(db: Queries, uuid: str, *, at: int) -> Announced | None:
    """Return what was announced with *uuid*, whoever's it is: a signature has said that the caller may know."""
    row = await db.one(
        "SELECT account_id, identity_id, uuid, filename, content_type, size FROM uploads"
        " WHERE uuid = :uuid AND expires_at > :at",
        uuid=uuid,
        at=at,
    )
    return None if row is None else Announced(*row)


async def store(tx: Transaction, account_id: int, uuid: str, content: bytes, *, expires_at: int) -> bool:
    """Keep the bytes; False when the row is gone."""
    changed = await tx.run(
        "UPDATE uploads SET content = :content, expires_at = :expires_at WHERE account_id = :account AND uuid = :uuid",
        content=content,
        expires_at=expires_at,
        account=account_id,
        uuid=uuid,
    )
    return changed == 1


async def find_sizes(
    db: Queries, account_id: int, identity_id: int, uuids: Sequence[str], *, at: int
) -> dict[str, int]:
    """Return the sizes of those of *uuids* that the identity may send and that are uploaded."""
    found: dict[str, int] = {}
    for uuid in uuids:
        row = await db.one(
            "SELECT size FROM uploads WHERE account_id = :account AND uuid = :uuid AND content IS NOT NULL"
            " AND (identity_id IS NULL OR identity_id = :identity) AND expires_at > :at",
            account=account_id,
            identity=identity_id,
            uuid=uuid,
            at=at,
        )
        if row is not None:
            found[uuid] = row[0]
    return found


async def find(db: Queries, account_id: int, identity_id: int, uuid: str, *, at: int) -> Upload | None:
    row = await db.one(
        "SELECT uuid, filename, content_type, content FROM uploads WHERE account_id = :account AND uuid = :uuid"
        " AND (identity_id IS NULL OR identity_id = :identity) AND content IS NOT NULL AND expires_at > :at",
        account=account_id,
        identity=identity_id,
        uuid=uuid,
        at=at,
    )
    return None if row is None else Upload(row[0], row[1], row[2], bytes(row[3]))


async def delete(tx: Transaction, account_id: int, uuids: Sequence[str]) -> int:
    """Delete what became part of a message; return how many were there."""
    deleted = 0
    for uuid in uuids:
        deleted += await tx.run(
            "DELETE FROM uploads WHERE account_id = :account AND uuid = :uuid", account=account_id, uuid=uuid
        )
    return deleted


async def delete_expired(tx: Transaction, *, at: int) -> int:
    return await tx.run("DELETE FROM uploads WHERE expires_at <= :at", at=at)
