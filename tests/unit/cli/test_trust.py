"""Approving project files."""

from pathlib import Path

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
INBOX = {"id": 1, "uuid": UUID, "email": "a@in.ravi.localhost", "created_dt": "2026-11-23T05:04:03Z"}


def test_an_approved_file_may_bring_its_key(ravi, server, select) -> None:
    path = select(identity_name="a", identity_key="ravi_id_secret", server=server.url)
    server.on("GET /api/email/", [INBOX])

    before = ravi("get", "email")
    approved = ravi("trust")
    after = ravi("get", "email")

    assert (before.code, before.error["code"]) == (1, "config.untrusted")
    assert approved.json == {
        "file": str(path),
        "status": "approved",
        "identity_uuid": UUID,
        "identity_name": "a",
        "holds": ["identity_key", "server"],
        "server": server.url,
    }
    assert "ravi_id_secret" not in approved.out + approved.err
    assert after.json == INBOX
    assert server.asked[0].headers["Authorization"] == "Bearer ravi_id_secret"


def test_any_change_ends_the_approval(ravi, server, select) -> None:
    select(identity_key="ravi_id_secret", server=server.url)
    ravi("trust")
    select(identity_key="ravi_id_secret", server=server.url, proxy="http://evil.example")

    assert ravi("get", "email").error["code"] == "config.untrusted"
    assert server.asked == []


def test_revoking_and_listing(ravi, select) -> None:
    path = select(identity_key="ravi_id_secret", server="http://127.0.0.1:9")
    ravi("trust", str(path.parent.parent))

    assert ravi("trust", "--list").json == [{"file": str(path)}]
    assert ravi("trust", "--revoke").json["status"] == "revoked"
    assert ravi("trust", "--revoke").json["status"] == "was not approved"
    assert ravi("trust", "--list").json == []
    assert ravi("get", "email").error["code"] == "config.untrusted"


def test_a_revoked_file_may_be_gone(ravi, select) -> None:
    path = select(identity_key="ravi_id_secret", server="http://127.0.0.1:9")
    ravi("trust")
    path.unlink()

    assert ravi("trust", str(path), "--revoke").json["status"] == "revoked"


def test_what_cannot_be_used_is_not_approved(ravi, put) -> None:
    put(Path.cwd() / ".ravi" / "config.json", "{")

    assert ravi("trust").code == 1
    assert ravi("trust", "--list").json == []


def test_no_project_here_asks_for_a_name(ravi) -> None:
    ran = ravi("trust")

    assert ran.code == 1
    assert "ravi trust <file>" in ran.error["hint"]


def test_people_see_what_they_approve(ravi, select) -> None:
    select(identity_name="a", identity_key="ravi_id_secret", server="http://ravi.example")

    out = ravi("trust", "--human").out

    assert "identity_key" in out
    assert "http://ravi.example" in out
    assert "ravi_id_secret" not in out


def test_list_takes_nothing_else(ravi) -> None:
    assert ravi("trust", "--list", "--revoke").code == 2
