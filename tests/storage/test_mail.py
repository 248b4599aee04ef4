"""Mail on both engines: what arrives is there once and whole, for those it is for, and gone when they are."""

import asyncio

import pytest
from msgspec.structs import replace

from ravi.server.auth import Auth
from ravi.server.auth.records import Account
from ravi.server.contacts import Contacts
from ravi.server.db import Database
from ravi.server.events import Events
from ravi.server.http import IdentityRef, Principal
from ravi.server.identities import Identities
from ravi.server.identities.records import Identity, NewIdentity
from ravi.server.mail import Mail
from ravi.server.mail.parsing import parse
from ravi.server.mail.records import Envelope
from ravi.server.mail.storage import ALL, Filter
from ravi.wire.scopes import ACCOUNT_SCOPES
from tests.storage.conftest import DOMAIN, MakeIdentity
from tests.support.clock import Clock
from tests.support.mail import raw_message, receive, verdicts

TABLES = ("messages", "raw_messages", "attachments", "message_search", "contacts")


@pytest.fixture
def contacts(db: Database, auth: Auth, identities: Identities, events: Events, clock: Clock) -> Contacts:
    return Contacts(db, auth, identities, events.audit, clock)


@pytest.fixture
def mail(db: Database, identities: Identities, events: Events, contacts: Contacts, clock: Clock) -> Mail:
    service = Mail(db, identities, events, contacts, clock)
    identities.on_delete(service.erase, service.purge)
    identities.on_delete(contacts.erase)
    return service


def acting(identity: Identity, account: Account) -> Principal:
    owner = Principal(account.id, "session", 1, "credential", ACCOUNT_SCOPES)
    return owner.acting_as(IdentityRef(identity.id, identity.uuid, identity.name, disabled=False))


async def texts(mail: Mail, who: Principal, wanted: Filter = ALL) -> list[str]:
    """The subjects of an identity's messages, newest first."""
    return [message.subject for message in (await mail.list_messages(who, wanted))[0]]


async def rows_of(db: Database, identity: Identity) -> dict[str, int]:
    """How many rows of each table are an identity's; of the words on SQLite, those of messages that are there."""
    found = {}
    for table in TABLES:
        where = "identity_id = :id"
        if table == "message_search" and db.dialect == "sqlite":
            where = "rowid IN (SELECT id FROM messages WHERE identity_id = :id)"
        row = await db.one(f"SELECT COUNT(*) FROM {table} WHERE {where}", id=identity.id)
        assert row is not None
        found[table] = row[0]
    return found


# --- receiving


async def test_one_message_to_several_accounts_is_everybodys_own(
    db: Database, mail: Mail, events: Events, identities: Identities, account: Account, stranger: Account
) -> None:
    mine, _ = await identities.create(account.id, NewIdentity(name="mine"))
    sibling, _ = await identities.create(account.id, NewIdentity(name="sibling"))
    foreign, _ = await identities.create(stranger.id, NewIdentity(name="foreign"))
    raw = raw_message(attachments=[("a.txt", "text/plain", b"bytes")])
    ids = await receive(mail, [f"foreign@{DOMAIN}", f"mine@{DOMAIN}", f"sibling+tag@{DOMAIN}"], raw)

    assert len(set(ids)) == 3
    for identity, owner, given in (
        (mine, account, "mine"),
        (sibling, account, "sibling+tag"),
        (foreign, stranger, "foreign"),
    ):
        who = acting(identity, owner)
        (message,), count = await mail.list_messages(who, ALL)
        assert (count, message.id in ids, message.envelope_to) == (1, True, f"{given}@{DOMAIN}")
        assert (await mail.raw(who, str(message.id)))[1] == raw
        assert (await mail.attachment(who, message.attachments[0].uuid))[1] == b"bytes"
        (event,) = await events.list_after(owner.id, identity.id, types=["email.message.received"])
        assert event.data == {
            "message_id": message.id,
            "inbox_id": (await identities.list_inboxes(owner.id, identity.id))[0].id,
            "from_email": "bob@shop.example",
            "to_email": identity.address,
            "subject": "Hello",
            "sender_type": "untrusted",
            "thread_id": message.thread_id,
        }
        assert await rows_of(db, identity) == dict.fromkeys(TABLES, 1)


async def test_a_repeated_delivery_within_the_hour_is_one_message_and_one_event(
    mail: Mail, events: Events, clock: Clock, make: MakeIdentity, account: Account
) -> None:
    identity = await make("agent")
    raw = raw_message()
    first = await receive(mail, f"agent@{DOMAIN}", raw)
    clock.advance(minutes=59)

    assert await receive(mail, f"agent@{DOMAIN}", raw) == first
    assert await receive(mail, f"AGENT@{DOMAIN}", raw) == first, "a peer may spell the recipient in another way"
    assert await receive(mail, [f"agent@{DOMAIN}", f"Agent@{DOMAIN}"], raw) == first
    assert len(await events.list_after(account.id, identity.id, types=["email.message.received"])) == 1
    clock.advance(minutes=1, seconds=1)
    (later,) = await receive(mail, f"agent@{DOMAIN}", raw)
    assert later not in first


async def test_what_differs_in_the_trace_of_its_way_alone_is_the_same(mail: Mail, make: MakeIdentity) -> None:
    await make("agent")
    raw = raw_message()
    trace = b"Return-Path: <x@y.example>\r\nReceived: from a\r\n\tby b; now\r\nreceived: from c\r\n d\r\n"
    first = await receive(mail, f"agent@{DOMAIN}", raw)

    assert await receive(mail, f"agent@{DOMAIN}", trace + raw) == first
    assert await receive(mail, f"agent@{DOMAIN}", b"X-Other: 1\r\n" + raw) != first


async def test_another_sender_recipient_or_content_is_another_message(mail: Mail, make: MakeIdentity) -> None:
    await make("agent")
    raw = raw_message(message_id="<one@shop.example>")
    ids = [
        *await receive(mail, f"agent@{DOMAIN}", raw),
        *await receive(mail, f"agent+tag@{DOMAIN}", raw),
        *await receive(mail, f"agent@{DOMAIN}", raw, mail_from="else@shop.example"),
        *await receive(mail, f"agent@{DOMAIN}", raw_message("Changed.\n", message_id="<one@shop.example>")),
        *await receive(mail, f"agent@{DOMAIN}", raw_message(message_id="")),
        *await receive(mail, f"agent@{DOMAIN}", raw_message("Other.\n", message_id="")),
    ]

    assert len(set(ids)) == 6


async def test_the_same_delivered_on_twenty_connections_at_once_is_one_message(
    mail: Mail, events: Events, make: MakeIdentity, account: Account
) -> None:
    identity = await make("agent")
    for raw in (raw_message(), raw_message(message_id="")):
        before = len(await texts(mail, acting(identity, account)))
        ids = await asyncio.gather(*(receive(mail, f"agent@{DOMAIN}", raw) for _ in range(20)))
        assert len({each for (each,) in ids}) == 1
        assert len(await texts(mail, acting(identity, account))) == before + 1
    assert len(await events.list_after(account.id, identity.id, types=["email.message.received"])) == 2


async def test_deliveries_to_overlapping_recipients_in_any_order_all_succeed(mail: Mail, make: MakeIdentity) -> None:
    names = [(await make(f"agent{number}")).address or "" for number in range(6)]
    ids = await asyncio.gather(
        *(
            receive(mail, names[::step][number % 3 :], raw_message(f"{number}\n"))
            for number in range(12)
            for step in (1, -1)
        )
    )

    assert [len(each) for each in ids] == [len(names[::step][number % 3 :]) for number in range(12) for step in (1, -1)]


async def test_who_was_deleted_since_is_left_out_and_the_others_get_it(
    mail: Mail, identities: Identities, make: MakeIdentity, account: Account
) -> None:
    doomed, kept = await make("doomed"), await make("kept")
    mailboxes = tuple([await mail.resolve(f"{name}@{DOMAIN}") for name in ("doomed", "kept")])
    await identities.delete(account.id, doomed.uuid)
    raw = raw_message(attachments=[("a.txt", "text/plain", b"x")])
    envelope = Envelope(
        "192.0.2.1", "mx", "bob@shop.example", mailboxes, raw, parse(raw), verdicts(certain=False), False
    )

    assert len(await mail.receive(envelope)) == 1
    assert await texts(mail, acting(kept, account)) == ["Hello"]
    assert await mail.receive(replace(envelope, recipients=mailboxes[:1])) == []


async def test_mail_for_an_identity_that_is_being_deleted_leaves_nothing_behind(
    db: Database, mail: Mail, identities: Identities, make: MakeIdentity, account: Account
) -> None:
    for round_ in range(4):
        identity = await make(f"agent{round_}")
        mailbox = await mail.resolve(identity.address or "")

        async def deliver(number: int, mailbox: object = mailbox) -> list[int]:
            raw = raw_message(f"{number}\n", attachments=[("a.txt", "text/plain", b"x")])
            envelope = Envelope(
                "p", "h", "bob@shop.example", (mailbox,), raw, parse(raw), verdicts(certain=True), False
            )
            return await mail.receive(envelope)

        await deliver(0)
        await asyncio.gather(
            *(deliver(number) for number in range(1, 6)),
            identities.delete(account.id, identity.uuid),
            *(deliver(number) for number in range(6, 12)),
        )
        assert await rows_of(db, identity) == dict.fromkeys(TABLES, 0)


async def test_a_failed_delivery_stores_nothing_of_it(
    db: Database, mail: Mail, events: Events, make: MakeIdentity, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event is the last thing written: when that fails, so does everything before it."""
    identities = [await make("one"), await make("two")]

    async def fail(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(events, "record", fail)
    with pytest.raises(RuntimeError):
        await receive(mail, [f"one@{DOMAIN}", f"two@{DOMAIN}"])
    for identity in identities:
        assert await rows_of(db, identity) == dict.fromkeys(TABLES, 0)


HOSTILE = [
    "\r\n".join([*(f"{name}: {value}" for name, value in fields.items()), "", "x"]).encode("utf-8", "surrogateescape")
    for fields in (
        {"From": "a@b.example", "Subject": "=?utf-8?q?=00=ED=A0=80?=", "Message-ID": "<\0x@y>"},
        {"From": "\udcff@\udcff", "Subject": "\udcff" * 3000, "Message-ID": f"<{'x' * 5000}@y>"},
        {"From": f"{'x' * 5000}@b.example", "References": " ".join(f"<{n}@{'y' * 200}>" for n in range(500))},
        {"From": "a@b.example", "Subject": "Re: " + "\U0001f600\u4e2d" * 3000, "Message-ID": f"<{'é' * 600}@y>"},
        {"From": '"\0\r\n\tx" <a@b.example>, c@d.example', "To": ", ".join(f"x{n}@y.example" for n in range(5000))},
        {},
    )
]


@pytest.mark.parametrize("raw", HOSTILE)
async def test_whatever_is_written_into_header_fields_can_be_stored_and_read(
    mail: Mail, make: MakeIdentity, account: Account, raw: bytes
) -> None:
    who = acting(await make("agent"), account)
    (id_,) = await receive(mail, f"agent@{DOMAIN}", raw)

    message, stored = await mail.raw(who, str(id_))
    assert stored == raw
    for text in (message.subject, message.from_name, message.to_email, message.message_id, message.preview):
        assert "\0" not in text
        assert len(text.encode()) <= 8000
    assert (await mail.get(who, message.message_id)).id == id_
    assert [each.id for each in await mail.get_thread(who, message.thread_id)] == [id_]


async def test_a_message_of_a_hundred_thousand_different_words_is_stored(
    mail: Mail, make: MakeIdentity, account: Account
) -> None:
    """PostgreSQL holds at most 1 MiB of words for a row, and no word above 2 KiB."""
    who = acting(await make("agent"), account)
    words = [f"{chr(0x1F600 + number % 50)}\u0634{number:x}\u0645" for number in range(60_000)]
    raw = raw_message("first " + " ".join(words) + " x" + "\u0634" * 5000 + "\n")

    (id_,) = await receive(mail, f"agent@{DOMAIN}", raw)
    assert [each.id for each in (await mail.search(who, "first", ALL))[0]] == [id_]


# --- threads


async def thread_of(mail: Mail, who: Principal, raw: bytes, to: str = f"agent@{DOMAIN}") -> str:
    (id_,) = await receive(mail, to, raw)
    return (await mail.get(who, str(id_))).thread_id


async def test_a_thread_is_followed_by_references_then_in_reply_to(
    mail: Mail, make: MakeIdentity, account: Account
) -> None:
    who = acting(await make("agent"), account)
    first = await thread_of(mail, who, raw_message(message_id="<1@shop.example>", subject="One"))
    other = await thread_of(mail, who, raw_message(message_id="<2@shop.example>", subject="Two"))

    assert (first, other) == ("<1@shop.example>", "<2@shop.example>")
    cases = [
        ({"references": "<1@shop.example> <unknown@shop.example>"}, first),
        ({"in_reply_to": "<1@shop.example>"}, first),
        ({"references": "<1@shop.example>", "in_reply_to": "<2@shop.example>"}, other),
        ({"references": "<2@shop.example> <1@shop.example>"}, first),
        ({"references": "<2@shop.example> " + " ".join(f"<{n}@gone.example>" for n in range(50))}, other),
    ]
    for number, (headers, expected) in enumerate(cases):
        raw = raw_message(f"{number}\n", subject="Unrelated", sender="else@where.example", **headers)
        assert await thread_of(mail, who, raw) == expected, headers


async def test_an_answer_that_names_nothing_is_followed_by_its_subject_within_one_correspondence(
    mail: Mail, make: MakeIdentity, account: Account
) -> None:
    who = acting(await make("agent"), account)
    first = await thread_of(mail, who, raw_message(subject="Your  order 17"))

    for subject in ("Re: Your order 17", "AW: RE[2]: your ORDER 17", "Fwd: Re: Your order 17", "re:Your order 17"):
        assert await thread_of(mail, who, raw_message(f"{subject}\n", subject=subject)) == first, subject
    assert (
        await thread_of(mail, who, raw_message("a\n", subject="Re: Your order 17", sender="BOB@shop.example")) == first
    )
    stranger = raw_message("b\n", subject="Re: Your order 17", sender="mallory@shop.example")
    assert await thread_of(mail, who, stranger) != first, "knowing the subject is not enough"
    assert await thread_of(mail, who, raw_message("c\n", subject="Your order 17")) != first, "no answer"
    assert await thread_of(mail, who, raw_message("d\n", subject="Re:")) != first


async def test_a_thread_is_one_identitys(mail: Mail, make: MakeIdentity, account: Account) -> None:
    mine, sibling = acting(await make("agent"), account), acting(await make("sibling"), account)
    await thread_of(mail, mine, raw_message(message_id="<1@shop.example>"))
    answer = raw_message(message_id="<2@shop.example>", references="<1@shop.example>")

    assert await thread_of(mail, sibling, answer, f"sibling@{DOMAIN}") == "<2@shop.example>"
    assert await thread_of(mail, mine, answer) == "<1@shop.example>"
    assert [each.message_id for each in await mail.get_thread(sibling, "<2@shop.example>")] == ["<2@shop.example>"]


@pytest.mark.parametrize("message_id", ["<a/b@c.example>", "<a?b@c.example>", "<a%2Fb@c.example>", f"<{'x' * 900}@y>"])
async def test_the_name_of_a_thread_can_stand_in_a_path(
    mail: Mail, make: MakeIdentity, account: Account, message_id: str
) -> None:
    who = acting(await make("agent"), account)
    thread = await thread_of(mail, who, raw_message(message_id=message_id))

    assert thread.endswith("@thread.invalid>")
    assert not set(thread) & set("/?#% ")
    assert await thread_of(mail, who, raw_message("b\n", references=message_id)) == thread
    assert len(await mail.get_thread(who, thread)) == 2


# --- deleting


async def test_a_deletion_erases_all_mail_and_the_receipt_says_how_much(
    db: Database, mail: Mail, identities: Identities, make: MakeIdentity, account: Account
) -> None:
    doomed, kept = await make("doomed"), await make("kept")
    files = [("a.txt", "text/plain", b"a"), ("b.txt", "text/plain", b"b")]
    for number in range(3):
        raw = raw_message(f"{number}\n", sender=f"x{number % 2}@shop.example", attachments=files)
        await receive(mail, [f"doomed@{DOMAIN}", f"kept@{DOMAIN}"], raw)
    before = await rows_of(db, kept)
    assert before == await rows_of(db, doomed)
    assert before == {"messages": 3, "raw_messages": 3, "attachments": 6, "message_search": 3, "contacts": 2}

    receipt = await identities.delete(account.id, doomed.uuid)

    assert {name: receipt.erased[name] for name in ("messages", "attachments", "contacts")} == {
        "messages": 3,
        "attachments": 6,
        "contacts": 2,
    }
    assert await rows_of(db, doomed) == dict.fromkeys(TABLES, 0)
    assert await rows_of(db, kept) == before
    if db.dialect == "sqlite":
        assert await db.one("SELECT COUNT(*) FROM message_search WHERE rowid > 0") == (3,)
    assert len((await mail.search(acting(kept, account), "hello", ALL))[0]) == 3


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_words_of_what_was_erased_do_not_stay_in_the_file(
    db: Database, mail: Mail, identities: Identities, make: MakeIdentity, account: Account
) -> None:
    """SQLite's index only notes what was taken out; a chore writes it anew."""
    doomed, kept = await make("doomed"), await make("kept")

    async def words_there(word: str) -> int:
        rows = await db.all("SELECT block FROM message_search_data")
        return sum(bytes(block).count(word.encode()) for (block,) in rows)

    async def tidy() -> None:
        for _ in range(50):
            await mail.tidy_words()

    for number in range(30):
        await receive(mail, f"kept@{DOMAIN}", raw_message(f"keptword {number} {'x' * number}\n"))
    await tidy()
    for number in range(3):
        await receive(mail, f"doomed@{DOMAIN}", raw_message(f"secretword{number}\n"))
    await identities.delete(account.id, doomed.uuid)
    assert await words_there("ecretword") > 0, "or this test would prove nothing"
    await tidy()

    assert await words_there("ecretword") == 0
    assert len((await mail.search(acting(kept, account), "keptword", ALL))[0]) == 30


# --- who wrote it


async def test_only_a_certain_sender_is_the_owner_or_trusted(
    db: Database, mail: Mail, contacts: Contacts, make: MakeIdentity, account: Account
) -> None:
    who = acting(await make("agent"), account)
    await receive(mail, f"agent@{DOMAIN}", raw_message(sender="Bob <Bob@shop.example>"))
    async with db.begin() as tx:
        await tx.run("UPDATE contacts SET is_trusted = 1 WHERE email = 'bob@shop.example'")

    async def sender_type(sender: str, *, certain: bool) -> str:
        (id_,) = await receive(mail, f"agent@{DOMAIN}", raw_message(sender=sender), certain=certain)
        return (await mail.get(who, str(id_))).sender_type

    assert await sender_type("bob@shop.example", certain=True) == "trusted"
    assert await sender_type("BOB@Shop.example", certain=True) == "trusted"
    assert await sender_type("bob@shop.example", certain=False) == "untrusted"
    assert await sender_type("Owner@example.com", certain=True) == "owner"
    assert await sender_type("owner@example.com", certain=False) == "untrusted"
    assert await sender_type("carol@shop.example", certain=True) == "untrusted"


async def test_whoever_writes_becomes_a_contact_and_is_counted(
    mail: Mail, contacts: Contacts, clock: Clock, make: MakeIdentity, account: Account
) -> None:
    who = acting(await make("agent"), account)
    await receive(mail, f"agent@{DOMAIN}", raw_message(sender="Bob <bob@shop.example>"))
    clock.advance(hours=1)
    await receive(mail, f"agent@{DOMAIN}", raw_message(sender='"Your bank" <BOB@shop.example>'))
    await receive(mail, f"agent@{DOMAIN}", raw_message(sender="mailer-daemon@shop.example"), mail_from="")
    for nobody in ("", "undisclosed senders", f"{'x' * 300}@shop.example"):
        await receive(mail, f"agent@{DOMAIN}", raw_message(sender=nobody))

    (contact,), _ = await contacts.list_(who)
    assert (contact.email, contact.display_name, contact.source) == ("bob@shop.example", "Bob", "auto")
    assert (contact.interaction_count, contact.last_interaction_at) == (2, clock())
