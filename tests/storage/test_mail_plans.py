"""What reading and receiving mail costs does not grow with the mail of others: every statement has its index."""

import re

import pytest

from ravi.server.contacts import storage as contacts
from ravi.server.db import Database
from ravi.server.http import Paging
from ravi.server.http.paging import EVERYTHING
from ravi.server.mail import search, storage, threads
from ravi.server.mail.storage import Filter
from tests.support.plans import Explained

#: What is gone through here is a result: the threads of a page, the messages that hold the words.
OF_A_RESULT = {"SCAN threads", "SCAN t", "SCAN s VIRTUAL TABLE INDEX 0:M1"}
FILTERS = [
    Filter(),
    Filter(is_read=False),
    Filter(is_read=True),
    Filter(thread_id="<1@shop.example>"),
    Filter(sender="shop.example"),
    Filter(sender="bob@shop.example"),
    Filter(after_id=4, direction="incoming"),
    Filter(created_after=5),
]


async def read(db: Explained, identity_id: int | None) -> None:
    for paging in (EVERYTHING, Paging(50)):
        for wanted in FILTERS:
            await storage.list_(db, 1, identity_id, wanted, paging=paging)
        for unread in (False, True):
            await threads.list_threads(db, 1, identity_id, unread=unread, paging=paging)
        await contacts.list_(db, 1, identity_id, search="bob", paging=paging)
    await storage.find(db, 1, identity_id, id=3)
    await storage.find(db, 1, identity_id, uuid="u")
    await storage.find(db, 1, identity_id, message_id="<1@shop.example>")
    await storage.find_attachment(db, 1, identity_id, "u")
    await storage.find_raw(db, 1, 3)
    await contacts.find(db, 1, identity_id, uuid="u")
    await contacts.find(db, 1, identity_id, email="bob@shop.example")
    await contacts.find(db, 1, identity_id, phone_number="+15550100")


async def test_an_account_reads_its_own_mail_only(sqlite_db: Database) -> None:
    db = Explained(sqlite_db)
    await read(db, None)

    assert db.asked > 40
    assert {step for _, step in db.scans} <= OF_A_RESULT


async def test_an_identity_reads_its_own_mail_and_not_that_of_its_siblings(sqlite_db: Database) -> None:
    db = Explained(sqlite_db)
    await read(db, 7)
    found = search.condition("sqlite", 7, search.asked_words("two words"))
    await storage.list_(db, 1, 7, Filter(search=found), paging=Paging(50))

    assert db.asked > 40
    assert {step for _, step in db.scans} <= OF_A_RESULT
    whole_account = re.compile(r"SEARCH \w+ USING .*\(account_id=\?\)")
    assert [(sql, step) for sql, step in db.steps if whole_account.search(step)] == []


async def test_receiving_looks_at_what_it_needs(sqlite_db: Database) -> None:
    db = Explained(sqlite_db)
    await storage.find_delivered(db, 1, 7, message_id="<1@shop.example>", fingerprint=b"f", since=0)
    await threads.find_thread(
        db, 1, 7, references=("<1@shop.example>", "<2@shop.example>"), subject="Re: One", conversation=3
    )
    await storage.find_owner_of_attachment(db, "u", at=0)
    await contacts.is_trusted(db, 1, 7, "bob@shop.example")

    by = [re.sub(r".* USING (?:COVERING )?", "", step) for _, step in db.steps]
    assert by == [
        "INDEX messages_by_message_id (account_id=? AND message_id=? AND identity_id=? AND fingerprint=?)",
        "INDEX messages_by_message_id (account_id=? AND message_id=? AND identity_id=?)",
        "INDEX messages_by_conversation (identity_id=? AND conversation=?)",
        "INDEX sqlite_autoindex_attachments_1 (uuid=?)",
        "INTEGER PRIMARY KEY (rowid=?)",
        "INDEX sqlite_autoindex_contacts_2 (identity_id=? AND email=?)",
    ]


async def test_attachments_and_deliveries_are_looked_up_by_their_messages(sqlite_db: Database) -> None:
    db = Explained(sqlite_db)
    await storage._attachments(db, 1, [1, 2, 3])
    await storage._deliveries(db, 1, list(range(150)))

    tables = [step for _, step in db.steps if not step.startswith("USE TEMP")]
    assert [step.split(" USING ")[1] for step in tables] == [
        "INTEGER PRIMARY KEY (rowid=?)",
        "INDEX attachments_by_message (identity_id=? AND account_id=? AND message_pk=?)",
        *["INTEGER PRIMARY KEY (rowid=?)",
        "INDEX deliveries_by_message (identity_id=? AND account_id=? AND message_pk=?)"] * 2,
    ]  # fmt: skip


@pytest.mark.parametrize("table", ["messages", "contacts"])
async def test_a_deletion_finds_what_goes_with_it_by_index(sqlite_db: Database, table: str) -> None:
    """Cascades look for children by the whole reference; without an index each message would cost a walk."""
    plan = await sqlite_db.all(f"EXPLAIN QUERY PLAN DELETE FROM {table} WHERE identity_id = :id", id=7)

    assert len(plan) == (5 if table == "messages" else 1)
    assert [row[3] for row in plan if not row[3].startswith("SEARCH")] == []
