"""What another request deletes in the middle of this one: this one is told that it is not there, and did nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from ravi.server.db import Database
from ravi.server.mail import storage as mail_storage
from ravi.server.mail.uploads import Uploads
from tests.support import password_entries
from tests.support.mail import raw_message, receive
from tests.support.sealed import sealed
from tests.support.world import Actor, World

PRESIGN = "/api/email-attachments/presign/"


async def a_contact(agent: Actor) -> str:
    return await made(agent, "/api/contacts/", {"email": "bob@shop.example"})


async def a_password(agent: Actor) -> str:
    return await made(agent, password_entries.PASSWORDS, password_entries.entry())


async def a_totp(agent: Actor) -> str:
    body = {"uuid": "0a8f1e1c-5c8e-4d6b-9d0e-3f4f5a6b7c8d", "service_name": "GitHub"}
    return await made(agent, "/api/mfa/", {**body, "username": sealed(), "secret": sealed()})


async def a_secret(agent: Actor) -> str:
    return await made(agent, "/api/secrets/", {"key": "TOKEN", "value": sealed()})


async def made(agent: Actor, where: str, body: dict[str, Any]) -> str:
    answer = await agent.post(where, body)
    assert answer.status_code == 201, answer.text
    return f"{where}{answer.json()['uuid']}/"


#: How one is made, which service has it and by what it looks for it, its table, and a change of it.
KINDS: dict[str, tuple[Callable[[Actor], Awaitable[str]], str, str, str, dict[str, str]]] = {
    "contact": (a_contact, "contacts", "get", "contacts", {"display_name": "Bob"}),
    "password": (a_password, "passwords", "_find", "passwords", {"notes": sealed()}),
    "totp": (a_totp, "totps", "_find", "totps", {"username": sealed()}),
    "secret": (a_secret, "secrets", "_find", "secrets", {"value": sealed()}),
}


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_deleted_after_it_was_found_is_not_there(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str, method: str
) -> None:
    make, service_name, look_up, table, change = KINDS[kind]
    path = await make(world.agent)
    service = getattr(world.services, service_name)
    look = getattr(service, look_up)

    async def found_and_deleted(*args: Any) -> Any:
        found = await look(*args)
        await erase(world.services.db, table, world.account.id)
        return found

    monkeypatch.setattr(service, look_up, found_and_deleted)
    before = await seen(world)
    answer = await world.agent.send(method, path, change if method == "PATCH" else None)

    assert answer.status_code == 404, answer.text
    assert await seen(world) == before


async def test_a_contact_that_is_deleted_while_it_is_changed_is_not_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await a_contact(world.agent)
    before_writing = world.services.contacts._known

    async def deleted(*args: Any) -> Any:
        found = await before_writing(*args)
        await erase(world.services.db, "contacts", world.account.id)
        return found

    monkeypatch.setattr(world.services.contacts, "_known", deleted)
    assert (await world.agent.send("PATCH", path, {"display_name": "Bob"})).status_code == 404


async def test_an_attachment_whose_message_is_erased_in_the_middle_of_its_download_is_not_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await receive(world.services.mail, world.mine["email"], raw_message(attachments=[("a.txt", "text/plain", b"x")]))
    (message,) = (await world.agent.get("/api/email-messages/")).json()
    (attachment,) = (await world.agent.get(f"/api/email-messages/{message['id']}/")).json()["attachments"]
    find_owner, find = mail_storage.find_owner_of_attachment, mail_storage.find_attachment

    async def owner_found(*args: Any, **more: Any) -> Any:
        found = await find_owner(*args, **more)
        await erase(world.services.db, "attachments", world.account.id)
        return found

    async def attachment_found(*args: Any) -> Any:
        found = await find(*args)
        await erase(world.services.db, "raw_messages", world.account.id)
        return found

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(mail_storage, "find_attachment", attachment_found)
        assert (await world.agent.get(f"/api/email-attachments/{attachment['uuid']}/")).status_code == 404
    assert (await world.agent.get(f"/api/email-messages/{message['id']}/raw/")).status_code == 404
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(mail_storage, "find_owner_of_attachment", owner_found)
        assert (await world.client.get(attachment["download_url"])).status_code == 404


async def test_a_file_that_is_used_while_it_is_uploaded_again_is_not_expected_any_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced = await world.agent.post(PRESIGN, {"filename": "a.txt", "content_type": "text/plain", "size": 1})
    expected = Uploads.expected

    async def found_and_deleted(self: Uploads, uuid: str) -> Any:
        found = await expected(self, uuid)
        await erase(world.services.db, "uploads", world.account.id)
        return found

    async def put() -> httpx2.Response:
        return await world.client.put(announced.json()["upload_url"], content=b"x")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Uploads, "expected", found_and_deleted)
        assert (await put()).status_code == 404
    assert (await put()).status_code == 404, "and neither is it later"


async def erase(db: Database, table: str, account_id: int) -> None:
    """Delete the account's rows as part of the transaction that is open, where one is."""
    async with db.begin() as tx:
        await tx.run(f"DELETE FROM {table} WHERE account_id = :account", account=account_id)


async def seen(world: World) -> list[dict[str, Any]]:
    """What the account is told to have happened."""
    return (await world.ada.get("/api/events/?limit=1000")).json()["events"]
