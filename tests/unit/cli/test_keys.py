"""API keys, and the list of domains."""

import pytest

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
KEY = "3a0c5a0e-6c5c-4b5e-9d3c-5d1f2e8a9b01"


def key(**changes: object) -> dict[str, object]:
    return {
        "uuid": KEY,
        "key": "ravi_mgmt_…abcd",
        "label": "ci",
        "is_active": True,
        "last_used_at": None,
        "expires_at": None,
        "created_dt": "2026-11-23T05:04:03Z",
        **changes,
    }


def identity_key(**changes: object) -> dict[str, object]:
    return key(identity=UUID, identity_uuid=UUID, **changes)


def test_list_joins_both_kinds(ravi, signed_in) -> None:
    signed_in.on("GET /api/auth/keys/management/", [key()])
    signed_in.on("GET /api/auth/keys/identity/", [identity_key(label="laptop")])

    found = ravi("keys", "list").json

    assert [(each["kind"], each["label"]) for each in found] == [("management", "ci"), ("identity", "laptop")]


def test_list_of_one_identity_asks_for_that_one_alone(ravi, signed_in) -> None:
    signed_in.on(f"GET /api/auth/keys/identity/?identity={UUID}", [identity_key()])

    assert [each["kind"] for each in ravi("keys", "list", "--identity", UUID).json] == ["identity"]
    assert len(signed_in.asked) == 1


def test_an_identity_s_credential_sees_its_own_keys(ravi, signed_in) -> None:
    signed_in.refuse("GET /api/auth/keys/management/", 403, "auth.forbidden", "not with this credential")
    signed_in.on("GET /api/auth/keys/identity/", [identity_key()])

    assert len(ravi("keys", "list").json) == 1


def test_list_fits_a_terminal(ravi, signed_in, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    signed_in.on("GET /api/auth/keys/management/", [key()])
    signed_in.on("GET /api/auth/keys/identity/", [identity_key()])

    out = ravi("keys", "list", "--human").out

    assert max(map(len, out.split("\n"))) <= 80
    assert out.count(KEY) == 2


def test_create_makes_a_key_of_the_selected_identity(ravi, signed_in, select) -> None:
    select()
    signed_in.on("POST /api/auth/keys/identity/", identity_key(key="ravi_id_whole"), 201)

    ran = ravi("keys", "create", "--label", "laptop", "--ttl", "30d")

    assert ran.json["key"] == "ravi_id_whole"
    assert signed_in.asked[0].body == {"identity_uuid": UUID, "label": "laptop", "ttl_seconds": 2592000}


def test_create_takes_an_identity_by_name(ravi, signed_in, identity) -> None:
    signed_in.on("GET /api/identities/?name=research-agent", [identity()])
    signed_in.on("POST /api/auth/keys/identity/", identity_key(key="ravi_id_whole"), 201)

    assert ravi("keys", "create", "--identity", "research-agent").code == 0
    assert signed_in.asked[-1].body["identity_uuid"] == UUID


def test_create_without_an_identity_never_makes_a_wider_key(ravi, signed_in) -> None:
    assert ravi("keys", "create").code == 4
    assert signed_in.asked == []


def test_create_management_is_asked_for_outright(ravi, signed_in) -> None:
    signed_in.on("POST /api/auth/keys/management/", key(key="ravi_mgmt_whole"), 201)

    ran = ravi("keys", "create", "--management", "--label", "ci", "--human")

    assert "ravi_mgmt_whole" in ran.out
    assert "not shown again" in ran.err
    assert signed_in.asked[0].body == {"label": "ci"}


def test_management_and_identity_exclude_each_other(ravi, signed_in) -> None:
    assert ravi("keys", "create", "--management", "--identity", UUID).code == 2


def test_revoke_finds_the_kind_by_itself(ravi, signed_in) -> None:
    signed_in.refuse(f"DELETE /api/auth/keys/identity/{KEY}/", 404, "not_found", "no such key")
    signed_in.on(f"DELETE /api/auth/keys/management/{KEY}/", None, 204)

    assert ravi("keys", "revoke", KEY).json == {"status": "revoked", "uuid": KEY}


def test_domains(ravi, signed_in) -> None:
    rows = [
        {
            "uuid": UUID,
            "domain": "in.ravi.localhost",
            "is_platform": True,
            "is_verified": True,
            "created_dt": "2026-11-23T05:04:03Z",
        }
    ]
    signed_in.on("GET /api/domains/", rows)

    assert ravi("domains").json == rows
    assert "in.ravi.localhost" in ravi("domains", "--human").out
