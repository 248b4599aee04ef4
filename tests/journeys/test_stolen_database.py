"""Somebody has the server's database and a list with the right PIN on it. See tests/support/attack.py."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import attack
from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.journey import saved_sign_in, sign_in
from tests.support.published_client import PublishedClient
from tests.support.server import MakeServer, Server
from tests.support.vault_agents import PIN, acting, hire, unlock, unlocked_owner

WRONG_PINS = ("000000", "123456", "111111", "correct horse battery staple")
NEW_PIN = "a phrase of several words"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
#: What is sealed below, but for the seed, which stands in a URI.
TEXTS = {
    "sk-the-agent",
    "notes on it",
    "sk-the-sibling",
    "ada",
    "first password",
    "second password",
    "the shop",
    "example.com",
    "ada at the bank",
}


@dataclass
class Thief:
    """Has a copy of the database, and PINs."""

    folder: Path

    def steals_from(self, server: Server) -> "Thief":
        """Copy the database as it is at this moment, whether the server runs or not."""
        for path in self.folder.iterdir():
            path.unlink()
        for path in server.data.glob("ravi.db*"):
            shutil.copy(path, self.folder)
        (self.folder / "pins.txt").write_text("\n".join([*WRONG_PINS, PIN, NEW_PIN]) + "\n")
        return self

    def attacks(self, *more: str | Path) -> dict[str, Any]:
        """What the script prints; it must say by its exit code whether anything opened."""
        words = [sys.executable, attack.__file__, self.folder / "ravi.db", self.folder / "pins.txt", "--json", *more]
        done = subprocess.run(words, capture_output=True, text=True, timeout=150, check=False)
        assert done.returncode in (0, 3), done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == (3 if found["opened"] or found["opened_roots"] else 0), done.stdout
        return found

    def leak(self, statement: str, value: str) -> None:
        """Change the copy, as a server would have that kept what it must not."""
        with contextlib.closing(sqlite3.connect(self.folder / "ravi.db")) as database, database:
            assert database.execute(statement, [value]).rowcount == 1


@pytest.fixture
def thief(tmp_path: Path) -> Thief:
    folder = tmp_path / "stolen"
    folder.mkdir()
    return Thief(folder)


def opened(found: dict[str, Any]) -> set[str]:
    return {each["text"] for each in found["opened"] if "otpauth" not in each["text"]}


def seeds(found: dict[str, Any]) -> list[str]:
    return [each["text"] for each in found["opened"] if "otpauth" in each["text"]]


def use(agent: Cli, sibling: Cli) -> None:
    """Have something sealed in every field that there is."""
    agent.ok("secrets", "set", "API_KEY", "--stdin", "--notes", "notes on it", stdin="sk-the-agent")
    sibling.ok("secrets", "set", "API_KEY", "--stdin", stdin="sk-the-sibling")
    words = ("--username", "ada", "--notes", "the shop", "--password-stdin")
    agent.ok("passwords", "create", "example.com", *words, stdin="first password")
    agent.ok("passwords", "update", "example.com", "--password-stdin", stdin="second password")
    agent.ok("totp", "add", "bank", "--stdin", "--username", "ada at the bank", stdin=SEED)


def test_without_the_secret_key_nothing_opens_and_with_it_everything_does(
    make_server: MakeServer, cli: Cli, tmp_path: Path, thief: Thief
) -> None:
    server = make_server()
    owner = unlocked_owner(server, cli)
    use(hire(owner, server, tmp_path, "agent"), acting(owner, tmp_path / "sibling", "sibling"))

    running = thief.steals_from(server).attacks()
    assert (running["opened"], running["opened_roots"]) == ([], [])
    server.stop()
    found = thief.steals_from(server).attacks()
    assert (found["opened"], found["opened_roots"]) == ([], [])
    assert found["sealed"] >= len(TEXTS) + 1
    assert (found["wrapped_roots"], found["pins"]) == (1, len(WRONG_PINS) + 2)
    assert found["keys_tried"] > 100

    owner.ok("lock")
    for laptop in ("recovery-code.txt", "auth.json"):
        with_laptop = thief.attacks("--recovery-code", owner.home / ".ravi" / laptop)
        assert with_laptop["opened_roots"] == [f"the PIN {PIN} and the stolen secret key"]
        assert opened(with_laptop) == TEXTS
        assert len(with_laptop["opened"]) == found["sealed"]
        assert [SEED in uri for uri in seeds(with_laptop)] == [True]


def test_the_attack_would_notice_a_key_that_the_server_had_kept(
    make_server: MakeServer, cli: Cli, tmp_path: Path, thief: Thief
) -> None:
    server = make_server()
    owner = unlocked_owner(server, cli)
    use(acting(owner, tmp_path / "agent", "agent"), acting(owner, tmp_path / "sibling", "sibling"))
    saved, vault_key = saved_sign_in(owner), owner.json("vault", "key", "--identity", "agent")["vault_key"]
    server.stop()

    for value, texts, how in (
        (saved["secret_key"], TEXTS, f"the PIN {PIN} and a secret key that lay in the database"),
        (saved["root_key"], TEXTS, "a key that lay in the database"),
        ("note: " + attack.base64.b64decode(saved["root_key"]).hex(), TEXTS, "a key that lay in the database"),
        (vault_key, TEXTS - {"sk-the-sibling"}, "an identity's key that lay in the database"),
    ):
        thief.steals_from(server).leak("UPDATE accounts SET last_name = ?", value)
        found = thief.attacks()

        assert opened(found) == texts, how
        assert {each["how"] for each in found["opened"]} == {how}


def test_the_old_format_opens_with_the_pin_alone_and_after_the_upgrade_no_more(
    make_server: MakeServer, cli: Cli, tmp_path: Path, thief: Thief
) -> None:
    server = make_server()
    owner = sign_in(server, cli)
    http = Http(server.url, saved_sign_in(owner)["access_token"])
    old = PublishedClient(http, PIN).sign_in()
    unlock(owner)
    agent, sibling = acting(owner, tmp_path / "agent", "agent"), acting(owner, tmp_path / "sibling", "sibling")
    use(agent, sibling)
    of_agent = json.loads((agent.cwd / ".ravi" / "config.json").read_text())["identity_uuid"]
    old.act_as(of_agent).set_secret("BY_THE_OLD_CLIENT", "sk-old")
    pin = ("--pin-file", str(owner.home / "pin.txt"))

    found = thief.steals_from(server).attacks()
    assert opened(found) == TEXTS | {"sk-old"}
    assert {each["how"] for each in found["opened"]} == {f"the PIN {PIN} alone"}

    owner.ok("vault", "upgrade", *pin)
    running = thief.steals_from(server).attacks()
    server.stop()
    stopped = thief.steals_from(server).attacks()
    for found in (running, stopped):
        assert (found["opened"], found["opened_roots"]) == ([], [])
        assert found["wrapped_roots"] >= 1
    # And it is all still there, for whoever has the recovery code.
    found = thief.attacks("--recovery-code", owner.home / ".ravi" / "recovery-code.txt")
    assert opened(found) == TEXTS | {"sk-old"}
