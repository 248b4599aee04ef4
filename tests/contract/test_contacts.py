"""Contacts over the wire (contract: contacts), on both engines."""

import asyncio
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.mail import raw_message, receive
from tests.support.world import Actor, World

CONTACTS = "/api/contacts/"
ABSENT = "00000000-0000-4000-8000-000000000000"


async def create(actor: Actor, query: str = "", **body: object) -> dict[str, Any]:
    answer = await actor.post(f"{CONTACTS}{query}", body)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


async def names(actor: Actor, path: str = CONTACTS) -> list[str]:
    answer = await actor.get(path)
    assert answer.status_code == 200, answer.text
    rows = answer.json()
    return [row["display_name"] for row in (rows["results"] if isinstance(rows, dict) else rows)]


async def test_a_contact_is_stored_as_it_is_compared(world: World) -> None:
    row = await create(
        world.agent,
        uuid="",
        email=" Bob@Shop.EXAMPLE ",
        phone_number="+1 (555) 010-0123",
        display_name=" Bob Builder ",
        nickname="bobby",
        is_trusted=True,
        source="auto",
        interaction_count=99,
        created_dt="",
        last_interaction_dt="",
    )

    assert row == {
        "uuid": str(uuid.UUID(row["uuid"])),
        "identity": world.mine["id"],
        "email": "bob@shop.example",
        "phone_number": "+15550100123",
        "display_name": "Bob Builder",
        "nickname": "bobby",
        "is_trusted": True,
        "source": "manual",
        "interaction_count": 0,
        "last_interaction_dt": None,
        "created_dt": "2026-03-01T12:00:00Z",
        "updated_dt": "2026-03-01T12:00:00Z",
    }
    assert (await world.agent.get(f"{CONTACTS}{row['uuid'].upper()}/")).json() == row
    assert (await world.agent.get(CONTACTS)).json() == [row]


async def test_a_contact_needs_an_address_or_a_number(world: World) -> None:
    by_number = await create(world.agent, phone_number="+15550100123")
    assert (by_number["email"], by_number["display_name"]) == ("", "")
    for body in ({}, {"display_name": "x"}, {"email": "", "phone_number": ""}):
        assert (await world.agent.post(CONTACTS, body)).status_code == 422
    emptied = await world.agent.send("PATCH", f"{CONTACTS}{by_number['uuid']}/", {"phone_number": ""})
    assert emptied.status_code == 422
    moved = await world.agent.send(
        "PATCH", f"{CONTACTS}{by_number['uuid']}/", {"phone_number": "", "email": "bob@shop.example"}
    )
    assert (moved.json()["phone_number"], moved.json()["email"]) == ("", "bob@shop.example")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "bob"),
        ("email", "bob@"),
        ("email", "@shop.example"),
        ("email", "b ob@shop.example"),
        ("email", "bob@shop.example\nBcc: x"),
        ("email", "a@b@c.example"),
        ("email", "x" * 250 + "@shop.example"),
        ("phone_number", "5550100123"),
        ("phone_number", "+0550100123"),
        ("phone_number", "+15550"),
        ("phone_number", "+1555010012345678"),
        ("phone_number", "+1555CALLME"),
        ("phone_number", "+\u0661\u0665\u0665\u0665\u0660\u0661\u0660\u0660"),
        ("display_name", "x" * 201),
        ("display_name", "line\nbreak"),
        ("nickname", "\u202egnp.exe"),
        ("is_trusted", "yes"),
    ],
)
async def test_what_is_no_such_thing_is_refused(world: World, field: str, value: object) -> None:
    answer = await world.agent.post(CONTACTS, {"email": "good@shop.example", field: value})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, [field])


async def test_an_identity_has_one_contact_of_an_address_or_number(world: World) -> None:
    first = await create(world.agent, email="bob@shop.example")
    second = await create(world.agent, phone_number="+15550100123")
    cases = [
        ("POST", CONTACTS, {"email": "BOB@shop.example"}),
        ("POST", CONTACTS, {"phone_number": "+1-555-010-0123"}),
        ("POST", CONTACTS, {"email": "bob@shop.example", "phone_number": "+15550100123"}),
        ("PATCH", f"{CONTACTS}{second['uuid']}/", {"email": "Bob@shop.example"}),
        ("PATCH", f"{CONTACTS}{first['uuid']}/", {"phone_number": "+15550100123"}),
    ]
    for method, path, body in cases:
        answer = await world.agent.send(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict"), body
    assert (await world.agent.get(CONTACTS)).json() == [first, second], "untouched"
    await create(world.ada, f"?identity={world.sibling['uuid']}", email="bob@shop.example")


async def test_fifty_creates_of_one_address_at_once_make_one_contact(world: World) -> None:
    answers = await asyncio.gather(*[world.agent.post(CONTACTS, {"email": "bob@shop.example"}) for _ in range(50)])

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 49
    assert len(await names(world.agent)) == 1


async def test_changes_of_different_fields_at_once_are_all_kept(world: World) -> None:
    path = f"{CONTACTS}{(await create(world.agent, email='bob@shop.example'))['uuid']}/"
    bodies = [{"display_name": "Bob"}, {"nickname": "b"}, {"is_trusted": True}, {"phone_number": "+15550100123"}]
    answers = await asyncio.gather(*[world.agent.send("PATCH", path, body) for body in bodies])

    assert {answer.status_code for answer in answers} == {200}
    row = (await world.agent.get(path)).json()
    assert (row["display_name"], row["nickname"], row["is_trusted"], row["phone_number"]) == (
        "Bob", "b", True, "+15550100123")  # fmt: skip


async def test_a_create_that_is_repeated_with_its_idempotency_key_makes_one_contact(world: World) -> None:
    answers = [await world.agent.post(CONTACTS, {"email": "bob@shop.example"}, idempotency_key="k") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


async def test_a_change_touches_what_it_names(world: World) -> None:
    row = await create(world.agent, email="bob@shop.example", display_name="Bob", nickname="b")
    world.clock.advance(minutes=1)
    path = f"{CONTACTS}{row['uuid']}/"
    changed = (await world.agent.send("PATCH", path, {"is_trusted": True, "nickname": ""})).json()

    assert changed == row | {"is_trusted": True, "nickname": "", "updated_dt": "2026-03-01T12:01:00Z"}
    assert (await world.agent.get(path)).json() == changed
    same = await world.agent.send("PATCH", path, {"email": "BOB@shop.example"})
    assert same.status_code == 200, "its own address is not somebody else's"


async def test_deleting_is_for_good(world: World) -> None:
    row = await create(world.agent, email="bob@shop.example")
    gone = await world.agent.send("DELETE", f"{CONTACTS}{row['uuid']}/")

    assert (gone.status_code, gone.content) == (204, b"")
    for ref in (row["uuid"], ABSENT, "no-uuid"):
        for method in ("GET", "PATCH", "DELETE"):
            answer = await world.agent.send(method, f"{CONTACTS}{ref}/", {})
            assert (answer.status_code, answer.json()["detail"]) == (404, "Not found."), (method, ref)
    assert (await create(world.agent, email="bob@shop.example"))["uuid"] != row["uuid"]


async def test_finding_is_exact(world: World) -> None:
    row = await create(world.agent, email="bob@shop.example", phone_number="+15550100123")
    await create(world.agent, email="bob@shop.example.org", phone_number="+15550100124")

    async def find(query: str) -> tuple[int, Any]:
        answer = await world.agent.get(f"{CONTACTS}find/?{query}")
        return answer.status_code, answer.json()

    for query in (
        "email=bob@shop.example",
        "email=BOB@Shop.example",
        "phone_number=%2B15550100123",
        "phone_number=%2B1%20555%20010-0123",
        "phone_number=+15550100123",
        "email=bob@shop.example&phone_number=%2B15550100123",
    ):
        assert await find(query) == (200, row), query
    for query in ("email=ob@shop.example", "phone_number=%2B15550100125",
                  "email=bob@shop.example&phone_number=%2B15550100124"):  # fmt: skip
        assert (await find(query))[0] == 404, query
    for query in ("", "email=", "email=nonsense", "phone_number=12"):
        assert (await find(query))[0] == 422, query


async def test_searching_looks_into_names_and_addresses(world: World) -> None:
    await create(world.agent, email="bob@shop.example", display_name="Bob BUILDER", nickname="Ärger")
    await create(world.agent, email="100%_sure!@corp.example", display_name="Percy")
    await create(world.agent, phone_number="+15550100123", display_name="Phone")

    cases = {
        "bob": ["Bob BUILDER"],
        "BUILD": ["Bob BUILDER"],
        "shop.ex": ["Bob BUILDER"],
        "ärg": ["Bob BUILDER"],
        "ÄRG": ["Bob BUILDER"],
        "example": ["Bob BUILDER", "Percy"],
        "0%_s": ["Percy"],
        "sure!": ["Percy"],
        "%": ["Percy"],
        "_": ["Percy"],
        "!": ["Percy"],
        "0100": [],
        "builder\nbob": [],
        " bob ": ["Bob BUILDER"],
        "": ["Bob BUILDER", "Percy", "Phone"],
        "\\": [],
        "'": [],
    }
    for query, expected in cases.items():
        assert await names(world.agent, f"{CONTACTS}search/?q={quote(query)}") == expected, query
        assert await names(world.agent, f"{CONTACTS}?search={quote(query)}") == expected, query


async def test_lists_are_in_the_order_of_making_and_paged_on_request(world: World) -> None:
    for number in range(5):
        await create(world.agent, email=f"x{number}@shop.example", display_name=f"x{number}")

    assert await names(world.agent) == ["x0", "x1", "x2", "x3", "x4"]
    page = (await world.agent.get(f"{CONTACTS}?search=shop&limit=2&offset=2")).json()
    assert [row["display_name"] for row in page["results"]] == ["x2", "x3"]
    assert (page["count"], page["next"]) == (5, f"{CONTACTS}?search=shop&limit=2&offset=4")
    assert (await world.agent.get(f"{CONTACTS}search/?q=x4&limit=1")).json()["count"] == 1


async def test_a_contact_that_came_about_by_itself_is_taken_over(world: World) -> None:
    raw = raw_message(sender="Robert <bob@shop.example>")
    await receive(world.services.mail, world.mine["email"], raw)
    (auto,) = (await world.agent.get(CONTACTS)).json()
    assert (auto["source"], auto["display_name"], auto["interaction_count"]) == ("auto", "Robert", 1)

    row = await create(world.agent, email="Bob@shop.example", is_trusted=True)
    assert row == auto | {"source": "manual", "is_trusted": True}
    assert (await world.agent.post(CONTACTS, {"email": "bob@shop.example"})).status_code == 409


@pytest.mark.parametrize(
    "field", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List_Id": "<n.shop.example>"}]
)
async def test_what_a_program_sends_on_its_own_makes_no_contact_and_counts_for_none(
    world: World, field: dict[str, str]
) -> None:
    await receive(world.services.mail, world.mine["email"], raw_message(**field))
    assert (await world.agent.get(CONTACTS)).json() == []

    await receive(world.services.mail, world.mine["email"], raw_message())
    await receive(world.services.mail, world.mine["email"], raw_message(**field))
    (contact,) = (await world.agent.get(CONTACTS)).json()
    assert contact["interaction_count"] == 1
    assert len((await world.agent.get("/api/email-messages/")).json()) == 3


async def test_a_name_that_a_stranger_writes_replaces_none(world: World) -> None:
    row = await create(world.agent, email="bob@shop.example", display_name="Bob", is_trusted=True)
    for name in ('"Your bank" <bob@shop.example>', "=?utf-8?q?=E2=80=AEgnp?= <BOB@shop.example>"):
        await receive(world.services.mail, world.mine["email"], raw_message(sender=name, message_id=None))

    (kept,) = (await world.agent.get(CONTACTS)).json()
    assert (kept["display_name"], kept["is_trusted"], kept["source"]) == ("Bob", True, "manual")
    assert (kept["interaction_count"], kept["last_interaction_dt"]) == (2, "2026-03-01T12:00:00Z")
    assert kept["uuid"] == row["uuid"]


# --- whose contacts


async def test_each_identity_has_contacts_of_its_own(world: World) -> None:
    mine = await create(world.agent, email="bob@shop.example", display_name="mine")
    siblings = await create(
        world.ada, f"?identity={world.sibling['uuid']}", email="bob@shop.example", display_name="sibling"
    )
    foreign = await create(world.eve, email="bob@shop.example", display_name="foreign")

    assert await names(world.agent) == ["mine"]
    assert await names(world.ada) == ["mine", "sibling"]
    assert await names(world.eve) == ["foreign"]
    for alias in (world.sibling["uuid"], world.sibling["uuid"].upper(), world.sibling["id"]):
        assert await names(world.ada, f"{CONTACTS}?identity_id={alias}") == ["sibling"], alias
    assert await names(world.agent, f"{CONTACTS}?identity_id={world.mine['uuid']}") == ["mine"]
    assert await names(world.agent, f"{CONTACTS}?identity_id=") == ["mine"]
    found = await world.agent.get(f"{CONTACTS}find/?email=bob@shop.example")
    assert found.json() == mine
    assert (await world.ada.get(f"{CONTACTS}{siblings['uuid']}/")).json() == siblings
    for row in (siblings, foreign):
        assert (await world.agent.get(f"{CONTACTS}{row['uuid']}/")).status_code == 404


async def test_the_alias_is_no_way_around_the_fence(world: World) -> None:
    nobodys = (0, "x", "\u00b2", "\u0661", "9" * 18, "9" * 19, "9" * 5000)
    for named in (world.sibling["uuid"], world.sibling["id"], world.foreign["uuid"], world.foreign["id"], *nobodys):
        answer = await world.agent.get(f"{CONTACTS}?identity_id={named}")
        assert answer.status_code in (403, 404), named
        assert (await world.eve.get(f"{CONTACTS}?identity_id={named}")).status_code == (
            200 if named in (world.foreign["uuid"], world.foreign["id"]) else 404
        ), named
    differs = await world.ada.get(f"{CONTACTS}?identity={world.mine['uuid']}&identity_id={world.sibling['uuid']}")
    assert (differs.status_code, differs.json()["code"]) == (400, "identity.selectors_differ")


async def test_writing_for_an_account_needs_to_know_for_whom(world: World) -> None:
    answer = await world.ada.post(CONTACTS, {"email": "bob@shop.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "identity.required")
    assert (await create(world.eve, email="bob@shop.example"))["identity"] == world.foreign["id"]


async def test_contacts_of_an_identity_that_is_switched_off_are_out_of_reach(world: World) -> None:
    row = await create(world.agent, email="bob@shop.example")
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/disable/")
    for answer in (
        await world.ada.get(f"{CONTACTS}{row['uuid']}/"),
        await world.ada.send("PATCH", f"{CONTACTS}{row['uuid']}/", {"is_trusted": True}),
        await world.ada.send("DELETE", f"{CONTACTS}{row['uuid']}/"),
        await world.ada.get(f"{CONTACTS}?identity_id={world.mine['id']}"),
        await world.ada.get(f"{CONTACTS}?identity={world.mine['uuid']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "identity.disabled")
