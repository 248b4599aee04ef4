"""Which messages belong together, and the SQL of it."""

import hashlib
import re

from ravi.server.db import Queries, Row, from_micros
from ravi.server.http import Paging
from ravi.server.mail.records import Thread

#: "Re:", "Fwd:" and what they are called elsewhere, with counters ("Re[2]:") and repetitions.
_PREFIX = re.compile(
    r"(?:(?:re|aw|antwort|antw|sv|vs|odp|ynt|rif|res|回复|答复|回覆|fwd?|wg|tr|rv|enc|转发|轉寄)"
    r" ?(?:\[\d{1,3}\])? ?[:\uff1a] ?)+",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"\s+")
_MOST_OF_A_SUBJECT = 1_000
#: How many of a message's References are looked for, from the newest on, beside the oldest.
MOST_REFERENCES = 20
#: A Message-ID that can stand in a path as it is: some published clients do not encode it. Others are hashed.
_PLAIN_ID = re.compile(r"<[A-Za-z0-9!$&'*+.=^_{|}~-]+@[A-Za-z0-9.\[\]:_-]+>")
_LONGEST_PLAIN_ID = 250


def bare_subject(subject: str) -> str:
    """*subject* without the prefixes of replies and forwards, blanks folded."""
    return _PREFIX.sub("", _folded(subject), count=1) if is_answer(subject) else _folded(subject)


def is_answer(subject: str) -> bool:
    """Whether *subject* says that it answers or passes on something."""
    return _PREFIX.match(_folded(subject)) is not None


def _folded(subject: str) -> str:
    return _BLANKS.sub(" ", subject[:_MOST_OF_A_SUBJECT]).strip()


def conversation_of(subject: str, correspondent: str) -> int | None:
    """
    Return the number that messages about *subject* exchanged with *correspondent* share; None without both.

    63 bits and a sign of a hash: a number is small in an index, and nobody writes a subject that hits another's.
    """
    bare = bare_subject(subject).lower()
    if not bare or not correspondent:
        return None
    digest = hashlib.sha256(f"{correspondent.lower()}\n{bare}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def new_thread_id(message_id: str) -> str:
    """Return what the thread is called that the message with *message_id* begins: that, or a name made from it."""
    if len(message_id) <= _LONGEST_PLAIN_ID and _PLAIN_ID.fullmatch(message_id):
        return message_id
    return f"<{hashlib.sha256(message_id.encode()).hexdigest()[:40]}@thread.invalid>"


async def find_thread(
    db: Queries,
    account_id: int,
    identity_id: int,
    *,
    references: tuple[str, ...],
    subject: str,
    conversation: int | None,
) -> str | None:
    """
    Return the thread that a message continues, None when it begins one.

    By *references* (References, then In-Reply-To: oldest first) if any of them is there; then, for a subject that says
    it is an answer, by its *conversation*, which is with one correspondent: a stranger who knows a subject does not get
    in.
    """
    found = await _thread_of(db, account_id, identity_id, references)
    if found is None and conversation is not None and is_answer(subject):
        row = await db.one(
            "SELECT thread_id FROM messages WHERE identity_id = :identity AND conversation = :conversation"
            " AND account_id = :account ORDER BY id DESC LIMIT 1",
            identity=identity_id,
            account=account_id,
            conversation=conversation,
        )
        found = None if row is None else str(row[0])
    return found


async def _thread_of(db: Queries, account_id: int, identity_id: int, references: tuple[str, ...]) -> str | None:
    """Return the thread of the newest of *references* that is there."""
    wanted = list(dict.fromkeys((*references[:1], *references[-MOST_REFERENCES:])))
    if not wanted:
        return None
    names = {f"id_{place}": value for place, value in enumerate(wanted)}
    # Many messages may share one Message-ID; no more of them are looked at than an honest thread has.
    rows = await db.all(
        "SELECT message_id, thread_id FROM messages WHERE account_id = :account AND identity_id = :identity"
        f" AND message_id IN ({', '.join(f':{name}' for name in names)}) LIMIT 100",
        identity=identity_id,
        account=account_id,
        **names,
    )
    threads: dict[str, str] = dict(rows)
    return next((threads[each] for each in reversed(wanted) if each in threads), None)


async def list_threads(
    db: Queries, account_id: int, identity_id: int | None, *, unread: bool, paging: Paging
) -> tuple[list[Thread], int]:
    """
    Return threads, the one with the newest message first, and how many there are without *paging*.

    With *unread* only those that hold an unread message.
    """
    conditions = ["account_id = :account"]
    params: dict[str, object] = {"account": account_id}
    if identity_id is not None:
        conditions.append("identity_id = :identity")
        params["identity"] = identity_id
    else:  # the index that this is made of begins with the identity
        conditions.append("identity_id IN (SELECT id FROM identities WHERE account_id = :account)")
    having = " HAVING SUM(1 - is_read) > 0" if unread else ""
    count = None
    if paging.limit is not None:
        row = await db.one(
            "SELECT COUNT(*) FROM (SELECT thread_id FROM messages"
            f" WHERE {' AND '.join(conditions)} GROUP BY identity_id, thread_id{having}) AS threads",
            **params,
        )
        count = int(row[0]) if row else 0
        params |= {"limit": paging.limit, "offset": paging.offset}
    threads = (
        "SELECT identity_id, thread_id, COUNT(*) AS messages, SUM(1 - is_read) AS unread, MAX(id) AS latest,"
        " MIN(created_at) AS oldest FROM messages"
        f" WHERE {' AND '.join(conditions)} GROUP BY identity_id, thread_id{having}"
        f" ORDER BY latest DESC{' LIMIT :limit OFFSET :offset' if paging.limit is not None else ''}"
    )
    rows = await db.all(
        f"WITH threads AS ({threads}) SELECT t.identity_id, t.thread_id, t.messages, t.unread, t.oldest, m.subject,"
        " m.preview, m.from_email, m.from_name, m.created_at, a.address FROM threads t"
        " JOIN messages m ON m.id = t.latest LEFT JOIN addresses a ON a.identity_id = t.identity_id"
        " WHERE m.account_id = :account ORDER BY t.latest DESC",
        **params,
    )
    names: dict[tuple[int, str], list[str]] = {}
    for identity, thread, filename in await db.all(
        # CROSS: SQLite keeps to this order, and does not begin with all of the account's mail.
        f"WITH threads AS ({threads}) SELECT t.identity_id, t.thread_id, f.filename"
        " FROM threads t CROSS JOIN messages m CROSS JOIN attachments f"
        " WHERE m.account_id = :account AND m.identity_id = t.identity_id AND m.thread_id = t.thread_id"
        " AND f.account_id = :account AND f.identity_id = m.identity_id AND f.message_pk = m.id"
        " ORDER BY f.message_pk, f.position",
        **params,
    ):
        names.setdefault((identity, thread), []).append(filename)
    return [_thread(row, names) for row in rows], len(rows) if count is None else count


def _thread(row: Row, names: dict[tuple[int, str], list[str]]) -> Thread:
    identity_id, thread_id, messages, unread, oldest, subject, preview, from_email, from_name, latest, inbox = row
    return Thread(
        thread_id=thread_id,
        subject=subject,
        preview=preview,
        from_email=from_email,
        from_name=from_name,
        inbox=inbox or "",
        message_count=messages,
        unread_count=int(unread),
        attachment_names=tuple(names.get((identity_id, thread_id), ())),
        latest_at=from_micros(latest),
        oldest_at=from_micros(oldest),
    )
