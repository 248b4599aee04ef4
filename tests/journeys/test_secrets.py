"""Secrets are where they belong and nowhere else: not in logs, process lists, error texts or the database."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.journey import api, contents, make_workspace, rewrite, saved_sign_in
from tests.support.server import MakeServer, Server
from tests.support.watch import Watch


@pytest.fixture
def server(make_server: MakeServer) -> Server:
    return make_server("--log-level", "debug")


def live_a_life(server: Server, cli: Cli, workspace: Path, watch: Watch) -> None:
    """Sign in, make keys of every kind, use and misuse them, and keep every secret that was seen."""
    account = server.add_owner()
    code = watch.secret("sign-in code", account["signin_code"])
    cli.ok("auth", "login", "--server", server.url, "--code", "-", stdin=code)
    watch.secret("first access token", saved_sign_in(cli)["access_token"])
    used_up = watch.secret("first refresh token", saved_sign_in(cli)["refresh_token"])
    cli.ok("auth", "refresh")
    access = watch.secret("access token", saved_sign_in(cli)["access_token"])
    refresh = watch.secret("refresh token", saved_sign_in(cli)["refresh_token"])

    made = cli.json("identity", "create", "--name", "agent", "--with-key")
    created_with = watch.secret("key made with the identity", made["api_key"])
    identity_key = watch.secret("identity key", cli.json("keys", "create", "--identity", "agent")["key"])
    management_key = watch.secret("management key", cli.json("keys", "create", "--management")["key"])
    http = api(cli)
    pair = http.post("/api/auth/bind-identity/", {"identity": made["uuid"]}).json
    watch.secret("bound access token", pair["access"])
    watch.secret("bound refresh token", pair["refresh"])
    grant = http.holding(None).post("/api/auth/device/", {"hostname": "h"}).json
    watch.secret("device code", grant["device_code"])
    # Under a key of the caller's, so that the answer, the new key in it, is kept for a second try.
    keyed = {"Idempotency-Key": watch.secret("idempotency key", "a key that nobody guesses")}
    again = [
        http.post("/api/auth/keys/identity/", {"identity_uuid": made["uuid"]}, headers=keyed).json for _ in range(2)
    ]
    assert again[0] == again[1]
    watch.secret("key that was asked for twice", again[0]["key"])

    use_everything(server, cli, workspace, made["uuid"], [created_with, identity_key, management_key], watch)
    misuse_everything(http, [used_up, refresh, access, identity_key, code, grant["device_code"]], watch)


def use_everything(server: Server, cli: Cli, workspace: Path, uuid: str, keys: list[str], watch: Watch) -> None:
    """Run commands with every key, some of which fail."""
    config = make_workspace(workspace, uuid, identity_key=keys[1], server=server.url) / ".ravi"
    agent = cli.at(workspace, RAVI_CONFIG_DIR=config)
    assert agent.json("get", "email")
    watch.refused(agent.run("identity", "create"))
    watch.refused(cli.at(workspace).run("get", "email"))  # found, not named, and it holds a key
    for key in keys:
        with_key = cli.at(RAVI_API_KEY=key, RAVI_API_URL=server.url, RAVI_DEBUG="1")
        assert with_key.json("identity", "list")
        assert key not in with_key.ok("keys", "list").stdout
        assert key not in with_key.ok("status").stdout
        watch.refused(with_key.run("identity", "show", "nobody"))
        watch.refused(with_key.at(RAVI_API_URL="http://127.0.0.1:1").run("get", "email"))
        watch.refused(with_key.at(RAVI_API_KEY=key + "\n x").run("identity", "list"))
        watch.refused(with_key.at(RAVI_ACCESS_TOKEN="another").run("identity", "list"))
    rewrite(cli.home / ".ravi" / "auth.json", note="x")
    watch.refused(cli.at(RAVI_API_URL="http://127.0.0.1:1").run("get", "email"))


def misuse_everything(http: Http, secrets: list[str], watch: Watch) -> None:
    """Send every secret where it does not belong; the refusals must not repeat it."""
    nobody = http.holding(None)
    for secret in secrets:
        watch.refused(http.holding(secret + "x").get("/api/identities/"))
        watch.refused(nobody.get("/api/identities/", headers={"Authorization": f"Basic {secret}"}))
        watch.refused(nobody.post("/api/auth/token/refresh/", {"refresh": [secret]}))
        watch.refused(nobody.post("/api/auth/token/refresh/", {"refresh": secret + "x"}))
        watch.refused(nobody.post("/api/auth/login/", {"signin_code": secret + "x"}))
        watch.refused(nobody.post("/api/auth/device/token/", {"device_code": secret + "x"}))
        watch.refused(http.post("/api/auth/bind-identity/", {"identity": secret}))
        watch.refused(http.post("/api/identities/", {"email": secret, "ttl_seconds": secret}))
        watch.refused(http.post("/api/identities/", raw=b'{"refresh": "' + secret.encode()))
        watch.refused(http.get("/api/identities/00000000-0000-4000-8000-000000000000/", headers={"X-Secret": secret}))


def test_no_secret_is_seen_outside_the_files_and_answers_that_it_was_made_for(
    server: Server, cli: Cli, workspace: Path
) -> None:
    watch = Watch()
    with watch.of_processes():
        live_a_life(server, cli, workspace, watch)
    # While it runs, so that what SQLite has not folded into the database yet is there too.
    data = {path: path.read_bytes() for path in server.data.rglob("*") if path.is_file()}
    server.stop()
    data |= {path.with_suffix(".stopped"): path.read_bytes() for path in server.data.rglob("*") if path.is_file()}

    assert len(watch.secrets) >= 12
    assert any(b"identity\0create" in line for line in watch.command_lines), "no process was seen at all"
    for line in watch.command_lines:
        assert watch.leaks(line) == [], line
    assert any("/api/identities/" in line for line in server.lines)
    assert watch.leaks("\n".join(server.lines).encode()) == []
    assert len(watch.errors) > 60
    for error in watch.errors:
        assert watch.leaks(error.encode()) == [], error
    assert any(content.startswith(b"SQLite format 3") for content in data.values())
    for path, content in data.items():
        assert watch.leaks(content) == [], path

    # At home they are in the one file that is theirs, and nobody else may read it.
    holders = {
        name
        for name, (mode, _) in contents(cli.home).items()
        if mode.startswith("-") and watch.leaks((cli.home / name).read_bytes())
    }
    assert holders == {".ravi/auth.json"}
    assert contents(cli.home)[".ravi/auth.json"][0] == "-rw-------"


def test_the_servers_data_is_the_operators_alone(server: Server) -> None:
    seen: dict[str, Any] = contents(server.data)

    assert seen.pop(".")[0] == "drwx------"
    assert seen
    assert all(not mode.endswith("r--") and mode[4:] == "------" for mode, _ in seen.values()), seen
