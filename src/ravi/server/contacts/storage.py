"""All SQL of contacts."""

from typing import Any

from ravi.server.contacts.records import Contact
from ravi.server.db import Queries, Row, Transaction, from_micros
from ravi.server.http import Paging

_COLUMNS = (
    "id, uuid, identity_id, email, phone_number, display_name, nickname, is_trusted, source, interaction_count,"
    " last_interaction_at, created_at, updated_at"
)


async def list_(
    db: Queries, account_id: int, identity_id: int | None, *, search: str = "", paging: Paging
) -> tuple[list[Contact], int]:
    """
    Return contacts of one identity, or of the account, oldest first, and how many there are without *paging*.

    With *search* those that have it, in whichever case, in a name or the address.
    """
    conditions = ["account_id = :account"]
    params: dict[str, object] = {"account": account_id}
    if identity_id is not None:
        conditions.append("identity_id = :identity")
        params["identity"] = identity_id
    if search:
        conditions.append("search_text LIKE :search ESCAPE '!'")
        params["search"] = f"%{search.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
    count, page = None, ""
    if paging.limit is not None:
        row = await db.one(f"SELECT COUNT(*) FROM contacts WHERE {' AND '.join(conditions)}", **params)
        count, page = int(row[0]) if row else 0, " LIMIT :limit OFFSET :offset"
        params |= {"limit": paging.limit, "offset": paging.offset}
    rows = await db.all(f"SELECT {_COLUMNS} FROM contacts WHERE {' AND '.join(conditions)} ORDER BY id{page}", **params)
    return [_contact(row) for row in rows], len(rows) if count is None else count


async def find(db: Queries, account_id: int, identity_id: int | None, **wanted: str) -> Contact | None:
    """Return the oldest contact whose `uuid`, `email` and `phone_number`, as far as they are named, are these."""
    conditions = ["account_id = :account"]
    params: dict[str, object] = {"account": account_id, **wanted}
    if identity_id is not None:
        conditions.append("identity_id = :identity")
        params["identity"] = identity_id
    elif "uuid" not in wanted:  # the indexes of addresses and numbers begin with the identity
        conditions.append("identity_id IN (SELECT id FROM identities WHERE account_id = :account)")
    conditions += [f"{column} = :{column}" for column in wanted]
    row = await db.one(
        f"SELECT {_COLUMNS} FROM contacts WHERE {' AND '.join(conditions)} ORDER BY id LIMIT 1", **params
    )
    return None if row is None else _contact(row)


async def insert(
    tx: Transaction,
    account_id: int,
    identity_id: int,
    *,
    uuid: str,
    email: str | None,
    phone_number: str | None,
    display_name: str,
    nickname: str,
    is_trusted: bool,
    at: int,
) -> bool:
    """Write a contact made by hand; return False when the identity has one with that address or number."""
    row = await tx.one(
        "INSERT INTO contacts (uuid, account_id, identity_id, email, phone_number, display_name, nickname, search_text,"
        " is_trusted, source, interaction_count, created_at, updated_at)"
        " VALUES (:uuid, :account, :identity, :email, :phone_number, :display_name, :nickname, :search_text,"
        " :is_trusted, 'manual', 0, :at, :at) ON CONFLICT DO NOTHING RETURNING id",
        uuid=uuid,
        account=account_id,
        identity=identity_id,
        email=email,
        phone_number=phone_number,
        display_name=display_name,
        nickname=nickname,
        search_text=search_text(display_name, nickname, email or ""),
        is_trusted=int(is_trusted),
        at=at,
    )
    return row is not None


async def touch(
    tx: Transaction,
    account_id: int,
    identity_id: int,
    *,
    uuid: str,
    column: str,
    value: str,
    display_name: str,
    at: int,
) -> None:
    """Count one more message exchanged with whom *column* (`email` or `phone_number`) names, new or not."""
    email = value if column == "email" else ""
    await tx.run(
        f"INSERT INTO contacts (uuid, account_id, identity_id, {column}, display_name, nickname, search_text,"
        " is_trusted, source, interaction_count, last_interaction_at, created_at, updated_at)"
        " VALUES (:uuid, :account, :identity, :value, :display_name, '', :search_text, 0, 'auto', 1, :at, :at, :at)"
        f" ON CONFLICT (identity_id, {column}) DO UPDATE SET"
        " interaction_count = contacts.interaction_count + 1, last_interaction_at = :at",
        uuid=uuid,
        account=account_id,
        identity=identity_id,
        value=value,
        display_name=display_name,
        search_text=search_text(display_name, "", email),
        at=at,
    )


async def update(tx: Transaction, account_id: int, contact: Contact, *, at: int) -> None:
    """Write what may be changed of *contact*. The caller has looked for clashes."""
    await tx.run(
        "UPDATE contacts SET email = :email, phone_number = :phone_number, display_name = :display_name,"
        " nickname = :nickname, search_text = :search_text, is_trusted = :is_trusted, source = :source,"
        " updated_at = :at WHERE id = :id AND account_id = :account",
        email=contact.email or None,
        phone_number=contact.phone_number or None,
        display_name=contact.display_name,
        nickname=contact.nickname,
        search_text=search_text(contact.display_name, contact.nickname, contact.email),
        is_trusted=int(contact.is_trusted),
        source=contact.source,
        at=at,
        id=contact.id,
        account=account_id,
    )


async def delete(tx: Transaction, account_id: int, contact_id: int) -> bool:
    """Erase the contact; return False when it is gone already."""
    erased = await tx.run(
        "DELETE FROM contacts WHERE id = :id AND account_id = :account", id=contact_id, account=account_id
    )
    return erased == 1


async def is_trusted(db: Queries, account_id: int, identity_id: int, value: str, *, column: str = "email") -> bool:
    """Whether the contact whose *column* (email or phone_number) is *value* is trusted."""
    row = await db.one(
        "SELECT is_trusted FROM contacts WHERE identity_id = :identity AND account_id = :account"
        f" AND {column} = :value",
        identity=identity_id,
        account=account_id,
        value=value,
    )
    return row is not None and bool(row[0])


async def erase(tx: Transaction, account_id: int, identity_id: int) -> int:
    """Erase an identity's contacts; return how many that were."""
    return await tx.run(
        "DELETE FROM contacts WHERE identity_id = :identity AND account_id = :account",
        identity=identity_id,
        account=account_id,
    )


def search_text(*texts: str) -> str:
    """What a contact is found by, in small letters: engines do not agree on what those are outside ASCII."""
    return "\n".join(texts).casefold()


def _contact(row: Row) -> Contact:
    id_, uuid, identity, email, number, display_name, nickname, trusted, source, count, last, created, updated = row
    columns: dict[str, Any] = {"id": id_, "uuid": uuid, "identity_id": identity, "source": source}
    return Contact(
        **columns,
        email=email or "",
        phone_number=number or "",
        display_name=display_name,
        nickname=nickname,
        is_trusted=bool(trusted),
        interaction_count=count,
        last_interaction_at=None if last is None else from_micros(last),
        created_at=from_micros(created),
        updated_at=from_micros(updated),
    )
