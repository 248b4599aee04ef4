"""
What an identity's own credential may call at all, and what it is shown there.

The routes are walked, so a new one joins by itself; the expected answers are the short table below and not taken
from the code under test. Bad credentials, and good ones that name what is somebody else's, are in `matrix/`.
"""

import uuid
from typing import Any

import pytest

from ravi.server.app import TABLES
from ravi.server.http.routing import Route
from ravi.wire.scopes import IDENTITY_SCOPES
from tests.support.mail import raw_message, receive
from tests.support.sealed import sealed
from tests.support.world import World

ROUTES = [route for table in TABLES for route in table.all]
PRIVATE = [route for route in ROUTES if route.scope is not None]

#: An answer that goes on; tests/contract/test_event_stream.py is about whose events it shows.
ENDLESS = "GET /api/events/stream/"

#: What an identity's own credential may call at all, written down a second time.
AN_IDENTITY_MAY = {
    "GET /api/limits/",
    "GET /api/auth/keys/identity/",
    "DELETE /api/auth/keys/identity/{key_uuid}/",
    "GET /api/auth/user/",
    "GET /api/auth/whoami/",
    "POST /api/wait/",
    "POST /api/auth/bind-identity/",
    "POST /api/auth/logout/",
    "GET /api/domains/",
    "GET /api/email/",
    "POST /api/email/",
    "GET /api/email/check-availability/",
    "GET /api/email/{inbox_id}/",
    "GET /api/encryption/",
    "GET /api/events/",
    "GET /api/events/stream/",
    "GET /api/webhook-subscriptions/",
    "POST /api/webhook-subscriptions/",
    "GET /api/webhook-subscriptions/{webhook_ref}/",
    "PATCH /api/webhook-subscriptions/{webhook_ref}/",
    "DELETE /api/webhook-subscriptions/{webhook_ref}/",
    "POST /api/webhook-subscriptions/{webhook_ref}/test/",
    "GET /api/webhook-deliveries/",
    "GET /api/webhook-deliveries/{delivery_ref}/",
    "GET /api/identities/",
    "GET /api/identities/activity/",
    "GET /api/identities/{identity_uuid}/",
    "PATCH /api/identities/{identity_uuid}/",
    "PUT /api/identities/{identity_uuid}/",
    "POST /api/identities/{identity_uuid}/provision-phone/",
    "GET /api/master/",
    "GET /api/phone/",
    "GET /api/phone/{number_id}/",
    "GET /api/secrets/",
    "POST /api/secrets/",
    "PUT /api/secrets/",
    "GET /api/secrets/{secret_ref}/",
    "PUT /api/secrets/{secret_ref}/",
    "PATCH /api/secrets/{secret_ref}/",
    "DELETE /api/secrets/{secret_ref}/",
    "GET /api/passwords/",
    "POST /api/passwords/",
    "GET /api/passwords/generate-password/",
    "GET /api/passwords/{entry_uuid}/",
    "PATCH /api/passwords/{entry_uuid}/",
    "DELETE /api/passwords/{entry_uuid}/",
    "GET /api/passwords/{entry_uuid}/history/",
    "GET /api/mfa/",
    "POST /api/mfa/",
    "GET /api/mfa/{totp_ref}/",
    "PATCH /api/mfa/{totp_ref}/",
    "DELETE /api/mfa/{totp_ref}/",
    "GET /api/email-inbox/",
    "GET /api/email-inbox/{thread_id}/",
    "GET /api/email-messages/",
    "GET /api/email-messages/{message_ref}/",
    "PATCH /api/email-messages/{message_ref}/",
    "GET /api/email-messages/{message_ref}/raw/",
    "POST /api/email-messages/compose/",
    "POST /api/email-messages/{message_ref}/reply/",
    "POST /api/email-messages/{message_ref}/reply-all/",
    "POST /api/email-messages/{message_ref}/forward/",
    "GET /api/email-attachments/{attachment_uuid}/",
    "POST /api/email-attachments/presign/",
    "GET /api/sms-inbox/",
    "GET /api/sms-inbox/{conversation_id}/",
    "GET /api/messages/",
    "GET /api/messages/{text_ref}/",
    "PATCH /api/messages/{text_ref}/",
    "POST /api/messages/send/",
    "POST /api/sso/token/",
    "GET /api/contacts/",
    "POST /api/contacts/",
    "GET /api/contacts/find/",
    "GET /api/contacts/search/",
    "GET /api/contacts/{contact_uuid}/",
    "PATCH /api/contacts/{contact_uuid}/",
    "DELETE /api/contacts/{contact_uuid}/",
}

#: Sets what the caller calls by that name, so a sibling's key means the caller's own. It has a test of its own.
SETS_ITS_OWN = "PUT /api/secrets/{secret_ref}/"

ABSENT = "00000000-0000-4000-8000-000000000000"


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


def aimed_at(route: Route, **values: Any) -> str:
    """The route's path with *values* in it; what they do not name is something that does not exist."""
    uuids = dict.fromkeys(("identity_uuid", "key_uuid", "secret_ref", "entry_uuid", "totp_ref"), ABSENT)
    uuids |= dict.fromkeys(("thread_id", "message_ref", "attachment_uuid", "contact_uuid"), ABSENT)
    uuids |= dict.fromkeys(("webhook_ref", "delivery_ref", "text_ref", "conversation_id"), ABSENT)
    return route.path.format(**uuids | {"inbox_id": 0, "number_id": 0} | values)


def test_the_list_of_what_an_identity_may_call_is_complete() -> None:
    assert {name(route) for route in PRIVATE if route.scope in IDENTITY_SCOPES} == AN_IDENTITY_MAY


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_disabled_identity_reaches_nothing(world: World) -> None:
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/disable/")
    for route in PRIVATE:
        answer = await world.agent.send(route.method, aimed_at(route), {})
        assert (answer.status_code, answer.json()["code"]) == (403, "identity.disabled"), name(route)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_an_identity_is_refused_wherever_it_may_not_call(world: World) -> None:
    for route in PRIVATE:
        if name(route) in AN_IDENTITY_MAY:
            continue
        for target in (world.mine, world.sibling, world.foreign):
            answer = await world.agent.send(route.method, aimed_at(route, identity_uuid=target["uuid"]), {})
            assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden"), name(route)


async def test_setting_a_secret_of_somebody_elses_name_makes_ones_own(world: World) -> None:
    for other in (world.sibling, world.foreign):
        theirs, by_key, _ = await entries(world, other)
        answer = await world.agent.send("PUT", f"/api/secrets/{by_key['secret_ref']}/", {"value": sealed()})
        assert (answer.status_code, answer.json()["identity_uuid"]) == (201, world.mine["uuid"])
        (kept,) = (await world.with_token(other["api_key"]).get("/api/secrets/")).json()
        assert (kept["uuid"], kept["revision"]) == (theirs["secret_ref"], 1)


#: Lists of the vault, and what the path of a single entry calls it.
ENTRIES = {
    "/api/secrets/": "secret_ref",
    "/api/passwords/": "entry_uuid",
    "/api/mfa/": "totp_ref",
    "/api/webhook-subscriptions/": "webhook_ref",
}
#: The same of what mail brings.
MAIL = {"/api/email-messages/": "message_ref", "/api/contacts/": "contact_uuid"}
#: And of what texts bring.
TEXTS = {"/api/messages/": "text_ref"}


async def entries(world: World, identity: dict[str, Any]) -> list[dict[str, Any]]:
    """Make an entry of each kind, recognisable by its owner's name; return their uuids, and their other names."""
    actor, called = world.with_token(identity["api_key"]), identity["name"]
    bodies: dict[str, dict[str, Any]] = {
        "/api/secrets/": {"key": f"{called}_token", "value": sealed()},
        "/api/passwords/": {"uuid": str(uuid.uuid4()), "domain": f"{called}.example", "password": sealed()},
        "/api/mfa/": {"uuid": str(uuid.uuid4()), "service_name": called, "secret": sealed()},
        "/api/webhook-subscriptions/": {"url": f"https://{called}.example.com/", "enabled": False},
    }
    made = {}
    for path, body in bodies.items():
        answer = await actor.post(path, body)
        assert answer.status_code == 201, answer.text
        made[ENTRIES[path]] = answer.json()
    uuids = {ref: row["uuid"] for ref, row in made.items()}
    other_names = {
        "secret_ref": made["secret_ref"]["key"],
        "totp_ref": made["totp_ref"]["id"],
        "webhook_ref": made["webhook_ref"]["id"],
    }
    by_uuid, by_number, by_message_id = await mail_of(world, identity)
    text = await text_of(world, identity)
    by_uuid, other_names = by_uuid | text, other_names | text | {"text_ref": text["id"]}
    return [uuids | by_uuid, uuids | other_names | by_number, uuids | other_names | by_message_id]


async def mail_of(world: World, identity: dict[str, Any]) -> list[dict[str, Any]]:
    """Deliver a message that tells its reader's name everywhere; return what it brought, by each name it has."""
    actor, called = world.with_token(identity["api_key"]), identity["name"]
    raw = raw_message(
        f"for {called}\n",
        sender=f"{called} <friend@{called}.example>",
        subject=f"for {called}",
        message_id=f"<{called}@shop.example>",
        attachments=[(f"{called}.txt", "text/plain", called.encode())],
    )
    await receive(world.services.mail, identity["email"], raw)
    (message,) = (await actor.get("/api/email-messages/")).json()
    (contact,) = (await actor.get("/api/contacts/")).json()
    refs = {
        "thread_id": message["thread_id"],
        "message_ref": message["uuid"],
        "attachment_uuid": message["attachments"][0]["uuid"],
        "contact_uuid": contact["uuid"],
    }
    return [refs, refs | {"message_ref": message["id"]}, refs | {"message_ref": message["message_id"]}]


async def text_of(world: World, identity: dict[str, Any]) -> dict[str, Any]:
    """Deliver a text that tells its reader's name; return what it is called."""
    owner = world.eve if identity is world.foreign else world.ada
    body = {"to": identity["phone"], "from_number": "22395", "body": f"for {identity['name']}"}
    answer = await owner.post("/api/messages/simulate/", body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return {"text_ref": made["uuid"], "id": made["id"], "conversation_id": made["conversation_id"]}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_lists_show_an_identity_nothing_of_the_others(world: World) -> None:
    for owner in (world.mine, world.sibling, world.foreign):
        await entries(world, owner)
    for route in PRIVATE:
        if route.method != "GET" or route.parameters or name(route) == ENDLESS or name(route) not in AN_IDENTITY_MAY:
            continue
        text = (await world.agent.get(f"{route.path}?email=free&q=example")).text
        for other in (world.sibling, world.foreign):
            for secret in (other["uuid"], other["email"], other["phone"], other["name"], other["name"].upper()):
                assert secret not in text, f"{name(route)} shows {secret}"
        assert route.path not in ENTRIES | MAIL | TEXTS or world.mine["name"] in text.lower(), (
            f"{name(route)} shows nothing"
        )


def test_every_route_that_makes_something_takes_an_idempotency_key() -> None:
    assert [name(route) for route in PRIVATE if route.status == 201 and not route.creates] == []
