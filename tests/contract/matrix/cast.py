"""
Whoever appears in the matrix, and what each of them has: one thing of every kind, recognisable by its owner's word.

`Cast.things` gives for each owner and kind the names of the thing, in the same order of forms for everybody: number,
uuid, and so on. `ABSENT` has names of the same forms that nothing has.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.mail import raw_message, receive
from tests.support.sealed import legacy, random_base64, sealed, set_up_legacy_vault, set_up_vault
from tests.support.world import Actor, World, world_on

Things = dict[str, list[Any]]

NOWHERE = "00000000-0000-4000-8000-000000000000"
NO_NUMBER = 987_654_321

#: Names that nothing has, of the same forms as those in `Cast.things`.
ABSENT: Things = {
    "attachment": [NOWHERE],
    "contact": [NOWHERE],
    "conversation": [f"{NO_NUMBER}_+15005550199"],
    "delivery": [NOWHERE, NO_NUMBER],
    "identity": [NOWHERE, NOWHERE.upper()],
    "identity_key": [NOWHERE],
    "identity_name": ["wordofnobody"],
    "identity_number": [NO_NUMBER],
    "identity_or_number": [NOWHERE, str(NO_NUMBER)],
    "inbox": [NO_NUMBER],
    "inbox_or_address": [str(NO_NUMBER), "wordofnobody@in.ravi.localhost"],
    "known_number": ["+15005550199"],
    "label": ["whose=wordofnobody"],
    "management_key": [NOWHERE],
    "message": [NOWHERE, NO_NUMBER, "<wordofnobody@shop.example>", "wordofnobody@shop.example"],
    "number": [NO_NUMBER],
    "password": [NOWHERE],
    "password_domain": ["wordofnobody.example"],
    "record": [f"s{NO_NUMBER}", f"p{NO_NUMBER}", f"t{NO_NUMBER}"],
    "secret": [NOWHERE, "WORDOFNOBODY"],
    "secret_key": ["WORDOFNOBODY"],
    "secret_to_set": ["WORDOFNOBODY"],
    "selector": [NOWHERE, NOWHERE.upper()],
    "text": [NOWHERE, NO_NUMBER],
    "thread": [NOWHERE],
    "totp": [NOWHERE, NO_NUMBER],
    "totp_name": ["wordofnobody"],
    "upload": [NOWHERE],
    "webhook": [NOWHERE, NO_NUMBER],
    "word": ["wordofnobody"],
    "writer": ["friend@wordofnobody.example"],
}


@dataclass
class Cast:
    """
    `ada` has the identities `mine` and `sibling`, and once had `gone`; `eve` has `foreign`, and once had `lost`.

    `identities` are the documents of the living and the dead by those names, `things` what they have or had. `dropped`
    is what `mine` itself had and removed. Everybody may write to `reader`, of the
    account of `pen_pal`.
    """

    world: World
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    things: dict[str, Things] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    reader: dict[str, Any] = field(default_factory=dict)
    pen_pal: Actor = field(init=False)

    def words(self, *owners: str) -> list[str]:
        """What nobody but these *owners*, their account and whoever is told by them knows."""
        known = []
        for owner in owners:
            identity = self.identities[owner]
            known += [f"wordof{owner}", identity["uuid"], identity["email"], identity["phone"] or identity["email"]]
        return known


@asynccontextmanager
async def cast_on(database_url: str) -> AsyncIterator[Cast]:
    """The world with everybody in it, and nothing going on by itself."""
    async with world_on(database_url, sends_per_hour="0", texts_per_hour="0") as world:
        await world.services.webhook_worker.close()
        cast = Cast(world)
        for owner in (world.ada, world.eve):  # in the middle of an upgrade everything about vaults is allowed
            await set_up_legacy_vault(owner)
            await set_up_vault(owner)
        bob = await world.services.auth.add_account("bob@example.org", "Bob", "Reader")
        cast.pen_pal = world.with_token((await world.services.auth.sign_in(bob.id, "test")).access)
        cast.reader = ok(await cast.pen_pal.post("/api/identities/", {"name": "reader"}))
        for name, owner in (("gone", world.ada), ("lost", world.eve)):
            await add_identity(cast, name, owner)
            answer = await owner.send("DELETE", f"/api/identities/{cast.identities[name]['uuid']}/")
            assert answer.status_code == 200, answer.text
        for name, owner in (("mine", world.ada), ("sibling", world.ada), ("foreign", world.eve)):
            await add_identity(cast, name, owner, getattr(world, name))
        await _drop(cast)
        managing = ok(await world.ada.post("/api/auth/keys/management/", {"label": "test"}))
        pair = ok(await world.ada.post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]}))
        cast.actors = {
            "ada": world.ada,
            "ada's key": world.with_token(managing["key"]),
            "mine": world.agent,
            "mine, by a token": world.with_token(pair["access"]),
            "eve": world.eve,
            "foreign": world.with_token(world.foreign["api_key"]),
        }
        yield cast


async def add_identity(cast: Cast, name: str, owner: Actor, identity: dict[str, Any] | None = None) -> None:
    """Enter *identity*, or a new one of *owner*'s, into the cast with one thing of each kind."""
    labels = {"whose": f"wordof{name}"}
    if identity is None:
        identity = ok(await owner.post("/api/identities/", {"name": name}))
    change = {"name": f"wordof{name}", "labels": labels}
    ok(await owner.send("PATCH", f"/api/identities/{identity['uuid']}/", change))
    cast.identities[name] = identity
    cast.things[name] = await things_of(cast, owner, identity, name)


async def things_of(cast: Cast, owner: Actor, identity: dict[str, Any], name: str) -> Things:
    """Make one thing of each kind for *identity* with `wordof`*name* in it, and return what each is called."""
    actor, word = cast.world.with_token(identity["api_key"]), f"wordof{name}"
    things = await _entries(actor, word) | await _mail(cast, identity, actor, word) | await _hook(actor, word)
    chosen = f"?identity={identity['uuid']}"
    (inbox,), (number,) = (
        ok(await owner.get(f"/api/email/{chosen}")),
        ok(await owner.get(f"/api/phone/{chosen}")),
    )
    friend = f"+1500555{1000 + identity['id']}"
    text = ok(
        await owner.post(
            "/api/messages/simulate/", {"to": identity["phone"], "from_number": friend, "body": f"hi {word}"}
        )
    )
    keys = ok(await owner.get(f"/api/auth/keys/identity/{chosen}"))
    managing = ok(await owner.post("/api/auth/keys/management/", {"label": word}))
    return things | {
        "identity": [identity["uuid"], identity["uuid"].upper()],
        "identity_key": [keys[0]["uuid"]],
        "identity_name": [word],
        "identity_number": [identity["id"]],
        "identity_or_number": [identity["uuid"], str(identity["id"])],
        "inbox": [inbox["id"]],
        "inbox_or_address": [str(inbox["id"]), identity["email"]],
        "label": [f"whose={word}"],
        "management_key": [managing["uuid"]],
        "number": [number["id"]],
        "selector": [identity["uuid"], identity["uuid"].upper()],
        "phone": [identity["phone"]],
        "reader": [cast.reader["email"]],
        "reader_number": [cast.reader["phone"]],
        "record": await _records(owner, identity),
        "text": [text["uuid"], text["id"]],
        "conversation": [text["conversation_id"]],
        "known_number": [friend],
        "word": [word],
    }


async def _entries(actor: Actor, word: str) -> Things:
    """What a vault has; of published clients, so that an upgrade has something to do."""
    secret = ok(await actor.post("/api/secrets/", {"key": word.upper(), "value": legacy()}))
    domain = f"{word}.example"
    password = ok(await actor.post("/api/passwords/", {"uuid": fresh(), "domain": domain, "password": legacy()}))
    totp = ok(await actor.post("/api/mfa/", {"uuid": fresh(), "service_name": word, "secret": legacy()}))
    return {
        "password": [password["uuid"]],
        "password_domain": [domain],
        "secret": [secret["uuid"], secret["key"]],
        "secret_key": [secret["key"]],
        "secret_to_set": [secret["key"]],
        "totp": [totp["uuid"], totp["id"]],
        "totp_name": [word],
    }


async def _records(owner: Actor, identity: dict[str, Any]) -> list[str]:
    """What an upgrade calls the rows of a vault: a secret, a password, a seed."""
    rows = ok(await owner.get("/api/vault/sealed/"))["records"]
    return [row["record"] for row in rows if row["identity_uuid"] == identity["uuid"]]


async def _mail(cast: Cast, identity: dict[str, Any], actor: Actor, word: str) -> Things:
    raw = raw_message(
        f"for {word}\n",
        sender=f"{word} <friend@{word}.example>",
        subject=f"for {word}",
        message_id=f"<{word}@shop.example>",
        attachments=[(f"{word}.txt", "text/plain", word.encode())],
        Reply_To=cast.reader["email"],
    )
    await receive(cast.world.services.mail, identity["email"], raw)
    (message,) = ok(await actor.get("/api/email-messages/?direction=incoming"))
    contact = ok(await actor.get(f"/api/contacts/find/?email=friend@{word}.example"))
    return {
        "attachment": [message["attachments"][0]["uuid"]],
        "contact": [contact["uuid"]],
        "message": [message["uuid"], message["id"], message["message_id"], message["message_id"].strip("<>")],
        "thread": [message["thread_id"]],
        "upload": [await upload(actor, word)],
        "writer": [f"friend@{word}.example"],
    }


async def upload(actor: Actor, word: str) -> str:
    """Announce a file and upload it; return its uuid."""
    body = {"filename": f"{word}.txt", "content_type": "text/plain", "size": len(word)}
    announced = ok(await actor.post("/api/email-attachments/presign/", body))
    address = announced["upload_url"].removeprefix("http://ravi.test")
    ok(await actor.client.put(address, content=word.encode(), headers={"content-type": "text/plain"}))
    return str(announced["uuid"])


async def _hook(actor: Actor, word: str) -> Things:
    """A webhook, switched on, with a delivery in its log; nobody delivers it."""
    hook = ok(await actor.post("/api/webhook-subscriptions/", {"url": f"https://{word}.example.com/"}))
    delivery = ok(await actor.post(f"/api/webhook-subscriptions/{hook['uuid']}/test/"))
    return {"webhook": [hook["uuid"], hook["id"]], "delivery": [delivery["uuid"], delivery["id"]]}


async def _drop(cast: Cast) -> None:
    """Have `mine` remove, of a second set of things, what can be removed."""
    actor, word = cast.world.agent, "wordofdropped"
    things = await _entries(actor, word) | await _hook(actor, word)
    contact = ok(await actor.post("/api/contacts/", {"email": f"friend@{word}.example", "display_name": word}))
    things |= {"contact": [contact["uuid"]], "writer": [contact["email"]]}
    for path, ref in (
        ("secrets", things["secret"][0]),
        ("passwords", things["password"][0]),
        ("mfa", things["totp"][0]),
        ("contacts", contact["uuid"]),
        ("webhook-subscriptions", things["webhook"][0]),
    ):
        answer = await actor.send("DELETE", f"/api/{path}/{ref}/")
        assert answer.status_code == 204, answer.text
    cast.things["dropped"] = things


def ok(answer: Any) -> Any:
    """The document of an answer that has to be a success."""
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def fresh() -> str:
    return str(uuid.uuid4())


def filled(template: Any, things: Things) -> Any:
    """
    *template* with `<sealed>`, `<uuid>`, `<key>` and `<name>` replaced by fresh ones, and any other `<kind>` by what
    there is of it in *things*.
    """
    match template:
        case dict():
            return {name: filled(value, things) for name, value in template.items()}
        case list():
            return [filled(value, things) for value in template]
        case "<sealed>":
            return sealed()
        case "<uuid>":
            return fresh()
        case "<key>":
            return random_base64(32)
        case str() if "<name>" in template:
            return template.replace("<name>", f"n{uuid.uuid4().hex}")
        case str() if template.startswith("<"):
            return things[template.strip("<>")][0]
    return template
