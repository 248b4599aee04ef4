"""The owner's keys where nobody can be asked: PINs and codes in files, locking, and who may not unlock."""

import itertools
import json
import shutil
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.journey import api, make_workspace, saved_sign_in, sign_in, unchanged
from tests.support.published_client import PublishedClient
from tests.support.server import Server

PIN, OTHER_PIN = "sesame-7", "sesame-8"
_numbers = itertools.count(1)

#: What a process loads at its start, to write down each time it computes an Argon2id.
COUNTING = """\
import os
from nacl.bindings import crypto_pwhash

really = crypto_pwhash.crypto_pwhash_alg

def counted(*arguments):
    with open(os.environ["ARGON2_LOG"], "a") as log:
        log.write("1")
    return really(*arguments)

crypto_pwhash.crypto_pwhash_alg = counted
"""


def private(path: Path, line: str) -> Path:
    path.write_text(line + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def pin(tmp_path: Path) -> Path:
    return private(tmp_path / "pin.txt", PIN)


@pytest.fixture
def wrong_pin(tmp_path: Path) -> Path:
    return private(tmp_path / "wrong-pin.txt", "wrong-pin")


@pytest.fixture
def unlocked(owner: Cli, pin: Path) -> Cli:
    """An owner whose vault is set up and open, acting as an identity that has one secret."""
    owner.ok("unlock", "--pin-file", pin)
    uuid = owner.json("identity", "create", "--name", "agent")["uuid"]
    acting = owner.at(make_workspace(owner.home / "work", uuid))
    acting.ok("secrets", "set", "TOKEN", "t-1")
    return acting


def recovery_file(cli: Cli) -> Path:
    return cli.home / ".ravi" / "recovery-code.txt"


def second_machine(cli: Cli, folder: Path, *more: str | Path, server: Server) -> Cli:
    """Another home, signed in to the account of *cli*."""
    home = folder / f"machine-{next(_numbers)}"
    home.mkdir()
    other = Cli(home)
    email = saved_sign_in(cli)["user_email"]
    code = json.loads(server.run("signin-code", email, "--json").stdout)["signin_code"]
    other.ok("auth", "login", "--server", server.url, "--code", code, *more)
    return other


class TestSigningIn:
    def test_without_pin_and_terminal_it_works_and_says_how_to_unlock(self, owner: Cli, workspace: Path) -> None:
        acting = owner.at(make_workspace(workspace, owner.json("identity", "create", "--name", "a")["uuid"]))

        refusal = acting.fails(10, "secrets", "set", "TOKEN", "t-1")

        assert refusal["code"] == "vault.locked"
        assert "ravi unlock" in refusal["hint"]
        assert not recovery_file(owner).exists()

    def test_with_a_pin_file_it_sets_the_vault_up(self, shared_server: Server, cli: Cli, pin: Path) -> None:
        code = shared_server.add_owner(f"setting-up-{next(_numbers)}@example.org")["signin_code"]

        ran = cli.ok("auth", "login", "--server", shared_server.url, "--code", code, "--pin-file", pin)

        assert ran.json["vault"] == "unlocked"
        assert ran.json["recovery_file"] == str(recovery_file(cli))
        assert saved_sign_in(cli)["secret_key"] not in ran.stdout + ran.stderr
        assert cli.json("auth", "status")["vault"] == "unlocked"

    def test_on_another_machine_it_takes_the_recovery_code_from_a_file(
        self, unlocked: Cli, shared_server: Server, tmp_path: Path, pin: Path
    ) -> None:
        other = second_machine(
            unlocked, tmp_path, "--pin-file", pin, "--recovery-code-file", recovery_file(unlocked), server=shared_server
        )

        assert other.ok("secrets", "get", "TOKEN", "--plain", "--identity", "agent").stdout == "t-1"
        assert not recovery_file(other).exists()

    @pytest.mark.parametrize("why", ["wrong PIN", "no code", "old code"])
    def test_what_does_not_open_changes_no_file_and_ends_the_sign_in(
        self, unlocked: Cli, shared_server: Server, tmp_path: Path, pin: Path, wrong_pin: Path, why: str
    ) -> None:
        home = tmp_path / "other"
        home.mkdir()
        old_code = shutil.copy(recovery_file(unlocked), tmp_path / "old-code.txt")
        unlocked.ok("auth", "recovery-code", "--pin-file", pin)
        email = saved_sign_in(unlocked)["user_email"]
        code = json.loads(shared_server.run("signin-code", email, "--json").stdout)["signin_code"]
        given = {
            "wrong PIN": ["--pin-file", wrong_pin, "--recovery-code-file", recovery_file(unlocked)],
            "no code": ["--pin-file", pin],
            "old code": ["--pin-file", pin, "--recovery-code-file", old_code],
        }[why]

        with unchanged(home):
            words = ("auth", "login", "--server", shared_server.url, "--code", code, *given)
            refusal = Cli(home).fails(10, *words)

        assert "--no-vault" in refusal["hint"]
        assert unlocked.json("auth", "logout", "--everywhere")["signed_out"] == 1

    def test_a_wrong_pin_leaves_an_older_sign_in_alone(
        self, unlocked: Cli, shared_server: Server, wrong_pin: Path
    ) -> None:
        email = saved_sign_in(unlocked)["user_email"]
        code = json.loads(shared_server.run("signin-code", email, "--json").stdout)["signin_code"]

        with unchanged(unlocked.home / ".ravi"):
            unlocked.fails(10, "auth", "login", "--code", code, "--pin-file", wrong_pin)

        assert unlocked.ok("secrets", "get", "TOKEN", "--plain").stdout == "t-1"

    def test_a_pin_and_no_vault_contradict_each_other(self, cli: Cli, pin: Path) -> None:
        assert cli.fails(2, "auth", "login", "--no-vault", "--pin-file", pin)["code"] == "usage"


class TestLocking:
    def test_after_it_nothing_opens_until_the_pin_comes_again(self, unlocked: Cli, pin: Path) -> None:
        assert unlocked.json("lock") == {
            "locked": True,
            "was_unlocked": True,
            "auth_file": str(unlocked.home / ".ravi" / "auth.json"),
        }
        assert unlocked.fails(10, "secrets", "get", "TOKEN")["code"] == "vault.locked"
        assert unlocked.json("secrets", "list")[0]["key"] == "TOKEN"
        assert unlocked.json("status")["vault"] == "locked"

        unlocked.ok("unlock", "--pin-file", pin)

        assert unlocked.ok("secrets", "get", "TOKEN", "--plain").stdout == "t-1"
        assert unlocked.json("status")["vault"] == "unlocked"

    def test_it_needs_neither_server_nor_sign_in(self, unlocked: Cli, tmp_path: Path) -> None:
        auth_file = unlocked.home / ".ravi" / "auth.json"
        data = json.loads(auth_file.read_text())
        auth_file.write_text(json.dumps({**data, "server": "http://127.0.0.1:9"}))

        assert unlocked.json("lock")["was_unlocked"] is True
        assert "root_key" not in saved_sign_in(unlocked)
        nobody = Cli(tmp_path)
        with unchanged(tmp_path):
            assert nobody.json("lock")["was_unlocked"] is False

    def test_a_workspace_with_a_sign_in_of_its_own_is_locked_as_well(
        self, unlocked: Cli, shared_server: Server, tmp_path: Path, pin: Path
    ) -> None:
        config_dir = tmp_path / "workspace" / ".ravi"
        config_dir.mkdir(parents=True)
        shutil.copy(unlocked.home / ".ravi" / "auth.json", config_dir)
        here = unlocked.at(RAVI_CONFIG_DIR=config_dir)

        assert here.json("lock")["auth_file"] == str(config_dir / "auth.json")

        for path in (config_dir / "auth.json", unlocked.home / ".ravi" / "auth.json"):
            assert "root_key" not in json.loads(path.read_text())
        here.ok("unlock", "--pin-file", pin)
        assert "root_key" in json.loads((config_dir / "auth.json").read_text())
        assert "root_key" not in saved_sign_in(unlocked)

    def test_an_agents_own_key_is_not_the_owners_to_forget(self, unlocked: Cli) -> None:
        key = unlocked.json("vault", "key")["vault_key"]
        agent = unlocked.at(RAVI_VAULT_KEY=key)

        locked = agent.ok("lock")

        assert "RAVI_VAULT_KEY is still set" in locked.stderr
        assert agent.json("status")["vault"] == "identity key"
        assert agent.ok("secrets", "get", "TOKEN", "--plain").stdout == "t-1"


class TestUnlocking:
    @pytest.mark.parametrize(
        "command", [("unlock",), ("auth", "change-pin"), ("auth", "recovery-code")], ids=lambda words: words[-1]
    )
    @pytest.mark.parametrize("state", ["locked", "unlocked"])
    def test_a_wrong_pin_leaves_every_file_as_it_is(
        self, unlocked: Cli, pin: Path, wrong_pin: Path, command: tuple[str, ...], state: str
    ) -> None:
        if state == "locked":
            unlocked.ok("lock")
        new = ("--new-pin-file", pin) if "change-pin" in command else ()

        with unchanged(unlocked.home):
            refusal = unlocked.fails(10, *command, "--pin-file", wrong_pin, *new)

        assert refusal["code"] == "vault.pin_wrong"
        assert "wrong-pin" not in refusal["error"] + refusal["hint"]

    def test_a_management_key_is_unlocked_for_itself(
        self, unlocked: Cli, shared_server: Server, tmp_path: Path
    ) -> None:
        key = unlocked.json("keys", "create", "--management", "--label", "script")["key"]
        home = tmp_path / "script"
        home.mkdir()
        script = Cli(home, unlocked.cwd, {"RAVI_API_KEY": key, "RAVI_API_URL": shared_server.url})
        assert script.fails(10, "secrets", "get", "TOKEN")["code"] == "vault.locked"

        code = recovery_file(unlocked).read_text().partition("\n")[0]
        script.ok("unlock", "--pin-fd", "0", "--recovery-code-fd", "0", stdin=f"{PIN}\n{code}\n")

        assert script.ok("secrets", "get", "TOKEN", "--plain").stdout == "t-1"
        saved = saved_sign_in(script)
        assert "access_token" not in saved
        assert key not in json.dumps(saved)
        other = script.at(RAVI_API_KEY=unlocked.json("keys", "create", "--management", "--label", "other")["key"])
        assert other.fails(10, "secrets", "get", "TOKEN")["code"] == "vault.locked"

    def test_a_management_key_can_set_a_vault_up(
        self, owner: Cli, shared_server: Server, tmp_path: Path, pin: Path
    ) -> None:
        key = owner.json("keys", "create", "--management", "--label", "script")["key"]
        script = Cli(tmp_path, env={"RAVI_API_KEY": key, "RAVI_API_URL": shared_server.url})

        done = script.json("unlock", "--pin-file", pin)

        assert (done["set_up"], done["format"]) == (True, 2)
        assert saved_sign_in(owner)["user_email"] in recovery_file(script).read_text()
        assert script.json("auth", "status")["vault"] == "unlocked"

    @pytest.mark.parametrize("set_up", [True, False], ids=["with a vault", "without a vault"])
    def test_an_identitys_own_credential_is_refused_whatever_it_is(
        self, owner: Cli, shared_server: Server, tmp_path: Path, pin: Path, set_up: bool
    ) -> None:
        if set_up:
            owner.ok("unlock", "--pin-file", pin)
        made = owner.json("identity", "create", "--name", "agent", "--with-key")
        bound = api(owner).post("/api/auth/bind-identity/", {"identity": made["uuid"]}).json["access"]
        home = tmp_path / "agent"
        home.mkdir()

        for variable, token in (("RAVI_API_KEY", made["api_key"]), ("RAVI_ACCESS_TOKEN", bound)):
            agent = Cli(home, env={variable: token, "RAVI_API_URL": shared_server.url})
            with unchanged(home):
                refusal = agent.fails(10, "unlock", "--pin-file", pin)
            assert "is one identity's own" in refusal["error"]
            assert "RAVI_VAULT_KEY" in refusal["hint"]

    def test_a_second_unlock_may_be_done_by_many_at_once(self, unlocked: Cli, pin: Path) -> None:
        unlocked.ok("lock")
        running = [unlocked.start("unlock", "--pin-file", pin) for _ in range(6)]
        ended = [(process.communicate(timeout=60), process.returncode) for process in running]

        assert [code for _, code in ended] == [0] * 6, ended
        assert unlocked.ok("secrets", "get", "TOKEN", "--plain").stdout == "t-1"


class TestChanging:
    def test_a_pin_changed_on_one_machine_can_be_changed_on_another_right_away(
        self, unlocked: Cli, shared_server: Server, tmp_path: Path, pin: Path
    ) -> None:
        given = ("--pin-file", pin, "--recovery-code-file", recovery_file(unlocked))
        other = second_machine(unlocked, tmp_path, *given, server=shared_server)
        new = private(tmp_path / "new.txt", OTHER_PIN)

        unlocked.ok("auth", "change-pin", "--pin-file", pin, "--new-pin-file", new)

        assert other.fails(10, "auth", "change-pin", "--pin-file", pin, "--new-pin-file", new)["code"]
        other.ok("auth", "change-pin", "--pin-file", new, "--new-pin-file", pin)
        unlocked.ok("lock")
        unlocked.ok("unlock", "--pin-file", pin)
        assert unlocked.ok("secrets", "get", "TOKEN", "--plain").stdout == "t-1"

    def test_machines_that_are_open_go_on_after_a_new_recovery_code(
        self, unlocked: Cli, shared_server: Server, tmp_path: Path, pin: Path
    ) -> None:
        given = ("--pin-file", pin, "--recovery-code-file", recovery_file(unlocked))
        other = second_machine(unlocked, tmp_path, *given, server=shared_server)

        renewed = unlocked.json("auth", "recovery-code", "--pin-file", pin)

        assert renewed["recovery_file"] == str(recovery_file(unlocked))
        assert other.ok("secrets", "get", "TOKEN", "--plain", "--identity", "agent").stdout == "t-1"
        other.ok("lock")
        assert "renewed" in other.fails(10, "unlock", "--pin-file", pin)["error"]
        other.ok("unlock", "--pin-file", pin, "--recovery-code-file", recovery_file(unlocked))
        assert other.ok("secrets", "get", "TOKEN", "--plain", "--identity", "agent").stdout == "t-1"

    def test_a_vault_that_is_not_there_cannot_change(self, owner: Cli, pin: Path) -> None:
        for command in (("auth", "change-pin", "--new-pin-file", pin), ("auth", "recovery-code")):
            refusal = owner.fails(10, *command, "--pin-file", pin)
            assert "not set up" in refusal["error"]
            assert "ravi unlock" in refusal["hint"]


class TestAnAccountOfThePublishedClient:
    @pytest.fixture
    def old(self, owner: Cli) -> Cli:
        uuid = owner.json("identity", "create", "--name", "agent")["uuid"]
        saved = saved_sign_in(owner)
        PublishedClient(Http(saved["server"], saved["access_token"]), pin="123456").sign_in()
        return owner.at(make_workspace(owner.home / "work", uuid))

    def test_its_pin_alone_opens_it_and_the_way_on_is_named(self, old: Cli, tmp_path: Path, wrong_pin: Path) -> None:
        six_digits = private(tmp_path / "digits.txt", "123456")
        with unchanged(old.home):
            assert old.fails(10, "unlock", "--pin-file", wrong_pin)["code"] == "vault.pin_wrong"

        ran = old.ok("unlock", "--pin-file", six_digits)

        assert (ran.json["set_up"], ran.json["format"], ran.json["recovery_file"]) == (False, 1, None)
        assert "ravi vault upgrade" in ran.stderr
        assert "legacy_key" in saved_sign_in(old)
        old.ok("secrets", "set", "TOKEN", "t-1")
        assert old.ok("secrets", "get", "TOKEN", "--plain").stdout == "t-1"

    def test_its_pin_cannot_be_changed_before_it_is_upgraded(self, old: Cli, pin: Path) -> None:
        for command in (("auth", "change-pin", "--new-pin-file", pin), ("auth", "recovery-code")):
            refusal = old.fails(5, *command, "--pin-file", pin)
            assert refusal["code"] == "vault.not_upgraded"
            assert "ravi vault upgrade" in refusal["hint"]


def test_only_the_commands_that_take_a_pin_pay_for_it(unlocked: Cli, tmp_path: Path, pin: Path) -> None:
    (tmp_path / "counting").mkdir()
    (tmp_path / "counting" / "sitecustomize.py").write_text(COUNTING)
    log = tmp_path / "argon2.log"
    counted = unlocked.at(PYTHONPATH=tmp_path / "counting", ARGON2_LOG=log)

    def cost(*words: str | Path) -> int:
        log.write_text("")
        counted.ok(*words)
        return len(log.read_text())

    for words in (("secrets", "get", "TOKEN"), ("secrets", "set", "TOKEN", "t-2"), ("secrets", "list"), ("status",)):
        assert (words, cost(*words)) == (words, 0)
    assert cost("vault", "key") == 0
    assert cost("unlock", "--pin-file", pin) == 1
    assert cost("auth", "recovery-code", "--pin-file", pin) == 2
    assert cost("lock") == 0


def test_the_server_never_has_pin_or_recovery_code_or_root(server: Server, cli: Cli, pin: Path) -> None:
    sign_in(server, cli)
    cli.ok("unlock", "--pin-file", pin)
    saved = saved_sign_in(cli)
    server.stop()

    kept = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    kept += "\n".join(server.lines).encode()
    assert saved["vault_account"].encode() in kept
    for secret in (PIN, saved["secret_key"], saved["secret_key"].replace("-", ""), saved["root_key"]):
        assert secret.encode() not in kept
