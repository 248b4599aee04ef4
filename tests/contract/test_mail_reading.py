"""Threads and messages over the wire (contract: email threads, email messages), on both engines."""

import email
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.mail import raw_message, receive
from tests.support.world import Actor, World

THREADS = "/api/email-inbox/"
MESSAGES = "/api/email-messages/"
ABSENT = "00000000-0000-4000-8000-000000000000"


async def deliver(world: World, subject: str, *, to: str = "mine", **more: Any) -> int:
    """Deliver a message to one of the world's identities; return its id."""
    text = more.pop("text", f"{subject}\n")
    raw = raw_message(text, subject=subject, **more)
    (id_,) = await receive(world.services.mail, getattr(world, to)["email"], raw)
    world.clock.advance(seconds=1)
    return id_


async def get(actor: Actor, path: str) -> Any:
    answer = await actor.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def subjects(actor: Actor, query: str = "") -> list[str]:
    rows = await get(actor, f"{MESSAGES}{query}")
    return [row["subject"] for row in (rows["results"] if isinstance(rows, dict) else rows)]


async def test_a_message_shows_what_came(world: World) -> None:
    raw = raw_message(
        "Your code is 482913.\n",
        html="<p>Your code is <b>482913</b>.</p>",
        sender='"Bob B." <Bob@Shop.example>',
        to=f"{world.mine['email']}, second@shop.example",
        cc="Third <third@shop.example>",
        reply_to="answers@shop.example",
        subject="Grüße",
        message_id="<1@shop.example>",
        references="<0@shop.example>",
        in_reply_to="<0@shop.example>",
        attachments=[("Bericht ü.pdf", "application/pdf", b"%PDF-1.7")],
    )
    address = world.mine["email"].replace("@", "+tag@")
    (id_,) = await receive(world.services.mail, address, raw, certain=True)
    row = await get(world.agent, f"{MESSAGES}{id_}/")

    (attachment,) = row.pop("attachments")
    assert row == {
        "id": id_,
        "uuid": row["uuid"],
        "url": f"{MESSAGES}{id_}/",
        "identity": world.mine["id"],
        "identity_uuid": world.mine["uuid"],
        "from_email": "bob@shop.example",
        "from_display_name": "Bob B.",
        "to_email": f"{world.mine['email']}, second@shop.example",
        "cc": "third@shop.example",
        "reply_to": "answers@shop.example",
        "subject": "Grüße",
        "preview": row["preview"],
        "text_content": row["text_content"],
        "html_content": row["html_content"],
        "direction": "incoming",
        "is_read": False,
        "state": "received",
        "sender_type": "untrusted",
        "verdicts": {
            "spf": {"result": "pass", "domain": "shop.example", "inputs": {}},
            "dkim": [{"result": "pass", "domain": "shop.example", "inputs": {}}],
            "dmarc": {"result": "pass", "domain": "shop.example", "inputs": {}},
            "local": False,
        },
        "defects": [],
        "deliveries": [],
        "message_id": "<1@shop.example>",
        "in_reply_to": "<0@shop.example>",
        "thread_id": "<1@shop.example>",
        "envelope_to": address,
        "size": len(raw),
        "created_dt": "2026-03-01T12:00:00Z",
    }
    assert "482913" in row["text_content"]
    assert "<b>482913</b>" in row["html_content"]
    assert "482913" in row["preview"]
    assert attachment == {
        "id": attachment["id"],
        "uuid": attachment["uuid"],
        "filename": "Bericht ü.pdf",
        "content_type": "application/pdf",
        "size": 8,
        "size_bytes": 8,
        "is_inline": False,
        "download_url": attachment["download_url"],
    }
    (listed,) = await get(world.agent, MESSAGES)
    assert "download_url" not in listed["attachments"][0]
    assert listed["attachments"][0].items() <= attachment.items()


async def test_a_message_without_anything_has_no_nulls(world: World) -> None:
    (id_,) = await receive(world.services.mail, world.mine["email"], b"\r\n\r\n")
    row = await get(world.agent, f"{MESSAGES}{id_}/")

    assert [name for name, value in row.items() if value is None] == []
    assert (row["from_email"], row["subject"], row["text_content"].strip()) == ("", "", "")
    assert row["message_id"].endswith("@missing.invalid>")
    (thread,) = await get(world.agent, THREADS)
    assert [name for name, value in thread.items() if value is None] == []


async def test_a_message_has_three_names(world: World) -> None:
    id_ = await deliver(world, "one", message_id="<a+b=c/d@shop.example>")
    row = await get(world.agent, f"{MESSAGES}{id_}/")

    for ref in (row["uuid"], row["uuid"].upper(), "<a+b=c%2Fd@shop.example>", "%3Ca+b%3Dc%2Fd%40shop.example%3E"):
        assert await get(world.agent, f"{MESSAGES}{ref}/") == row, ref
    assert await get(world.agent, f"{MESSAGES}a+b=c%2Fd@shop.example/") == row, "brackets may be missing"
    for ref in ("0", "9" * 18, "9" * 30, ABSENT, "nonexistent-id", "<nobody@shop.example>", "%F0%9F%98%80", "-1"):
        answer = await world.agent.get(f"{MESSAGES}{ref}/")
        assert (answer.status_code, answer.json()["detail"]) == (404, "Not found."), ref


async def test_looking_does_not_mark_as_read(world: World) -> None:
    id_ = await deliver(world, "one")
    thread = (await get(world.agent, f"{MESSAGES}{id_}/"))["thread_id"]
    for path in (f"{MESSAGES}{id_}/", f"{MESSAGES}{id_}/raw/", MESSAGES, THREADS, f"{THREADS}{quote(thread)}/"):
        assert (await world.agent.get(path)).status_code == 200

    assert (await get(world.agent, f"{MESSAGES}{id_}/"))["is_read"] is False


async def test_a_message_is_marked_as_read_and_unread(world: World) -> None:
    id_ = await deliver(world, "one")
    row = await get(world.agent, f"{MESSAGES}{id_}/")
    for body, is_read in (
        ({"is_read": True}, True),
        ({"is_read": True}, True),
        ({}, True),
        ({"is_read": False}, False),
    ):
        answer = await world.agent.send("PATCH", f"{MESSAGES}{row['uuid']}/", body)
        assert (answer.status_code, answer.json()["is_read"]) == (200, is_read)
        shown = await get(world.agent, f"{MESSAGES}{id_}/")
        assert shown["is_read"] is is_read
        assert answer.json() | {"attachments": []} == shown | {"attachments": []}
        assert [row["is_read"] for row in await get(world.agent, MESSAGES)] == [is_read]
    for body in ({"is_read": "yes"}, {"is_read": None}, []):
        assert (await world.agent.send("PATCH", f"{MESSAGES}{id_}/", body)).status_code == 422


async def test_lists_are_newest_first_and_bare(world: World) -> None:
    assert await get(world.agent, MESSAGES) == []
    assert await get(world.agent, THREADS) == []
    for number in range(3):
        await deliver(world, f"m{number}")

    assert await subjects(world.agent) == ["m2", "m1", "m0"]
    assert [row["subject"] for row in await get(world.agent, THREADS)] == ["m2", "m1", "m0"]


async def test_a_bare_list_is_never_cut_short(world: World) -> None:
    for number in range(230):
        raw = raw_message(f"{number}\n", attachments=[(f"{number}.txt", "text/plain", b"x")] if number % 2 else ())
        await receive(world.services.mail, world.mine["email"], raw)

    rows = await get(world.agent, MESSAGES)
    assert [len(row["attachments"]) for row in rows] == [1, 0] * 115
    assert [row["attachments"][0]["filename"] for row in rows[::2]] == [f"{n}.txt" for n in range(229, 0, -2)]
    assert len(await get(world.agent, THREADS)) == 230


async def test_pages_are_cut_and_counted(world: World) -> None:
    for number in range(7):
        await deliver(world, f"m{number}", sender="a@one.example" if number % 2 else "b@two.example")

    page = await get(world.agent, f"{MESSAGES}?limit=2&offset=2")
    assert [row["subject"] for row in page["results"]] == ["m4", "m3"]
    assert (page["count"], page["next"], page["previous"]) == (
        7,
        f"{MESSAGES}?limit=2&offset=4",
        f"{MESSAGES}?limit=2&offset=0",
    )
    narrowed = await get(world.agent, f"{MESSAGES}?from_email=one.example&page=2&limit=2")
    assert [row["subject"] for row in narrowed["results"]] == ["m1"]
    assert (narrowed["count"], narrowed["next"]) == (3, None)
    assert narrowed["previous"] == f"{MESSAGES}?from_email=one.example&limit=2&offset=0"
    assert [row["subject"] for row in (await get(world.agent, narrowed["previous"]))["results"]] == ["m5", "m3"]
    threads = await get(world.agent, f"{THREADS}?limit=3&page=3")
    assert ([row["subject"] for row in threads["results"]], threads["count"]) == (["m0"], 7)
    empty = await get(world.agent, f"{MESSAGES}?offset=100")
    assert (empty["results"], empty["count"]) == ([], 7)


async def test_created_after_turns_the_list_around(world: World) -> None:
    for number in range(4):
        await deliver(world, f"m{number}")

    assert await subjects(world.agent, "?created_after=2026-03-01T12:00:00Z") == ["m1", "m2", "m3"]
    assert await subjects(world.agent, "?created_after=2026-03-01T13:00:01%2B01:00&limit=1") == ["m2"]
    assert await subjects(world.agent, "?created_after=2026-03-01T13:00:01+01:00") == ["m2", "m3"], (
        "a plus sign as it is"
    )
    assert await subjects(world.agent, "?created_after=0001-01-01T00:00:00Z&limit=2") == ["m0", "m1"]
    assert (await get(world.agent, f"{MESSAGES}?created_after=9999-12-31T23:59:59Z"))["results"] == []
    for bad in ("2026-03-01T12:00:00", "yesterday", "2026-13-01T00:00:00Z"):
        answer = await world.agent.get(f"{MESSAGES}?created_after={bad}")
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, ["created_after"])


async def test_lists_can_be_narrowed(world: World) -> None:
    first = await deliver(world, "m0", sender="Ann <ann@mail.shop.example>", message_id="<0@shop.example>")
    await deliver(world, "m1", sender="bob@shop.example", references="<0@shop.example>")
    await deliver(world, "m2", sender="eve@notshop.example")
    await deliver(world, "m3", sender="a_b@under-score.example")
    await world.agent.send("PATCH", f"{MESSAGES}{first}/", {"is_read": True})

    cases = {
        "?is_read=true": ["m0"],
        "?is_read=FALSE": ["m3", "m2", "m1"],
        "?is_read=0": ["m3", "m2", "m1"],
        "?unread=true": ["m3", "m2", "m1"],
        "?unread=false": ["m0"],
        "?direction=incoming": ["m3", "m2", "m1", "m0"],
        "?direction=outgoing": [],
        "?thread_id=%3C0@shop.example%3E": ["m1", "m0"],
        "?from_email=bob@shop.example": ["m1"],
        "?from_email=BOB@Shop.example": ["m1"],
        "?from_email=shop.example": ["m1", "m0"],
        "?from_email=mail.shop.example": ["m0"],
        "?from_email=op.example": [],
        "?from_email=%25": [],
        "?from_email=under_score.example": [],
        "?from_email=shop.example&is_read=false&limit=5": ["m1"],
        "?from_email=&thread_id=": ["m3", "m2", "m1", "m0"],
        "?unknown=1": ["m3", "m2", "m1", "m0"],
    }
    for query, expected in cases.items():
        assert await subjects(world.agent, query) == expected, query
    for query in ("?direction=sideways", "?is_read=maybe", "?limit=0"):
        assert (await world.agent.get(f"{MESSAGES}{query}")).status_code == 422, query


async def test_a_thread_in_one_line(world: World) -> None:
    first = await deliver(
        world,
        "Order",
        sender="Shop <a@shop.example>",
        message_id="<1@shop.example>",
        attachments=[("bill.pdf", "application/pdf", b"x"), ("terms.txt", "text/plain", b"y")],
    )
    await deliver(world, "Alone", message_id="<2@shop.example>")
    await deliver(
        world,
        "Re: Order",
        text="It left us.\n",
        sender="Bob <bob@shop.example>",
        references="<1@shop.example>",
        attachments=[("label.png", "image/png", b"z")],
    )
    await world.agent.send("PATCH", f"{MESSAGES}{first}/", {"is_read": True})

    order, alone = await get(world.agent, THREADS)
    assert order == {
        "thread_id": "<1@shop.example>",
        "subject": "Re: Order",
        "preview": "It left us.",
        "from_email": "bob@shop.example",
        "from_display_name": "Bob",
        "inbox": world.mine["email"],
        "message_count": 2,
        "unread_count": 1,
        "attachment_names": ["bill.pdf", "terms.txt", "label.png"],
        "latest_message_dt": "2026-03-01T12:00:02Z",
        "oldest_message_dt": "2026-03-01T12:00:00Z",
    }
    assert (alone["thread_id"], alone["attachment_names"]) == ("<2@shop.example>", [])
    assert (await get(world.agent, f"{THREADS}?limit=1"))["results"] == [order]
    detail = await get(world.agent, f"{THREADS}%3C1@shop.example%3E/")
    assert {name: value for name, value in detail.items() if name != "messages"} == {
        "thread_id": "<1@shop.example>",
        "subject": "Re: Order",
        "message_count": 2,
        "unread_count": 1,
    }
    assert [row["subject"] for row in detail["messages"]] == ["Order", "Re: Order"]
    assert "download_url" in detail["messages"][0]["attachments"][0]
    missing = await world.agent.get(f"{THREADS}%3C9@shop.example%3E/")
    assert (missing.status_code, missing.json()["detail"]) == (404, "Not found.")


async def test_threads_with_something_unread(world: World) -> None:
    first = await deliver(world, "read", message_id="<1@shop.example>")
    await deliver(world, "unread")
    await world.agent.send("PATCH", f"{MESSAGES}{first}/", {"is_read": True})

    for query in ("?has_unread=true", "?unread=true", "?has_unread=1", "?has_unread=True"):
        assert [row["subject"] for row in await get(world.agent, f"{THREADS}{query}")] == ["unread"], query
    assert len(await get(world.agent, f"{THREADS}?has_unread=false")) == 2
    assert (await get(world.agent, f"{THREADS}?has_unread=true&limit=1"))["count"] == 1


async def test_a_raw_message_is_byte_for_byte_what_came(world: World) -> None:
    raw = raw_message("\u00e4 line\n.\n..dots\n" + "x" * 3000 + "\n", subject="Grüße")
    (id_,) = await receive(world.services.mail, world.mine["email"], raw)
    answer = await world.agent.get(f"{MESSAGES}{id_}/raw/")

    assert answer.content == raw
    assert email.message_from_bytes(answer.content)["message-id"] == email.message_from_bytes(raw)["message-id"]
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"] == f'attachment; filename="message-{id_}.eml"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


# --- whose mail it is


async def test_the_account_sees_all_of_its_own_and_may_choose(world: World) -> None:
    ids = {who: await deliver(world, f"for {who}", to=who) for who in ("mine", "sibling", "foreign")}

    assert await subjects(world.ada) == ["for sibling", "for mine"]
    assert {row["inbox"] for row in await get(world.ada, THREADS)} == {world.mine["email"], world.sibling["email"]}
    assert await subjects(world.ada, f"?identity={world.sibling['uuid']}") == ["for sibling"]
    assert await subjects(world.eve) == ["for foreign"]
    assert (await world.ada.get(f"{MESSAGES}{ids['mine']}/")).json()["identity_uuid"] == world.mine["uuid"]
    elsewhere = await world.ada.get(f"{MESSAGES}{ids['mine']}/?identity={world.sibling['uuid']}")
    assert elsewhere.status_code == 404, "selected is selected"


@pytest.mark.parametrize("path", [THREADS, MESSAGES])
async def test_an_inbox_chooses_its_identity(world: World, path: str) -> None:
    inboxes = {}
    for who, actor in (("mine", world.ada), ("sibling", world.ada), ("foreign", world.eve)):
        await deliver(world, f"for {who}", to=who)
        inboxes[who] = next(
            row for row in await get(actor, "/api/email/") if row["email"] == getattr(world, who)["email"]
        )

    for ref in (inboxes["mine"]["id"], inboxes["mine"]["email"], inboxes["mine"]["email"].upper()):
        assert [row["subject"] for row in await get(world.ada, f"{path}?inbox={ref}")] == ["for mine"]
        assert [row["subject"] for row in await get(world.agent, f"{path}?inbox={ref}")] == ["for mine"]
        differs = await world.ada.get(f"{path}?inbox={ref}&identity={world.sibling['uuid']}")
        assert (differs.status_code, differs.json()["code"]) == (400, "identity.selectors_differ")
    for ref in (inboxes["foreign"]["id"], inboxes["foreign"]["email"], 0, "9" * 30, "nobody@in.ravi.localhost", "x"):
        answer = await world.ada.get(f"{path}?inbox={ref}")
        assert (answer.status_code, answer.json()["code"]) == (404, "identity.not_found"), ref
        fenced = await world.agent.get(f"{path}?inbox={ref}")
        assert (fenced.status_code, fenced.json()["code"]) == (403, "auth.forbidden"), ref
    fenced = await world.agent.get(f"{path}?inbox={inboxes['sibling']['id']}")
    assert (fenced.status_code, fenced.json()["code"]) == (403, "auth.forbidden")


async def test_one_message_to_two_identities_has_two_sides(world: World) -> None:
    raw = raw_message(message_id="<both@shop.example>")
    addresses = [world.mine["email"], world.sibling["email"]]
    mine, siblings = await receive(world.services.mail, addresses, raw)

    answer = await world.ada.get(f"{MESSAGES}%3Cboth@shop.example%3E/")
    assert (answer.status_code, answer.json()["code"]) == (409, "identity.ambiguous")
    assert set(answer.json()["error"]["details"]["identities"]) == {world.mine["uuid"], world.sibling["uuid"]}
    chosen = await get(world.ada, f"{MESSAGES}%3Cboth@shop.example%3E/?identity={world.sibling['uuid']}")
    assert chosen["id"] == siblings
    assert (await get(world.agent, f"{MESSAGES}%3Cboth@shop.example%3E/"))["id"] == mine
    await world.agent.send("PATCH", f"{MESSAGES}{mine}/", {"is_read": True})
    assert (await get(world.ada, f"{MESSAGES}{siblings}/"))["is_read"] is False, "each reads for itself"
    assert len(await get(world.ada, THREADS)) == 2
    assert (await get(world.ada, f"{THREADS}%3Cboth@shop.example%3E/"))["message_count"] == 2
    assert (await get(world.agent, f"{THREADS}%3Cboth@shop.example%3E/"))["message_count"] == 1


async def test_mail_of_an_identity_that_is_switched_off_cannot_be_read_through_it(world: World) -> None:
    id_ = await deliver(world, "one", attachments=[("a.txt", "text/plain", b"x")])
    row = await get(world.agent, f"{MESSAGES}{id_}/")
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/disable/")

    paths = (f"{MESSAGES}{id_}/", f"{MESSAGES}{id_}/raw/", f"{THREADS}{quote(row['thread_id'])}/",
             f"/api/email-attachments/{row['attachments'][0]['uuid']}/")  # fmt: skip
    refused = [
        *[await world.agent.get(path) for path in paths],
        *[await world.ada.get(path) for path in paths],
        await world.ada.get(f"{MESSAGES}?identity={world.mine['uuid']}"),
        await world.ada.get(f"{THREADS}?inbox={world.mine['email']}"),
        await world.ada.send("PATCH", f"{MESSAGES}{id_}/", {"is_read": True}),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(403, "identity.disabled")}
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/enable/")
    assert (await get(world.agent, f"{MESSAGES}{id_}/"))["is_read"] is False
