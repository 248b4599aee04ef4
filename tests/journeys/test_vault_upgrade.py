"""An owner who comes from the published client v0.5.2: read, warned, upgraded; nothing is lost, nothing old is left."""

import base64
import contextlib
import json
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from nacl.exceptions import CryptoError
from nacl.public import SealedBox

from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.journey import Terminal, make_workspace
from tests.support.published_client import PublishedClient, key_pair
from tests.support.server import MakeServer, Server
from tests.support.vault_agents import hire

PIN = "123456"
EMAIL = "owner@example.com"
SECRETS = {"API_KEY": "sk-1", "DATABASE_URL": "postgresql://ada:häß@db.example.com/x", "MULTI_LINE": "a\nb\n"}


@dataclass
class Owner:
    """An account that v0.5.2 set up: `old` is that client, `cli` is ours on a first machine."""

    server: Server
    cli: Cli
    old: PublishedClient
    uuid: str
    password: str = ""
    said: str = ""
    """What our client said to the person who signed in last."""
    pin_file: Path = field(init=False)

    def __post_init__(self) -> None:
        self.pin_file = self.cli.home / "pin.txt"
        self.pin_file.write_text(PIN + "\n")
        self.pin_file.chmod(0o600)

    @property
    def pin(self) -> tuple[str, str]:
        return "--pin-file", str(self.pin_file)

    @property
    def http(self) -> Http:
        return self.old.account

    def sign_in(self, cli: Cli, *more: str) -> Cli:
        """Sign the home of *cli* in with our client and the PIN; return *cli*."""
        code = json.loads(self.server.run("signin-code", EMAIL, "--json").stdout)["signin_code"]
        words = ("auth", "login", "--server", self.server.url, "--code", "-")
        self.said = cli.ok(*words, *(more or self.pin), stdin=code + "\n").stderr
        return cli

    def another_machine(self, folder: Path) -> Cli:
        """Ours in a home where nothing is known, acting as the same identity."""
        home = folder / "another home"
        home.mkdir()
        return Cli(home, self.cli.cwd)

    def check(self, cli: Cli) -> None:
        """Everything that v0.5.2 stored opens with *cli*."""
        assert cli.ok("secrets", "export", "--json").json == SECRETS
        entry = cli.json("passwords", "get", self.password)
        assert {name: entry[name] for name in ("domain", "username", "password", "notes")} == {
            "domain": "example.com",
            "username": "ada",
            "password": "second",
            "notes": "the shop",
        }
        assert [each["password"] for each in cli.json("passwords", "history", self.password)] == ["first"]

    def meta(self) -> dict[str, Any]:
        return self.http.get("/api/encryption/").json


@pytest.fixture
def owner(make_server: MakeServer, cli: Cli, tmp_path: Path) -> Owner:
    server = make_server()
    code = server.add_owner(EMAIL)["signin_code"]
    access = Http(server.url).post("/api/auth/login/", {"signin_code": code}).json["access"]
    account = Http(server.url, access)
    old = PublishedClient(account, PIN).sign_in()
    uuid = account.post("/api/identities/", {"name": "agent"}).json["uuid"]
    made = Owner(server, cli.at(make_workspace(tmp_path / "workspace", uuid)), old.act_as(uuid), uuid)
    for key, value in SECRETS.items():
        old.set_secret(key, value)
    made.password = old.create_password("https://login.example.com/", "ada", "first", "the shop")
    old.change_password(made.password, "second")
    return made


def stored(server: Server) -> bytes:
    """Every byte of the data of a server that is stopped."""
    return b"".join(path.read_bytes() for path in sorted(server.data.rglob("*")) if path.is_file())


def recovery_file(cli: Cli) -> Path:
    return cli.home / ".ravi" / "recovery-code.txt"


def test_the_published_client_of_these_tests_makes_the_key_of_the_known_answer() -> None:
    private = key_pair("123456", bytes(16))

    assert base64.b64encode(bytes(private.public_key)) == b"r1feBlhwAtS4e36U3AJLFQKjFYzWsXITkKpH1kffcHo="


def test_before_the_upgrade_both_clients_share_the_vault_and_ours_warns(owner: Owner) -> None:
    cli = owner.sign_in(owner.cli)
    assert "ravi vault upgrade" in owner.said
    owner.check(cli)
    cli.ok("secrets", "set", "BY_OURS", "--stdin", stdin="sk-new")

    assert cli.ok("secrets", "get", "BY_OURS", "--plain").stdout == "sk-new"
    assert {key: owner.old.get_secret(key) for key in SECRETS} == SECRETS
    shown = owner.old.get_secret("BY_OURS")
    assert shown is not None
    assert shown.startswith("e2e2::")


def test_the_upgrade_loses_nothing_and_leaves_nothing_old(owner: Owner) -> None:
    cli = owner.sign_in(owner.cli)
    cli.ok("secrets", "set", "BY_OURS", "--stdin", stdin="sk-new")
    before = owner.meta()

    done = cli.json("vault", "upgrade", *owner.pin)

    assert done == {"upgraded": True, "resealed": len(SECRETS) + 3, "unreadable": []}
    assert cli.ok("secrets", "get", "BY_OURS", "--plain").stdout == "sk-new"
    cli.ok("secrets", "delete", "BY_OURS")
    owner.check(cli)
    assert recovery_file(cli).stat().st_mode & 0o777 == 0o600
    saved = json.loads((cli.home / ".ravi" / "auth.json").read_text())
    assert saved["root_key"]
    assert "legacy_key" not in saved

    again = cli.ok("vault", "upgrade", *owner.pin, "--human")
    assert "nothing to upgrade" in again.stdout
    assert cli.json("vault", "upgrade")["resealed"] == 0  # there is nobody to ask for a PIN, and no need

    owner.server.stop()
    data = stored(owner.server)
    assert b"e2e2::" in data
    assert b"e2e::" not in data
    for name in ("salt", "verifier", "public_key"):
        assert before[name].encode() not in data, name


def test_people_see_progress_the_code_and_what_to_do_next(owner: Owner) -> None:
    owner.sign_in(owner.cli)
    terminal = Terminal(owner.cli, "vault", "upgrade")
    terminal.wait_for("PIN")
    terminal.type("000000")
    terminal.wait_for("2 more tries\r\nPIN")
    terminal.type(PIN)

    assert terminal.end() == 0
    code = recovery_file(owner.cli).read_text().split("\n")[0]
    assert code in terminal.screen
    assert PIN not in terminal.screen
    assert "pass 2: 5 entries seen, 5 sealed anew\r\n" in terminal.screen
    assert "upgraded; 5 entries are sealed anew" in terminal.screen
    assert "ravi vault key" in terminal.screen


def test_the_pin_alone_opens_nothing_afterwards(owner: Owner, tmp_path: Path) -> None:
    before = owner.meta()
    cli = owner.sign_in(owner.cli)
    cli.json("vault", "upgrade", *owner.pin)

    thief = owner.sign_in(owner.another_machine(tmp_path), "--no-vault")
    assert thief.fails(10, "unlock", *owner.pin)["code"] == "vault.locked"
    # With the whole database of before and after, and the PIN, which can be guessed.
    pair = SealedBox(key_pair(PIN, base64.b64decode(before["salt"])))
    sealed = [row["value"] for row in owner.http.get("/api/secrets/").json]
    assert len(sealed) == len(SECRETS)
    for text in sealed:
        with pytest.raises(CryptoError):
            pair.decrypt(base64.b64decode(text.removeprefix("e2e2::")))


def test_the_published_client_is_refused_afterwards_and_says_so(owner: Owner) -> None:
    owner.sign_in(owner.cli).json("vault", "upgrade", *owner.pin)

    with pytest.raises(AssertionError, match="409, wanted 200"):
        PublishedClient(owner.http, PIN).sign_in()  # it takes the account for a new one
    with pytest.raises(AssertionError, match="422, wanted 200"):
        owner.old.set_secret("API_KEY", "put back")
    owner.check(owner.cli)


def test_an_old_value_that_somebody_plants_is_refused_by_the_client(owner: Owner) -> None:
    cli = owner.sign_in(owner.cli)
    cli.json("vault", "upgrade", *owner.pin)
    planted = owner.old.seal("planted by the server")
    owner.server.stop()
    with contextlib.closing(sqlite3.connect(owner.server.data / "ravi.db")) as database, database:
        assert database.execute("UPDATE secrets SET value = ? WHERE key = 'API_KEY'", [planted]).rowcount == 1
    owner.server.start()

    refused = cli.fails(10, "secrets", "get", "API_KEY")

    assert refused["code"] == "vault.unreadable"
    assert "API_KEY" in refused["error"]
    assert "planted by the server" not in cli.run("secrets", "export").stdout


def test_another_machine_goes_on_with_pin_and_code_and_one_that_slept_is_told(owner: Owner, tmp_path: Path) -> None:
    asleep = owner.sign_in(owner.another_machine(tmp_path))
    cli = owner.sign_in(owner.cli)
    cli.json("vault", "upgrade", *owner.pin)

    refused = asleep.fails(10, "secrets", "set", "LATE", "x")
    assert refused["code"] == "vault.locked"
    assert "upgraded on another machine" in refused["error"]
    assert "ravi unlock" in refused["hint"]
    refused = asleep.fails(10, "secrets", "get", "API_KEY")
    assert refused["code"] == "vault.unreadable"
    assert "ravi unlock" in refused["hint"]
    code = ("--recovery-code-file", str(recovery_file(cli)))
    asleep.ok("unlock", *owner.pin, *code)
    owner.check(asleep)


def test_an_upgrade_that_was_begun_on_a_lost_machine_is_finished_on_another(owner: Owner, tmp_path: Path) -> None:
    cli = owner.sign_in(owner.cli)
    kill_while(owner, lambda: recovery_file(cli).exists())
    other = owner.sign_in(owner.another_machine(tmp_path), "--no-vault")

    other.json("vault", "upgrade", *owner.pin, "--recovery-code-file", str(recovery_file(cli)))

    owner.check(other)
    assert not owner.meta()["upgrading"]


def test_an_agent_s_old_key_stops_and_it_says_which_to_ask_for(owner: Owner, tmp_path: Path) -> None:
    cli = owner.sign_in(owner.cli)
    agent = hire(cli, owner.server, tmp_path, "worker")
    agent.ok("secrets", "set", "MINE", "--stdin", stdin="x")
    cli.json("vault", "upgrade", *owner.pin)

    refused = [agent.fails(10, "secrets", "get", "MINE"), agent.fails(10, "secrets", "set", "MINE", "y")]

    assert [each["code"] for each in refused] == ["vault.unreadable", "vault.key_differs"]
    assert all("ravi vault key" in each["hint"] for each in refused)
    new = cli.json("vault", "key", "--identity", "worker")["vault_key"]
    assert agent.at(RAVI_VAULT_KEY=new).ok("secrets", "get", "MINE", "--plain").stdout == "x"


def kill_while(owner: Owner, reached: Callable[[], bool]) -> bool:
    """Start an upgrade and kill it as soon as *reached*; false if it was done before."""
    process = owner.cli.start("vault", "upgrade", *owner.pin)
    try:
        deadline = time.monotonic() + 30
        while not reached() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    finally:
        process.communicate()
    return process.returncode == -signal.SIGKILL


@pytest.mark.slow
def test_killed_at_random_points_while_the_published_client_writes_it_still_loses_nothing(owner: Owner) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    moments = random.Random(seed)
    expected = {f"MANY_{number}": f"value {number}" for number in range(150)}
    for key, value in expected.items():
        owner.old.set_secret(key, value)
    cli = owner.sign_in(owner.cli)
    stop, written = threading.Event(), dict[str, str]()

    def keep_writing() -> None:
        for number in range(1000):
            if stop.is_set():
                return
            key = f"MANY_{number % 50}" if number % 2 else f"NEW_{number}"
            try:
                owner.old.set_secret(key, f"written {number}")
            except AssertionError as refusal:
                if "vault.plaintext_refused" not in str(refusal):
                    raise
                return  # an attempt came to its end before it was killed
            written[key] = f"written {number}"
            time.sleep(0.01)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    killed = 0
    try:
        killed += kill_while(owner, lambda: owner.meta()["upgrading"])
        # The first of these is shorter than computing the keys takes, whatever the machine.
        for delay in (0.15, *(moments.uniform(0.1, 1.0) for _ in range(5))):
            moment = time.monotonic() + delay
            killed += kill_while(owner, lambda moment=moment: time.monotonic() > moment)
            # In between the vault goes on working where it is being upgraded, whatever was done by now.
            assert cli.ok("secrets", "get", "MANY_149", "--plain").stdout == "value 149"
    finally:
        stop.set()
        writer.join()
    cli.json("vault", "upgrade", *owner.pin)

    assert killed >= 2
    assert len(written) > 10
    assert not owner.meta()["upgrading"]
    assert cli.ok("secrets", "export", "--json").json == {**SECRETS, **expected, **written}
    owner.server.stop()
    assert b"e2e::" not in stored(owner.server)


def test_values_that_do_not_open_are_named_and_are_kept_on_request(owner: Owner) -> None:
    cli = owner.sign_in(owner.cli)
    stranger = "e2e::" + base64.b64encode(os.urandom(64)).decode()
    owner.old.http.post("/api/secrets/", {"key": "BROKEN", "value": stranger})

    refused = cli.fails(10, "vault", "upgrade", *owner.pin)
    assert "BROKEN" in refused["error"]
    assert "--leave-unreadable" in refused["hint"]
    done = cli.json("vault", "upgrade", *owner.pin, "--leave-unreadable")

    assert [each["entry"] for each in done["unreadable"]] == ["BROKEN"]
    assert not owner.meta()["upgrading"]
    assert cli.fails(10, "secrets", "get", "BROKEN")["code"] == "vault.unreadable"
    cli.ok("secrets", "delete", "BROKEN")
    owner.check(cli)
