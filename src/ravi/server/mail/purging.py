"""
Erasing the mail of an identity that was ended, a part at a time, so that nobody waits long for the database meanwhile.

SQL included, because which rows a part is decides all of it. What hangs on messages goes with them.
"""

from ravi.server.db import Transaction
from ravi.server.mail import search

#: A part: so many messages, or fewer that have so many bytes together. SQLite writes zeros over all of them.
MOST_MESSAGES = 200
MOST_BYTES = 4 * 1024 * 1024


async def purge_part(tx: Transaction, dialect: str, account_id: int, identity_id: int) -> bool:
    """Erase some of the identity's messages, the oldest first; return whether there were any."""
    rows = await tx.all(
        "SELECT id, size FROM messages WHERE identity_id = :identity AND account_id = :account ORDER BY id LIMIT :most",
        identity=identity_id,
        account=account_id,
        most=MOST_MESSAGES,
    )
    if not rows:
        return False
    last, size = rows[0]
    for message_pk, more in rows[1:]:
        size += more
        if size > MOST_BYTES:
            break
        last = message_pk
    await search.forget(tx, dialect, account_id, identity_id, last=last)
    await tx.run(
        "DELETE FROM messages WHERE identity_id = :identity AND account_id = :account AND id <= :last",
        identity=identity_id,
        account=account_id,
        last=last,
    )
    return True
