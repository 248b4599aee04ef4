"""What is written into the audit log, by whom and from where; and what never is."""

from typing import Any

import pytest

from ravi.server.audit.refusals import MOST_KINDS
from ravi.server.db import open_database
from ravi.wire import event_types
from tests.support.mail import raw_message, receive
from tests.support.sealed import sealed
from tests.support.sending import send
from tests.support.sign_in import EMAIL, PASSWORD, SignIn, sign_in_on
from tests.support.texts import simulate
from tests.support.world import Actor, World, world_on

AUDIT = "/api/audit/"
NOBODY = "00000000-0000-4000-8000-000000000000"
#: What begins the names of changes that are no events.
CHANGES = {"contact", "webhook"}


async def audit(actor: Actor, query: str = "") -> list[dict[str, Any]]:
    """The entries that *query* asks for; all there are in these tests."""
    answer = await actor.get(f"{AUDIT}?limit=1000{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["entries"]


async def only(actor: Actor, action: str, query: str = "") -> dict[str, Any]:
    """The one entry with this *action*."""
    (entry,) = [entry for entry in await audit(actor, query) if entry["action"] == action]
    return entry


async def test_an_entry_says_who_did_what_on_which_identity_from_where(world: World) -> None:
    key = (await world.ada.get(f"/api/auth/keys/identity/?identity={world.mine['uuid']}")).json()[0]
    await world.agent.post("/api/secrets/", {"key": "API_KEY", "value": sealed()})
    answer = await world.agent.get("/api/secrets/API_KEY/", X_Request_Id="request-7")
    assert answer.status_code == 200

    entry = await only(world.ada, "secret.read")

    assert entry["by"] == {"kind": "identity_key", "credential": key["uuid"]}
    assert entry["identity"] == world.mine["uuid"]
    assert entry["target"] == {"names": ["API_KEY"]}
    assert (entry["peer"], entry["request_id"], entry["result"]) == ("127.0.0.1", "request-7", "ok")


async def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_says(database_url: str) -> None:
    async with world_on(database_url, behind_proxy="true") as world:
        await world.ada.post("/api/auth/keys/management/", {"label": "ci"}, X_Forwarded_For="6.6.6.6, 203.0.113.9")

        entries = [entry for entry in await audit(world.ada) if entry["target"].get("label") == "ci"]

    assert [entry["peer"] for entry in entries] == ["203.0.113.9"]


async def test_every_event_has_an_entry_in_the_same_transaction(world: World) -> None:
    await world.agent.post("/api/secrets/", {"key": "API_KEY", "value": sealed()})
    await receive(world.services.mail, world.mine["email"], raw_message("hello\n"))
    await world.ada.post(f"/api/identities/{world.sibling['uuid']}/disable/")

    events = (await world.ada.get("/api/events/?limit=1000")).json()["events"]
    names = {value for name, value in vars(event_types).items() if name.isupper()}
    entries = [entry for entry in await audit(world.ada) if entry["action"] in names]

    assert [entry["action"] for entry in entries] == [event["type"] for event in events]
    assert [entry["created_dt"] for entry in entries] == [event["created_dt"] for event in events]


async def test_what_is_known_of_an_identity_stays_when_it_is_gone(world: World) -> None:
    await world.agent.post("/api/secrets/", {"key": "API_KEY", "value": sealed()})
    answer = await world.ada.send("DELETE", f"/api/identities/{world.mine['uuid']}/")
    assert answer.status_code == 200, answer.text

    actions = [entry["action"] for entry in await audit(world.ada, f"&identity={world.mine['uuid'].upper()}")]

    assert actions == ["identity.created", "key.created", "secret.written", "identity.deleted"]
    assert "audit" not in answer.text


async def test_only_the_accounts_own_credentials_read_it_and_only_its_own(world: World) -> None:
    answer = await world.agent.get(AUDIT)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden")
    management = (await world.ada.post("/api/auth/keys/management/", {"label": "reader"})).json()["key"]

    ours, theirs = await audit(world.with_token(management)), await audit(world.eve)

    assert {entry["identity"] for entry in ours} == {None, world.mine["uuid"], world.sibling["uuid"]}
    assert {entry["identity"] for entry in theirs} == {None, world.foreign["uuid"]}
    assert [entry["seq"] for entry in theirs] == list(range(1, len(theirs) + 1))


async def test_mail_between_accounts_tells_neither_owner_about_the_other(world: World) -> None:
    await send(world.agent, world.foreign["email"])

    sent, received = await only(world.ada, "email.message.sent"), await only(world.eve, "email.message.received")

    assert sent["by"]["kind"] == "identity_key"
    assert received["by"] == {"kind": "system", "credential": None}
    assert (received["peer"], received["request_id"]) == (None, None)
    assert sent["by"]["credential"] not in (await world.eve.get(AUDIT)).text


async def test_who_sends_is_written_down_and_not_to_whom(world: World) -> None:
    await send(world.agent, world.foreign["email"], subject="canary")
    answer = await world.agent.post("/api/messages/send/", {"to_number": world.sibling["phone"], "body": "canary"})
    assert answer.status_code in (200, 201), answer.text

    mail, text = await only(world.ada, "email.message.queued"), await only(world.ada, "sms.message.queued")

    assert mail["by"] == text["by"]
    assert set(mail["target"]) == {"message_id", "recipients"}
    assert set(text["target"]) == {"message_id", "phone_id"}


async def test_what_a_credential_may_not_do_is_written_down(world: World) -> None:
    await world.agent.get("/api/auth/keys/management/")
    await world.agent.get(f"/api/email/?identity={world.sibling['uuid']}")
    await world.ada.post(f"/api/identities/{world.mine['uuid']}/disable/")
    await world.agent.get("/api/email/")

    refused = [entry for entry in await audit(world.ada) if entry["action"] == "request.refused"]

    assert [(entry["result"], entry["target"]) for entry in refused] == [
        # Two refusals with the same code, told together, by the last of them.
        ("auth.forbidden", {"route": "GET /api/email/", "times": 2}),
        ("identity.disabled", {}),
    ]
    assert {entry["identity"] for entry in refused} == {world.mine["uuid"]}
    assert {entry["by"]["kind"] for entry in refused} == {"identity_key"}


async def test_a_thousand_refusals_make_two_entries_a_minute(world: World) -> None:
    async def refused() -> list[int]:
        entries = await audit(world.ada)
        return [entry["target"].get("times", 1) for entry in entries if entry["action"] == "request.refused"]

    await world.agent.get("/api/audit/")
    assert await refused() == [1]
    for _ in range(300):
        await world.agent.get("/api/audit/")
    assert await refused() == [1]
    world.clock.advance(minutes=1)
    assert await refused() == [1, 300]
    await world.agent.get("/api/audit/")
    assert await refused() == [1, 300]
    world.clock.advance(minutes=1)
    assert await refused() == [1, 300, 1]


async def test_refusals_of_many_credentials_are_bounded_too(world: World) -> None:
    for _ in range(MOST_KINDS + 15):
        answer = await world.ada.post("/api/auth/keys/identity/", {"identity_uuid": world.mine["uuid"], "label": "x"})
        await world.with_token(answer.json()["key"]).get(AUDIT)

    refused = [entry for entry in await audit(world.ada) if entry["action"] == "request.refused"]

    assert len(refused) == MOST_KINDS + 1
    assert refused[-1]["by"] == {"kind": "visitor", "credential": None}
    assert refused[-1]["target"] == {"times": 15}


async def test_refusals_that_wait_are_written_when_the_server_stops(database_url: str) -> None:
    async with world_on(database_url) as world:
        await world.agent.get(AUDIT)
    db = await open_database(database_url)
    try:
        rows = await db.all("SELECT result FROM audit WHERE action = 'request.refused'")
    finally:
        await db.close()

    assert rows == [("auth.forbidden",)]


async def sign_ins(site: SignIn, token: str) -> list[tuple[str, str, str | None, str]]:
    """What is in the log about getting in: action, kind, how, result."""
    answer = await site.api.get(AUDIT, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return [
        (entry["action"], entry["by"]["kind"], entry["target"].get("how"), entry["result"])
        for entry in answer.json()["entries"]
    ]


async def test_every_way_in_is_written_down_and_so_is_every_failure(database_url: str) -> None:
    async with sign_in_on(database_url) as site:
        await site.enter()
        wrong = {"email": EMAIL, "password": "wrong wrong wrong"}
        assert (await site.api.post("/api/auth/login/", json=wrong)).status_code == 401
        assert (await site.api.post("/api/auth/login/", json={**wrong, "email": "x@example.org"})).status_code == 401
        await site.api.post("/api/auth/login/", json={"email": EMAIL, "password": PASSWORD})
        grant = await site.start(hostname="laptop")
        await site.decide(grant["user_code"])
        signed_in = (await site.poll(grant["device_code"])).json()
        denied = await site.start(hostname="stranger")
        await site.decide(denied["user_code"], approve=False)
        pair = (await site.api.post("/api/auth/token/refresh/", json={"refresh": signed_in["refresh"]})).json()
        site.clock.advance(minutes=2)
        await site.api.post("/api/auth/token/refresh/", json={"refresh": signed_in["refresh"]})

        found = await sign_ins(site, signed_in["management_key"])

    assert pair["access"]
    refused = ("auth.sign_in_refused", "visitor", None, "auth.bad_credentials")
    assert found.count(refused) == 1, "one address has an account, the other has none"
    found.remove(refused)  # it is written a moment later, wherever that is
    assert found == [
        ("account.created", "system", None, "ok"),
        ("auth.code_made", "system", None, "ok"),
        ("auth.password_set", "visitor", None, "ok"),
        ("auth.signed_in", "visitor", "browser", "ok"),
        ("auth.signed_in", "visitor", "password", "ok"),
        ("auth.device_approved", "browser", None, "ok"),
        ("auth.signed_in", "visitor", "device", "ok"),
        ("key.created", "visitor", None, "ok"),
        ("auth.device_denied", "browser", None, "ok"),
        ("auth.refreshed", "session", None, "ok"),
        ("auth.token_reused", "session", None, "auth.token_reused"),
    ]


async def test_a_session_can_be_followed_from_its_sign_in_to_what_was_done_with_it(world: World) -> None:
    renewed = (await world.nobody.post("/api/auth/token/refresh/", {"refresh": world.tokens.refresh})).json()
    await world.with_token(renewed["access"]).post("/api/auth/keys/management/", {"label": "x"})

    entries = {entry["action"]: entry for entry in await audit(world.ada)}
    signed_in, refreshed, made = (entries[name] for name in ("auth.signed_in", "auth.refreshed", "key.created"))

    assert refreshed["target"]["sign_in"] == signed_in["target"]["sign_in"]
    assert made["by"] == {"kind": "session", "credential": refreshed["target"]["credential"]}


async def test_whose_session_was_ended_is_written_down(world: World) -> None:
    pair = (await world.ada.post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]})).json()
    await world.with_token(pair["access"]).post("/api/auth/logout/")
    assert (await only(world.ada, "auth.signed_out"))["identity"] == world.mine["uuid"]


async def test_changes_that_are_no_events_are_written_down(world: World) -> None:
    contact = (await world.agent.post("/api/contacts/", {"email": "shop@example.com"})).json()
    await world.agent.send("PATCH", f"/api/contacts/{contact['uuid']}/", {"is_trusted": True})
    await world.agent.send("DELETE", f"/api/contacts/{contact['uuid']}/")
    body = {"url": "https://hooks.example.com/services/canary?key=canary"}
    webhook = (await world.agent.post("/api/webhook-subscriptions/", body)).json()
    await world.agent.send("PATCH", f"/api/webhook-subscriptions/{webhook['uuid']}/", {"enabled": False})
    await world.agent.send("DELETE", f"/api/webhook-subscriptions/{webhook['uuid']}/")
    await world.agent.post("/api/auth/bind-identity/", {"identity": world.mine["uuid"]})
    await world.ada.post("/api/auth/logout/", {})
    tokens = await world.services.auth.sign_in(world.account.id, "again")

    entries = [each for each in await audit(world.with_token(tokens.access)) if each["action"][:7] in CHANGES]

    assert [(each["action"], each["target"].get("is_trusted"), each["target"].get("host")) for each in entries] == [
        ("contact.created", False, None),
        ("contact.updated", True, None),
        ("contact.deleted", True, None),
        ("webhook.created", None, "hooks.example.com"),
        ("webhook.updated", None, "hooks.example.com"),
        ("webhook.deleted", None, "hooks.example.com"),
    ]
    assert {each["identity"] for each in entries} == {world.mine["uuid"]}


async def test_the_log_is_read_in_parts(world: World) -> None:
    everything = await audit(world.ada)
    page = (await world.ada.get(f"{AUDIT}?after=0&limit=2")).json()

    assert page["entries"] == everything[:2]
    assert page["head"] == {"seq": everything[-1]["seq"], "hash": everything[-1]["hash"]}
    assert (await world.ada.get(f"{AUDIT}?after=2&limit=1000")).json()["entries"] == everything[2:]
    assert (await world.ada.get(f"{AUDIT}?limit=2")).json()["entries"] == everything[-2:]
    assert await audit(world.ada, f"&identity={NOBODY}") == []
    assert await audit(world.ada, "&since=2026-03-01T12:00:00Z") == everything
    assert await audit(world.ada, "&since=2026-03-01T12:00:00.000001Z") == []
    assert await audit(world.ada, "&until=2026-03-01T13:00:00%2B01:00") == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "after=-1",
        f"after={2**63}",
        "identity=mine",
        "since=yesterday",
        "until=2026-03-01T12:00:00",
    ],
)
async def test_what_is_no_limit_number_identity_or_time_is_refused(world: World, query: str) -> None:
    answer = await world.ada.get(f"{AUDIT}?{query}")

    assert answer.status_code == 422, answer.text
    assert query.partition("=")[0] in answer.json()["error"]["details"]


async def test_nothing_that_is_secret_or_was_written_by_strangers_is_in_it(world: World) -> None:
    canaries = ["canary-subject", "canary-body", "canary-sender", "canary-text", "424242", "+15550100155"]
    value = sealed()
    key = (await world.ada.post("/api/auth/keys/management/", {"label": "ci"})).json()["key"]
    code = (await world.services.auth.make_signin_code(world.account.id)).code
    signed_in = (await world.nobody.post("/api/auth/login/", {"signin_code": code})).json()
    await world.nobody.post("/api/auth/login/", {"email": "ada@example.org", "password": "canary-password"})
    await world.agent.post("/api/secrets/", {"key": "API_KEY", "value": value, "notes": sealed()})
    await world.agent.get("/api/secrets/")
    await receive(
        world.services.mail,
        world.mine["email"],
        raw_message("canary-body: 424242 is your code\n", sender="canary-sender@example.com", subject="canary-subject"),
    )
    await simulate(world, "canary-text: your code is 424242", sender="+15550100155")
    await send(world.agent, world.foreign["email"], subject="canary-subject", content="canary-body")
    await world.agent.post("/api/wait/", {"want": "otp", "timeout": 1})
    secrets = [
        *canaries,
        "canary-password",
        value,
        key,
        code,
        *signed_in.values(),
        world.tokens.access,
        world.tokens.refresh,
        world.mine["api_key"],
    ]

    rows = await world.services.db.all("SELECT * FROM audit")
    text = "\n".join(repr(row) for row in rows)

    assert len(rows) > 15
    assert "sms.message.received" in text
    assert [secret for secret in secrets if isinstance(secret, str) and secret in text] == []
