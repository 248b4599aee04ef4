"""Files on their way into a message: announced, uploaded, sent once."""

from typing import Any

import httpx2
import pytest

from tests.support.sending import COMPOSE, MESSAGES, agent, inbox, send
from tests.support.world import Actor, World

PRESIGN = "/api/email-attachments/presign/"
LARGEST = 10 * 1024 * 1024


async def announce(
    actor: Actor, content: bytes, filename: str = "note.txt", kind: str = "text/plain"
) -> dict[str, Any]:
    answer = await actor.post(PRESIGN, {"filename": filename, "content_type": kind, "size": len(content)})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def put(world: World, url: str, content: bytes, kind: str = "text/plain") -> httpx2.Response:
    """As published clients do: the bytes, their type, no credential."""
    return await world.client.put(url, content=content, headers={"Content-Type": kind})


async def upload(world: World, actor: Actor, content: bytes, filename: str = "note.txt") -> str:
    announced = await announce(actor, content, filename)
    answer = await put(world, announced["upload_url"], content)
    assert answer.status_code == 200, answer.text
    return announced["uuid"]


async def test_a_file_arrives_as_it_was_uploaded(world: World) -> None:
    content = bytes(range(256)) * 40
    uuid = await upload(world, world.agent, content, "Zürich.pdf")

    sent = await send(world.agent, world.sibling["inbox"], attachment_uuids=[uuid])

    assert [(each["filename"], each["size"], each["size_bytes"]) for each in sent["attachments"]] == [
        ("Zürich.pdf", len(content), len(content))
    ]
    (got,) = await inbox(agent(world))
    there = (await agent(world).get(f"{MESSAGES}{got['id']}/")).json()["attachments"][0]
    assert (await world.client.get(there["download_url"])).content == content


async def test_an_owner_announces_and_an_identity_sends(world: World) -> None:
    """Published clients name no identity when they announce a file, even with the account's key."""
    uuid = await upload(world, world.ada, b"x")

    sent = await send(world.ada, world.sibling["inbox"], path=f"{COMPOSE}?identity={world.mine['uuid']}",
                      attachment_uuids=[uuid, uuid.upper()])  # fmt: skip

    assert len(sent["attachments"]) == 1


async def test_a_forward_takes_files_along_and_adds_others(world: World) -> None:
    await send(world.agent, world.sibling["inbox"], attachment_uuids=[await upload(world, world.agent, b"first")])
    (got,) = await inbox(agent(world))
    more = await upload(world, agent(world), b"second", "more.txt")

    answer = await agent(world).post(
        f"{MESSAGES}{got['id']}/forward/",
        {"to_email": world.mine["inbox"], "content": "", "attachment_uuids": [more]},
    )

    assert [each["filename"] for each in answer.json()["attachments"]] == ["note.txt", "more.txt"]


async def test_an_empty_file_and_the_largest_are_taken(world: World) -> None:
    for content in (b"", b"\0" * LARGEST):
        uuid = await upload(world, world.agent, content)
        sent = await send(world.agent, world.sibling["inbox"], attachment_uuids=[uuid], content=str(len(content)))
        assert sent["attachments"][0]["size"] == len(content)


async def test_several_large_files_are_more_than_a_message_may_be(world: World) -> None:
    uuids = [await upload(world, world.agent, b"\0" * LARGEST) for _ in range(2)]
    body = {"to_email": world.sibling["inbox"], "content": "x", "attachment_uuids": uuids}

    answer = await world.agent.post(COMPOSE, body)

    assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, ["attachment_uuids"])


@pytest.mark.parametrize("name", ["a.exe", "invoice.pdf.SCR", "x.JAR", "y.dmg", "z.lnk "])
async def test_what_a_click_would_run_is_refused(world: World, name: str) -> None:
    answer = await world.agent.post(PRESIGN, {"filename": name, "content_type": "text/plain", "size": 1})

    assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, ["filename"])


@pytest.mark.parametrize("name", ["a.zip", "b.py", "c.sh", "d.js", "exe", "noending", "x.exe.txt"])
async def test_other_names_are_taken(world: World, name: str) -> None:
    assert (await announce(world.agent, b"x", name))["storage_key"]


@pytest.mark.parametrize(
    ("field", "value"), [("size", -1), ("size", LARGEST + 1), ("filename", ""), ("filename", "a\nb")]
)
async def test_what_cannot_be_a_file_is_refused(world: World, field: str, value: Any) -> None:
    body = {"filename": "a.txt", "content_type": "text/plain", "size": 1, field: value}
    answer = await world.agent.post(PRESIGN, body)

    assert (answer.status_code, list(answer.json()["error"]["details"])) == (422, [field])


async def test_what_was_announced_has_to_come(world: World) -> None:
    url = (await announce(world.agent, b"12345"))["upload_url"]

    assert (await put(world, url, b"1234")).status_code == 422
    assert (await put(world, url, b"123456")).status_code == 413
    assert (await put(world, url, b"12345", "application/pdf")).status_code == 422
    assert (await put(world, url, b"12345", "text/plain; charset=utf-8")).status_code == 200
    assert (await put(world, url, b"54321", "application/octet-stream")).status_code == 200


async def test_only_the_signed_address_takes_a_file_and_not_for_long(world: World) -> None:
    first = await announce(world.agent, b"x")
    second = await announce(world.agent, b"x")
    path, _, query = first["upload_url"].partition("?")

    assert (await put(world, path, b"x")).status_code == 403
    assert (await put(world, f"{path}?{query[:-2]}AA", b"x")).status_code == 403
    assert (await put(world, first["upload_url"].replace(first["uuid"], second["uuid"]), b"x")).status_code == 403
    world.clock.advance(minutes=15)
    assert (await put(world, first["upload_url"], b"x")).status_code == 403


async def test_a_file_is_used_once_and_only_by_its_account(world: World) -> None:
    uuid = await upload(world, world.agent, b"x")
    announced = await announce(world.agent, b"x")
    body = {"to_email": world.mine["inbox"], "content": "mine?", "attachment_uuids": [uuid]}

    theirs = await agent(world, "foreign").post(COMPOSE, body)
    waiting = await world.agent.post(COMPOSE, {**body, "attachment_uuids": [announced["uuid"]]})
    assert (theirs.status_code, waiting.status_code) == (422, 422)
    first = await send(world.agent, world.mine["inbox"], attachment_uuids=[uuid])
    repeated = await send(world.agent, world.mine["inbox"], attachment_uuids=[uuid])
    assert first["id"] == repeated["id"]
    assert (await world.agent.post(COMPOSE, {**body, "content": "again"})).status_code == 422


async def test_what_nobody_sends_is_forgotten(world: World) -> None:
    uuid = await upload(world, world.agent, b"x")
    await announce(world.agent, b"y")
    world.clock.advance(minutes=16)
    assert await world.services.sending.uploads.forget_expired() == 1
    world.clock.advance(minutes=45)
    assert await world.services.sending.uploads.forget_expired() == 1

    body = {"to_email": world.mine["inbox"], "content": "x", "attachment_uuids": [uuid]}
    assert (await world.agent.post(COMPOSE, body)).status_code == 422


async def test_a_refused_send_keeps_the_file(world: World) -> None:
    uuid = await upload(world, world.agent, b"x")
    answer = await world.agent.post(COMPOSE, {"to_email": "x@example.org", "content": "x", "attachment_uuids": [uuid]})
    assert answer.json()["code"] == "mail.no_relay"

    await send(world.agent, world.mine["inbox"], attachment_uuids=[uuid])


@pytest.mark.parametrize("ending", ["its identity is switched off", "its key is revoked", "its identity is deleted"])
async def test_an_address_to_upload_to_ends_with_what_it_was_made_with(world: World, ending: str) -> None:
    announced = await announce(world.agent, b"12345")
    kept = await announce(world.with_token(world.sibling["api_key"]), b"12345")
    (key,) = (await world.agent.get("/api/auth/keys/identity/")).json()
    if ending == "its identity is switched off":
        await world.ada.post(f"/api/identities/{world.mine['uuid']}/disable/")
    elif ending == "its key is revoked":
        await world.ada.send("DELETE", f"/api/auth/keys/identity/{key['uuid']}/")
    else:
        await world.ada.send("DELETE", f"/api/identities/{world.mine['uuid']}/")

    assert (await put(world, announced["upload_url"], b"12345")).status_code == 403
    assert (await put(world, kept["upload_url"], b"12345")).status_code == 200


async def test_an_address_to_upload_to_ends_with_the_time_of_its_key(world: World) -> None:
    body = {"identity_uuid": world.mine["uuid"], "ttl_seconds": 60}
    key = (await world.ada.post("/api/auth/keys/identity/", body)).json()["key"]
    announced = await announce(world.with_token(key), b"12345")
    assert (await put(world, announced["upload_url"], b"12345")).status_code == 200
    world.clock.advance(seconds=60)
    assert (await put(world, announced["upload_url"], b"12345")).status_code == 403


async def test_an_address_to_upload_to_outlives_the_renewal_of_a_token_and_ends_with_its_sign_in(world: World) -> None:
    announced = await announce(world.ada, b"12345")
    pair = (await world.nobody.post("/api/auth/token/refresh/", {"refresh": world.tokens.refresh})).json()
    assert (await put(world, announced["upload_url"], b"12345")).status_code == 200
    await world.with_token(pair["access"]).post("/api/auth/logout/")
    assert (await put(world, announced["upload_url"], b"12345")).status_code == 403


async def test_what_an_identity_has_uploaded_no_other_identity_sends(world: World) -> None:
    uuid = await upload(world, world.with_token(world.sibling["api_key"]), b"the sibling's")
    body = {"to": world.mine["inbox"], "subject": "s", "body": "b", "attachment_uuids": [uuid]}
    refused = await world.agent.post(COMPOSE, body)
    assert refused.status_code == 422
    body["attachment_uuids"] = ["00000000-0000-4000-8000-000000000000"]
    nothing = await world.agent.post(COMPOSE, body)
    told, same = (each.text.replace(uuid, "X").partition('"request_id"')[0] for each in (refused, nothing))
    assert told.replace("00000000-0000-4000-8000-000000000000", "X") == same.replace(body["attachment_uuids"][0], "X")


async def test_what_an_identity_has_uploaded_goes_with_it(world: World) -> None:
    await upload(world, world.agent, b"nobody is to find this")
    await world.ada.send("DELETE", f"/api/identities/{world.mine['uuid']}/")
    assert await world.services.db.all("SELECT uuid FROM uploads") == []
