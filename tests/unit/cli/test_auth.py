"""Signing in, out, and asking who is signed in."""

import io
import json
import sys
from pathlib import Path

import pytest

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
GRANT = {
    "device_code": "dev-1",
    "user_code": "ABCD-1234",
    "verification_uri": "http://ravi.example/device",
    "verification_uri_complete": "http://ravi.example/device?user_code=ABCD-1234",
    "expires_in": 900,
    "interval": 0,
}
ACCOUNT_UUID = "7d2f0a4e-31d5-4c39-8a55-0c9d1e7b6f12"
USER = {"id": 1, "uuid": ACCOUNT_UUID, "email": "owner@example.com", "first_name": "Ada", "last_name": ""}
SIGNED_IN = {
    "access": "ravi_at_fresh",
    "refresh": "ravi_rt_fresh",
    "expires_at": "2099-01-01T00:00:00Z",
    "user": USER,
    "identities": [],
}


def pending(error: str = "authorization_pending") -> dict[str, str]:
    return {"error": error, "error_description": "not yet", "detail": "not yet"}


def whoami(**changes: object) -> dict[str, object]:
    return {
        "authenticated": True,
        "kind": "session",
        "email": "owner@example.com",
        "user": USER,
        "identity": None,
        "identity_uuid": None,
        "scopes": [],
        "expires_at": "2099-01-01T00:00:00Z",
        "has_encryption": False,
        **changes,
    }


def saved(home: Path) -> dict[str, object]:
    return json.loads((home / ".ravi" / "auth.json").read_text())


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time passes at once; how long was slept is noted."""
    slept: list[float] = []
    monkeypatch.setattr("ravi.cli.auth.device.time.sleep", slept.append)
    return slept


class TestLogin:
    def test_the_device_flow_prints_code_and_link_to_stderr_and_one_document_to_stdout(
        self, ravi, server, home: Path, patient
    ) -> None:
        server.on("POST /api/auth/device/", GRANT)
        server.on("POST /api/auth/device/token/", pending(), 400)
        server.on("POST /api/auth/device/token/", SIGNED_IN)

        ran = ravi("auth", "login", "--server", server.url)

        assert ran.json == {
            "authenticated": True,
            "email": "owner@example.com",
            "server": server.url,
            "identities": 0,
            "auth_file": str(home / ".ravi" / "auth.json"),
            "vault": "locked",
            "recovery_file": None,
        }
        assert "ABCD-1234" in ran.err
        assert "http://ravi.example/device?user_code=ABCD-1234" in ran.err
        assert saved(home) == {
            "access_token": "ravi_at_fresh",
            "refresh_token": "ravi_rt_fresh",
            "expires_at": "2099-01-01T00:00:00Z",
            "user_email": "owner@example.com",
            "server": server.url,
            "account_uuid": SIGNED_IN["user"]["uuid"],
        }
        assert (home / ".ravi" / "auth.json").stat().st_mode & 0o777 == 0o600
        assert set(server.asked[0].body) == {"hostname", "workspace"}
        assert server.asked[1].body == {"device_code": "dev-1", "wait": True}
        assert "Authorization" not in server.asked[0].headers

    def test_questions_keep_the_interval_apart(self, ravi, server, patient) -> None:
        server.on("POST /api/auth/device/", {**GRANT, "interval": 5})
        server.on("POST /api/auth/device/token/", pending(), 400)
        server.on("POST /api/auth/device/token/", SIGNED_IN)

        ravi("auth", "login", "--server", server.url)

        assert 4 < patient[0] <= 5

    @pytest.mark.parametrize("status", [500, 502, 503, 429])
    def test_a_server_in_trouble_is_asked_again(self, ravi, server, patient, status: int) -> None:
        server.on("POST /api/auth/device/", GRANT)
        server.refuse("POST /api/auth/device/token/", status, "server.error", "restarting")
        server.on("POST /api/auth/device/token/", SIGNED_IN)

        assert ravi("auth", "login", "--server", server.url).code == 0

    @pytest.mark.parametrize(("error", "exit_code"), [("access_denied", 6), ("expired_token", 7), ("invalid_grant", 3)])
    def test_a_decision_ends_it_and_saves_nothing(
        self, ravi, server, home: Path, patient, error: str, exit_code: int
    ) -> None:
        server.on("POST /api/auth/device/", GRANT)
        server.on("POST /api/auth/device/token/", pending(error), 400)

        ran = ravi("auth", "login", "--server", server.url)

        assert (ran.code, ran.out) == (exit_code, "")
        assert server.calls().count("POST /api/auth/device/token/") == 1
        assert not (home / ".ravi" / "auth.json").exists()

    def test_it_gives_up_after_its_timeout(self, ravi, server) -> None:
        server.on("POST /api/auth/device/", GRANT)
        server.on("POST /api/auth/device/token/", pending(), 400)

        ran = ravi("auth", "login", "--server", server.url, "--timeout", "1")

        assert ran.code == 7
        assert server.asked[1].body["wait"] is False

    def test_a_stopped_server_is_unreachable_at_once(self, ravi) -> None:
        assert ravi("auth", "login", "--server", "http://127.0.0.1:9").code == 8

    def test_a_code_needs_no_second_request_and_no_terminal(self, ravi, server, home: Path) -> None:
        server.on("POST /api/auth/login/", SIGNED_IN)

        assert ravi("auth", "login", "--server", server.url, "--code", "one-time").code == 0
        assert server.asked[0].body["signin_code"] == "one-time"
        assert saved(home)["access_token"] == "ravi_at_fresh"

    def test_a_code_can_come_from_stdin(self, ravi, server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("one-time\nmore\n"))
        server.on("POST /api/auth/login/", SIGNED_IN)

        assert ravi("auth", "login", "--server", server.url, "--code", "-").code == 0
        assert server.asked[0].body["signin_code"] == "one-time"

    def test_an_empty_code_is_never_the_device_flow(self, ravi, server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))

        assert ravi("auth", "login", "--server", server.url, "--code", "").code == 2
        assert ravi("auth", "login", "--server", server.url, "--code", "-").code == 2
        assert server.asked == []

    def test_a_wrong_code_is_exit_3_and_appears_nowhere(self, ravi, server, home: Path) -> None:
        server.refuse("POST /api/auth/login/", 401, "auth.bad_credentials", "that did not fit")

        ran = ravi("auth", "login", "--server", server.url, "--code", "sesame")

        assert ran.code == 3
        assert "sesame" not in ran.err
        assert not (home / ".ravi" / "auth.json").exists()

    def test_the_one_identity_is_named_and_not_chosen(self, ravi, server, identity, home: Path) -> None:
        server.on("POST /api/auth/login/", {**SIGNED_IN, "identities": [identity()]})

        ran = ravi("auth", "login", "--server", server.url, "--code", "one-time")

        assert ran.json["identities"] == 1
        assert f"ravi identity use {UUID}" in ran.err
        assert not (home / ".ravi" / "config.json").exists()

    def test_identities_are_asked_for_when_the_answer_has_none(self, ravi, server, identity) -> None:
        server.on("POST /api/auth/login/", {k: v for k, v in SIGNED_IN.items() if k != "identities"})
        server.on("GET /api/identities/", [identity(), identity("b")])

        assert ravi("auth", "login", "--server", server.url, "--code", "x").json["identities"] == 2
        assert server.asked[-1].headers["Authorization"] == "Bearer ravi_at_fresh"

    def test_failing_to_list_identities_does_not_undo_the_sign_in(self, ravi, server, home: Path) -> None:
        server.on("POST /api/auth/login/", {k: v for k, v in SIGNED_IN.items() if k != "identities"})
        server.refuse("GET /api/identities/", 500, "server.error", "broken")

        ran = ravi("auth", "login", "--server", server.url, "--code", "x", "--no-vault")

        assert (ran.code, ran.json["identities"]) == (0, None)
        assert "warning" in ran.error
        assert saved(home)["access_token"] == "ravi_at_fresh"

    def test_the_last_server_is_the_default(self, ravi, signed_in) -> None:
        signed_in.on("POST /api/auth/login/", SIGNED_IN)

        assert ravi("auth", "login", "--code", "x").json["server"] == signed_in.url

    def test_a_workspace_does_not_catch_the_owner_s_sign_in(
        self, ravi, server, home: Path, put, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workspace = Path.cwd() / "workspace"
        workspace.mkdir()
        monkeypatch.setenv("RAVI_CONFIG_DIR", str(workspace))
        server.on("POST /api/auth/login/", SIGNED_IN)

        first = ravi("auth", "login", "--server", server.url, "--code", "x").json["auth_file"]
        put(workspace / "auth.json", {})
        second = ravi("auth", "login", "--server", server.url, "--code", "x").json["auth_file"]

        assert (first, second) == (str(home / ".ravi" / "auth.json"), str(workspace / "auth.json"))

    def test_a_variable_that_comes_first_is_named(self, ravi, server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RAVI_API_KEY", "ravi_mgmt_other")
        server.on("POST /api/auth/login/", {**SIGNED_IN, "identities": [{}, {}]})

        ran = ravi("auth", "login", "--server", server.url, "--code", "x", "--no-vault")

        assert "RAVI_API_KEY" in ran.error["warning"]
        assert "ravi_mgmt_other" not in ran.err


class TestLogout:
    def test_the_server_is_told_and_the_tokens_go(self, ravi, signed_in, home: Path, put) -> None:
        put(home / ".ravi" / "config.json", {"identity_uuid": UUID})
        signed_in.on("POST /api/auth/logout/", {"signed_out": 1})

        ran = ravi("auth", "logout")

        assert ran.json["signed_out"] == 1
        assert signed_in.asked[0].body == {"refresh": "ravi_rt_canned"}
        assert saved(home) == {"user_email": "owner@example.com", "server": signed_in.url}
        assert json.loads((home / ".ravi" / "config.json").read_text()) == {"identity_uuid": UUID}

    def test_without_a_server_the_tokens_go_all_the_same(self, ravi, put, home: Path) -> None:
        put(
            home / ".ravi" / "auth.json",
            {"access_token": "ravi_at_x", "refresh_token": "ravi_rt_x", "server": "http://127.0.0.1:9"},
        )

        ran = ravi("auth", "logout")

        assert (ran.code, ran.json["signed_out"]) == (0, None)
        assert "not told" in ran.error["warning"]
        assert "access_token" not in saved(home)

    def test_everywhere_fails_without_a_server_and_keeps_the_tokens(self, ravi, put, home: Path) -> None:
        put(
            home / ".ravi" / "auth.json",
            {"access_token": "ravi_at_x", "refresh_token": "ravi_rt_x", "server": "http://127.0.0.1:9"},
        )

        ran = ravi("auth", "logout", "--everywhere")

        assert (ran.code, ran.out) == (8, "")
        assert saved(home)["access_token"] == "ravi_at_x"

    def test_everywhere_tells_the_server_so(self, ravi, signed_in) -> None:
        signed_in.on("POST /api/auth/logout/", {"signed_out": 4})

        assert ravi("auth", "logout", "--everywhere").json["signed_out"] == 4
        assert signed_in.asked[0].body["everywhere"] is True
        assert "keys" not in signed_in.asked[0].body

    def test_everywhere_with_keys_says_how_many_of_both_ended(self, ravi, signed_in) -> None:
        signed_in.on("POST /api/auth/logout/", {"signed_out": 2, "revoked_keys": 3})

        ran = ravi("auth", "logout", "--everywhere", "--keys")

        assert (ran.json["signed_out"], ran.json["revoked_keys"]) == (2, 3)
        assert signed_in.asked[0].body["keys"] is True

    def test_keys_alone_ends_nothing(self, ravi, signed_in, home: Path) -> None:
        before = saved(home)

        ran = ravi("auth", "logout", "--keys")

        assert (ran.code, ran.out, signed_in.asked) == (2, "", [])
        assert saved(home) == before

    def test_who_is_not_signed_in_may_sign_out(self, ravi) -> None:
        ran = ravi("auth", "logout")

        assert (ran.code, ran.json["message"]) == (0, "there was no sign-in")

    def test_a_key_in_the_environment_is_not_signed_out(
        self, ravi, signed_in, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RAVI_API_KEY", "ravi_mgmt_other")
        monkeypatch.setenv("RAVI_API_URL", "http://127.0.0.1:9")
        signed_in.on("POST /api/auth/logout/", {"signed_out": 1})

        ran = ravi("auth", "logout")

        assert signed_in.asked[0].headers["Authorization"] == "Bearer ravi_at_canned"
        assert "RAVI_API_KEY" in ran.error["warning"]
        assert "access_token" not in saved(home)


class TestStatus:
    def test_it_asks_the_server_and_names_every_source(self, ravi, signed_in, identity, select) -> None:
        select(identity_name="stale name")
        signed_in.on("GET /api/auth/whoami/", whoami())
        signed_in.on(f"GET /api/identities/{UUID}/", identity())

        assert ravi("auth", "status").json == {
            "authenticated": True,
            "email": "owner@example.com",
            "identity": "research-agent",
            "identity_uuid": UUID,
            "has_encryption": False,
            "vault": "not set up",
            "server": signed_in.url,
            "sources": {
                "server": "~/.ravi/auth.json",
                "credential": "~/.ravi/auth.json",
                "identity": "./.ravi/config.json",
            },
        }

    def test_nobody_signed_in_is_an_answer(self, ravi) -> None:
        ran = ravi("auth", "status")

        assert (ran.code, ran.json["authenticated"]) == (0, False)
        assert "ravi auth login" in ran.json["message"]

    def test_a_refused_key_is_an_answer(self, ravi, server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RAVI_API_KEY", "ravi_mgmt_revoked")
        monkeypatch.setenv("RAVI_API_URL", server.url)
        server.refuse("GET /api/auth/whoami/", 401, "auth.unauthenticated", "unknown key")

        ran = ravi("auth", "status")

        assert (ran.code, ran.json["authenticated"]) == (0, False)
        assert "unknown key" in ran.json["message"]
        assert "ravi_mgmt_revoked" not in ran.out

    def test_a_stopped_server_is_exit_8(self, ravi, put, home: Path) -> None:
        put(home / ".ravi" / "auth.json", {"access_token": "ravi_at_x", "server": "http://127.0.0.1:9"})

        assert ravi("auth", "status").code == 8

    def test_people_see_the_same_in_words(self, ravi, signed_in) -> None:
        signed_in.on("GET /api/auth/whoami/", whoami())

        out = ravi("auth", "status", "--human").out

        assert "owner@example.com" in out
        assert "from ~/.ravi/auth.json" in out


class TestWhoAmI:
    """`ravi status`."""

    def test_without_a_server_it_shows_what_is_decided_here_and_says_so(self, ravi, put, home: Path, select) -> None:
        select(identity_name="research-agent")
        put(home / ".ravi" / "auth.json", {"access_token": "ravi_at_x", "server": "http://127.0.0.1:9"})

        ran = ravi("status")

        assert ran.code == 0
        assert (ran.json["online"], ran.json["identity_uuid"], ran.json["identity"]) == (False, UUID, "research-agent")
        assert "only what this machine knows" in ran.json["message"]
        assert "ravi_at_x" not in ran.out

    def test_with_a_server_it_shows_what_the_identity_has(self, ravi, signed_in, identity, select) -> None:
        select()
        signed_in.on("GET /api/auth/whoami/", whoami())
        signed_in.on(f"GET /api/identities/{UUID}/", identity(status="disabled"))

        found = ravi("status").json

        assert (found["online"], found["identity_status"], found["credential"]) == (True, "disabled", "session")
        assert (found["address"], found["number"]) == ("research-agent@in.ravi.localhost", "+15005550001")

    def test_an_identity_that_is_gone_is_said(self, ravi, signed_in, select) -> None:
        select()
        signed_in.on("GET /api/auth/whoami/", whoami())
        signed_in.refuse(f"GET /api/identities/{UUID}/", 404, "identity.deleted", "deleted yesterday")

        found = ravi("status").json

        assert (found["authenticated"], found["identity_uuid"]) == (True, UUID)
        assert "deleted yesterday" in found["message"]

    def test_nothing_configured_is_said(self, ravi) -> None:
        ran = ravi("status")

        assert ran.code == 0
        assert ran.json["identity"] is ran.json["online"] is None

    def test_a_broken_file_is_an_error(self, ravi, put) -> None:
        put(Path.cwd() / ".ravi" / "config.json", "{")

        assert ravi("status").code == 1

    def test_people_see_one_fact_a_line(self, ravi, signed_in, identity, select) -> None:
        select()
        signed_in.on("GET /api/auth/whoami/", whoami())
        signed_in.on(f"GET /api/identities/{UUID}/", identity())

        lines = ravi("status", "--human").out.split("\n")

        assert any(line.startswith("identity") and line.endswith("research-agent") for line in lines)
        assert any(line.startswith("selected by") and line.endswith("./.ravi/config.json") for line in lines)


def test_refresh_renews_and_saves(ravi, signed_in, home: Path) -> None:
    pair = {"access": "ravi_at_2", "refresh": "ravi_rt_2", "expires_at": "2098-01-01T00:00:00Z"}
    signed_in.on("POST /api/auth/token/refresh/", pair)

    ran = ravi("auth", "refresh")

    assert ran.json["expires_at"] == "2098-01-01T00:00:00Z"
    assert "ravi_at_2" not in ran.out
    assert (saved(home)["access_token"], saved(home)["refresh_token"]) == ("ravi_at_2", "ravi_rt_2")


def test_refresh_without_a_sign_in_is_exit_3(ravi) -> None:
    assert ravi("auth", "refresh").code == 3
