"""An owner, two identities and an agent at a server that somebody has taken over; nothing of ours is imported."""

import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import PATIENCE, Cli, Result
from tests.support.hostile import Hostile
from tests.support.http import Http
from tests.support.journey import saved_sign_in
from tests.support.server import Server
from tests.support.vault_agents import acting, hire, unlocked_owner

SECRETS, PASSWORDS, TOTPS, IDENTITIES = "/api/secrets/", "/api/passwords/", "/api/mfa/", "/api/identities/"
ENCRYPTION, SEALED = "/api/encryption/", "/api/vault/sealed/"

SEED, OTHER_SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
KEY, NOTES, URL = "a's key 4711", "a's notes 4712", "a's url 4713"
BANK, FORMER, EVIL = "a's bank 4714", "a's former 4715", "a's evil 4716"
BANK_USER, EVIL_USER, OTHERS = "a's user 4717", "a's alias 4718", "b's value 4719"
#: Whatever is sealed and must not be seen in what a command says that was lied to.
TEXTS = (SEED, OTHER_SEED, KEY, NOTES, URL, BANK, FORMER, EVIL, BANK_USER, EVIL_USER, OTHERS)


class Front:
    """A server as `sign_in` wants it: accounts come from the real one, and clients go to the one in front of it."""

    def __init__(self, server: Server, hostile: Hostile) -> None:
        self.url = hostile.url
        self.add_owner = server.add_owner
        self.run = server.run


@dataclass
class World:
    """
    Identities *a* and *b* of one owner. `readers` act as A: the owner with the account's root, an agent with A's key.

    `rows` is what the honest server says to the account, by path.
    """

    server: Server
    hostile: Hostile
    owner: Cli
    agent: Cli
    a: str
    b: str
    rows: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def front(self) -> Any:
        return Front(self.server, self.hostile)

    @property
    def mine(self) -> Cli:
        """The owner's `ravi`, acting as A."""
        return self.owner.at(RAVI_IDENTITY=self.a)

    @property
    def readers(self) -> tuple[Cli, Cli]:
        return self.mine, self.agent

    @property
    def honest(self) -> Http:
        """The server behind, asked past whoever has taken it over."""
        return Http(self.server.url, saved_sign_in(self.owner)["access_token"])

    @property
    def public_key(self) -> str:
        """A's public key, as the server has it."""
        return str(self.honest.get(f"{IDENTITIES}{self.a}/").json["public_key"])

    def stored(self) -> Any:
        """Everything that is sealed, as it is stored."""
        return self.honest.get(SEALED).json["records"]

    def row(self, path: str, whose: str = "a", **like: str) -> Any:
        """A copy of the one row of A (or "b") with these texts, as an honest server says it."""
        wanted = {"identity_uuid": {"a": self.a, "b": self.b}[whose], **like}
        (found,) = (row for row in self.rows[path] if all(row[name] == text for name, text in wanted.items()))
        return copy.deepcopy(found)

    def words(self, *words: str) -> list[str]:
        """*words* with {a}, {b}, and the uuids of A's entries, {bank}, {evil}, {seed}, filled in."""
        known = {
            "a": self.a,
            "b": self.b,
            "bank": self.row(PASSWORDS, domain="bank.example")["uuid"],
            "evil": self.row(PASSWORDS, domain="evil.example")["uuid"],
            "seed": self.row(TOTPS, service_name="bank")["uuid"],
        }
        return [word.format(**known) for word in words]


def at_once(*commands: tuple[Cli, Sequence[str]]) -> list[Result]:
    """Run all of these at the same time, each with an empty stdin; how they ended."""
    started = [(words, cli.start(*words)) for cli, words in commands]
    results = []
    for words, process in started:
        stdout, stderr = process.communicate("", PATIENCE)
        results.append(Result(("ravi", *words), process.returncode, stdout, stderr))
    return results


def silent(result: Result) -> None:
    """Fails if *result* shows any value, on either stream, or anything on stdout."""
    assert result.stdout == "", str(result)
    for text in TEXTS:
        assert text not in result.stderr, str(result)
    assert "Traceback" not in result.stderr, str(result)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all tests of a file; each leaves what is stored as it was."""
    place = tmp_path_factory.mktemp("taken over")
    home = place / "home"
    home.mkdir(mode=0o700)
    server = Server(tmp_path_factory.mktemp("server") / "data").start()
    hostile = Hostile(server.url)
    try:
        yield _populated(server, hostile, Cli(home), place)
    finally:
        hostile.close()
        server.stop()
    faults = [line for line in server.lines if '"event":"fault"' in line or "Traceback" in line]
    assert not faults, "ravi-server logged faults:\n" + "\n".join(faults)
    assert not hostile.faults, "\n".join(hostile.faults)


def _populated(server: Server, hostile: Hostile, cli: Cli, place: Path) -> World:
    front: Any = Front(server, hostile)
    owner = unlocked_owner(front, cli)
    agent, other = hire(owner, front, place, "a"), acting(owner, place / "b", "b")
    a, b = (json.loads((each.cwd / ".ravi" / "config.json").read_text())["identity_uuid"] for each in (agent, other))
    world = World(server, hostile, owner, agent, a, b)
    mine = world.mine
    mine.ok("secrets", "set", "API_KEY", "--stdin", "--notes", NOTES, stdin=KEY)
    mine.ok("secrets", "set", "DB_URL", "--stdin", stdin=URL)
    other.ok("secrets", "set", "API_KEY", "--stdin", "--notes", OTHERS, stdin=OTHERS)
    for cli, site, user, password in (
        (mine, "bank.example", BANK_USER, FORMER),
        (mine, "evil.example", EVIL_USER, EVIL),
        (other, "bank.example", OTHERS, OTHERS),
    ):
        words = ("passwords", "create", site, "--username", user, "--notes", NOTES, "--password-stdin")
        cli.ok(*words, stdin=password)
    for site, password in (("bank.example", BANK), ("evil.example", EVIL + "!")):
        mine.ok("passwords", "update", site, "--password-stdin", stdin=password)
    for cli, name, seed in ((mine, "bank", SEED), (mine, "shop", OTHER_SEED), (other, "bank", OTHER_SEED)):
        cli.ok("totp", "add", name, "--stdin", "--username", BANK_USER, stdin=seed)
    for path in (SECRETS, PASSWORDS, TOTPS):
        world.rows[path] = world.honest.get(path).json
    return world
