"""What the selected identity has."""

from pathlib import Path

import pytest

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
OTHER = "5e1d2c3b-8a67-4d19-8f0e-2b3c4d5e6f70"
INBOX = {"id": 1, "uuid": UUID, "email": "research-agent@in.ravi.localhost", "created_dt": "2026-11-23T05:04:03Z"}
PHONE = {
    "id": 1,
    "url": "/api/phone/1/",
    "phone_number": "+15005550001",
    "provider": "twilio",
    "carrier": "loopback",
    "created_dt": "2026-11-23T05:04:03Z",
}


def test_email_is_the_inbox_of_the_selected_identity(ravi, signed_in, select) -> None:
    select()
    signed_in.on("GET /api/email/", [INBOX])

    assert ravi("get", "email").json == INBOX
    assert signed_in.asked[0].headers["X-Ravi-Identity"] == UUID


def test_for_people_it_is_the_address_alone(ravi, signed_in, select) -> None:
    select()
    signed_in.on("GET /api/email/", [INBOX])
    signed_in.on("GET /api/phone/", [PHONE])

    assert ravi("get", "email", "--human").out == "research-agent@in.ravi.localhost\n"
    assert ravi("get", "phone", "--human").out == "+15005550001\n"


def test_phone_is_the_number_of_the_selected_identity(ravi, signed_in, select) -> None:
    select()
    signed_in.on("GET /api/phone/", [PHONE])

    assert ravi("get", "phone", "--json").json["phone_number"] == "+15005550001"


@pytest.mark.parametrize(("what", "code"), [("email", "identity.no_inbox"), ("phone", "identity.no_phone")])
def test_an_identity_that_has_none_is_not_found(ravi, signed_in, select, what: str, code: str) -> None:
    select()
    signed_in.on(f"GET /api/{what}/", [])

    ran = ravi("get", what)

    assert (ran.code, ran.out, ran.error["code"]) == (4, "", code)


def test_owner_is_the_account_s(ravi, signed_in, select) -> None:
    select()
    signed_in.on("GET /api/master/", {"first_name": "Ada", "last_name": "Lovelace"})

    assert ravi("get", "owner").json == {"first_name": "Ada", "last_name": "Lovelace"}
    assert ravi("get", "owner", "--human").out == "Ada Lovelace\n"


@pytest.mark.parametrize("what", ["email", "phone", "owner"])
def test_without_an_identity_nothing_is_sent(ravi, signed_in, what: str) -> None:
    ran = ravi("get", what)

    assert (ran.code, ran.error["code"]) == (4, "identity.required")
    assert signed_in.asked == []


@pytest.mark.parametrize("what", ["email", "phone", "owner"])
@pytest.mark.parametrize("content", ["", "{", '{"identity_uuid": ""}', '{"identity_name": "x"}'])
def test_a_broken_file_is_named_and_nothing_is_sent(ravi, signed_in, put, home: Path, what: str, content: str) -> None:
    put(home / ".ravi" / "config.json", {"identity_uuid": OTHER})
    put(Path.cwd() / ".ravi" / "config.json", content)

    ran = ravi("get", what)

    assert ran.code == 1
    assert ".ravi/config.json" in ran.error["error"]
    assert signed_in.asked == []


def test_the_flag_beats_the_file_and_takes_a_name(ravi, signed_in, identity, select) -> None:
    select(OTHER)
    signed_in.on("GET /api/identities/?name=research-agent", [identity()])
    signed_in.on("GET /api/email/", [INBOX])

    assert ravi("--identity", "research-agent", "get", "email").code == 0
    assert signed_in.asked[-1].headers["X-Ravi-Identity"] == UUID


def test_an_identity_s_own_key_needs_no_selection(ravi, server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVI_API_KEY", "ravi_id_canned")
    monkeypatch.setenv("RAVI_API_URL", server.url)
    server.on("GET /api/email/", [INBOX])
    server.on("GET /api/master/", {"first_name": "Ada", "last_name": ""})
    server.on("GET /api/auth/whoami/", whoami(identity_uuid=UUID))

    assert ravi("get", "email").json == INBOX
    assert ravi("get", "owner").json["first_name"] == "Ada"


def test_a_server_that_ignores_the_selection_is_not_believed(ravi, signed_in, select) -> None:
    select()
    signed_in.on("GET /api/email/", [{**INBOX, "email": "other@in.ravi.localhost"}, INBOX])

    ran = ravi("get", "email")

    assert (ran.code, ran.out) == (1, "")


def test_not_signed_in_is_exit_3(ravi, select) -> None:
    select()

    ran = ravi("get", "email")

    assert (ran.code, ran.error["code"]) == (3, "auth.not_signed_in")


def test_a_stopped_server_is_exit_8_with_a_hint(ravi, put, home: Path, select) -> None:
    select()
    put(home / ".ravi" / "auth.json", {"access_token": "ravi_at_x", "server": "http://127.0.0.1:9"})

    ran = ravi("get", "email")

    assert (ran.code, ran.error["code"]) == (8, "server.unreachable")
    assert ran.error["hint"]


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [(401, "auth.unauthenticated", 3), (403, "identity.disabled", 6), (404, "identity.deleted", 4)],
)
def test_a_refusal_keeps_code_status_and_request(ravi, server, monkeypatch, status, code, exit_code) -> None:
    monkeypatch.setenv("RAVI_API_KEY", "ravi_mgmt_canned")
    monkeypatch.setenv("RAVI_API_URL", server.url)
    server.refuse("GET /api/email/", status, code, "no")

    ran = ravi("get", "email", "--identity", UUID)

    assert ran.code == exit_code
    assert (ran.error["code"], ran.error["status"], ran.error["request_id"]) == (code, status, "req-1")


def whoami(**changes: object) -> dict[str, object]:
    return {
        "authenticated": True,
        "kind": "identity_key",
        "email": "owner@example.com",
        "user": {"id": 1, "email": "owner@example.com", "first_name": "Ada", "last_name": ""},
        "identity": "research-agent",
        "identity_uuid": None,
        "scopes": [],
        "expires_at": None,
        "has_encryption": False,
        **changes,
    }
