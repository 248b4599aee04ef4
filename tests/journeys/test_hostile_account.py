"""
The server lies about the account's own keys: that there are none, that they are old, that they are another account's.

The worst that it could reach is a vault whose key it can guess, or values that it has made itself. So it is given
here what it cannot have, the PIN, and still gets neither.
"""

import base64
import itertools
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli, Result
from tests.support.hostile import Hostile, rows_changed
from tests.support.http import Http
from tests.support.journey import saved_sign_in, sign_in
from tests.support.published_client import PublishedClient, new_vault
from tests.support.server import Server
from tests.support.taken_over import ENCRYPTION, SECRETS, Front, silent
from tests.support.vault_agents import PIN, acting, unlock

_numbers = itertools.count(1)
Meta = dict[str, Any]


@pytest.fixture(scope="module")
def hostile(shared_server: Server) -> Iterator[Hostile]:
    hostile = Hostile(shared_server.url)
    yield hostile
    hostile.close()
    assert not hostile.faults, "\n".join(hostile.faults)


class Owner:
    """
    Somebody who has signed in by way of *hostile*, with a vault that is open.

    With *published* it is one that the client v0.5.2 has set up, still in the old format; `old` is then that client.
    """

    def __init__(self, server: Server, hostile: Hostile, cli: Cli, *, published: bool = False) -> None:
        self.hostile = hostile
        self.front: Any = Front(server, hostile)
        self.email = f"somebody-{next(_numbers)}@example.com"
        self.cli = sign_in(self.front, cli, self.email)
        self.old = PublishedClient(self.honest, PIN).sign_in() if published else None
        unlock(cli)
        self.pin = ("--pin-file", str(cli.home / "pin.txt"))
        self.login = ("auth", "login", "--server", hostile.url, "--code", "-")

    @property
    def honest(self) -> Http:
        return Http(self.hostile.upstream, saved_sign_in(self.cli)["access_token"])

    @property
    def code_file(self) -> str:
        return str(self.cli.home / ".ravi" / "recovery-code.txt")

    def meta(self) -> Meta:
        """The key material as it is stored."""
        return self.honest.get(ENCRYPTION).json

    def saved(self) -> dict[str, Any]:
        """What auth.json holds of the vault."""
        names = ("secret_key", "root_key", "legacy_key", "vault_account", "pending_secret_keys", "other_secret_keys")
        return {name: text for name, text in saved_sign_in(self.cli).items() if name in names}

    def machine(self, folder: Path) -> Cli:
        """Another machine of theirs, signed in, on which nothing is known of the vault."""
        home = folder / "another home"
        home.mkdir()
        cli = Cli(home)
        cli.ok(*self.login, "--no-vault", stdin=self.one_time_code())
        return cli

    def one_time_code(self) -> str:
        return str(json.loads(self.front.run("signin-code", self.email, "--json").stdout)["signin_code"])


@pytest.fixture
def owner(shared_server: Server, hostile: Hostile, cli: Cli) -> Owner:
    return Owner(shared_server, hostile, cli)


def saying(**lies: Any) -> Callable[[list[Meta]], None]:
    return lambda rows: rows[0].update(lies)


@cache
def old_keys() -> Meta:
    """Salt, verifier and public key as the published client makes them, of the owner's PIN."""
    return {**new_vault(PIN)[1]}


OLD: Meta = {"format": 1, "upgrading": False, "root_salt": None, "wrapped_root": None, "root_version": 0}
NOTHING: Meta = {**OLD, "format": 0, "salt": None, "verifier": None, "public_key": None}
ANOTHER = {"account_uuid": "00000000-0000-4000-8000-000000000000"}
LIES: dict[str, Callable[[], Meta]] = {
    "there is no vault": lambda: NOTHING,
    "it is in the old format": lambda: {**OLD, **old_keys()},
    "its upgrade is not finished": lambda: {"upgrading": True, **old_keys()},
    "another account without a vault": lambda: {**NOTHING, **ANOTHER},
    "another account in the old format": lambda: {**OLD, **old_keys(), **ANOTHER},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_machine_that_knows_better_neither_sets_up_a_vault_nor_opens_an_old_one(owner: Owner, lie: str) -> None:
    new_pin = owner.cli.home / "new-pin.txt"
    new_pin.write_text("another PIN\n")
    commands = [
        ("unlock", *owner.pin),
        ("unlock", *owner.pin, "--recovery-code-file", owner.code_file),
        ("vault", "upgrade", *owner.pin),
        ("auth", "change-pin", *owner.pin, "--new-pin-file", str(new_pin)),
        ("auth", "recovery-code", *owner.pin),
    ]
    for locked in (False, True):
        if locked:
            owner.cli.ok("lock")
        before, meta = owner.saved(), owner.meta()
        with owner.hostile.lying(rows_changed(ENCRYPTION, saying(**LIES[lie]()))):
            results = [owner.cli.run(*words) for words in commands]
            assert {asked.method for asked in owner.hostile.asked} == {"GET"}
        for result in results:
            contradicted(result)
        assert owner.saved() == before
        assert owner.meta() == meta
    owner.cli.ok("unlock", *owner.pin)  # the truth is believed again


def contradicted(result: Result) -> None:
    assert result.code in (10, 1), str(result)
    assert result.error["code"] in ("vault.locked", "server.nonsense"), str(result)
    silent(result)


@pytest.mark.parametrize("lie", LIES)
def test_nor_does_signing_in_again(owner: Owner, lie: str) -> None:
    before, meta = saved_sign_in(owner.cli), owner.meta()

    code = owner.one_time_code()
    with owner.hostile.lying(rows_changed(ENCRYPTION, saying(**LIES[lie]()))):
        result = owner.cli.run(*owner.login, *owner.pin, stdin=code)
        written = {asked.path for asked in owner.hostile.asked if asked.method != "GET"}

    contradicted(result)
    assert written == {"/api/auth/login/", "/api/auth/logout/"}, "the sign-in is taken back, and nothing else is done"
    assert saved_sign_in(owner.cli) == before
    assert owner.meta() == meta


@pytest.mark.parametrize("lie", ["there is no vault", "it is in the old format"])
def test_on_a_new_machine_a_recovery_code_is_enough_to_know_better(owner: Owner, tmp_path: Path, lie: str) -> None:
    machine = owner.machine(tmp_path)
    given = (*owner.pin, "--recovery-code-file", owner.code_file)
    code, meta = owner.one_time_code(), owner.meta()

    with owner.hostile.lying(rows_changed(ENCRYPTION, saying(**LIES[lie]()))):
        results = [machine.run("unlock", *given), machine.run(*owner.login, *given, stdin=code)]

    for result in results:
        contradicted(result)
    assert owner.meta() == meta
    assert "root_key" not in saved_sign_in(machine)
    machine.ok("unlock", *given)


DAMAGE: dict[str, Callable[[Meta], Any]] = {
    "no salt": lambda _: {"root_salt": None},
    "another salt": lambda _: {"root_salt": base64.b64encode(bytes(16)).decode()},
    "a short salt": lambda _: {"root_salt": base64.b64encode(bytes(8)).decode()},
    "a salt that is none": lambda _: {"root_salt": "?"},
    "a root cut short": lambda meta: {"wrapped_root": meta["wrapped_root"][:-4]},
    "a root without its prefix": lambda meta: {"wrapped_root": meta["wrapped_root"].removeprefix("root2::")},
    "a root that is not wrapped": lambda _: {"wrapped_root": "root2::" + base64.b64encode(bytes(32)).decode()},
    "a root that is a number": lambda _: {"wrapped_root": 7},
    "a version that is a text": lambda _: {"root_version": "1"},
    "an account that is a number": lambda _: {"account_uuid": 7},
    "an unknown format": lambda _: {"format": 3},
}


def test_key_material_that_was_damaged_opens_nothing_and_costs_nothing(owner: Owner) -> None:
    owner.cli.ok("lock")
    before = owner.saved()

    for what, damage in DAMAGE.items():
        with owner.hostile.lying(rows_changed(ENCRYPTION, saying(**damage(owner.meta())))):
            result = owner.cli.run("unlock", *owner.pin)

        assert result.code in (10, 1), f"{what}: {result}"
        assert result.error["code"] in ("vault.pin_wrong", "server.nonsense"), f"{what}: {result}"
        assert owner.saved() == before


def test_another_account_s_root_is_not_opened_by_the_same_pin(
    owner: Owner, shared_server: Server, hostile: Hostile, tmp_path: Path
) -> None:
    home = tmp_path / "home of another"
    home.mkdir()
    other = Owner(shared_server, hostile, Cli(home)).meta()
    owner.cli.ok("lock")
    mine = {name: other[name] for name in ("root_salt", "wrapped_root", "root_version")}

    for root in (mine, {**mine, "account_uuid": other["account_uuid"]}):
        with owner.hostile.lying(rows_changed(ENCRYPTION, saying(**root))):
            result = owner.cli.run("unlock", *owner.pin)

        assert result.code in (10, 1), str(result)
        silent(result)
        assert "root_key" not in owner.saved()


def test_an_upgraded_account_is_never_taken_for_an_old_one_again(
    shared_server: Server, hostile: Hostile, cli: Cli, tmp_path: Path
) -> None:
    """A server has old backups. The old keys in them are good ones, and it knows the PIN by now."""
    owner = Owner(shared_server, hostile, cli, published=True)
    assert owner.old
    before = owner.meta()
    agent = acting(cli, tmp_path / "agent")
    agent.ok("secrets", "set", "API_KEY", "--stdin", stdin="a value that is the agent's")
    cli.ok("vault", "upgrade", *owner.pin)
    after = owner.meta()
    assert (before["format"], after["format"], after["upgrading"]) == (1, 2, False)
    kept = {name: before[name] for name in ("salt", "verifier", "public_key")}
    planted = owner.old.seal("planted by the server")
    lies = [
        rows_changed(SECRETS, lambda rows: rows[0].update(value=planted)),
        rows_changed(ENCRYPTION, saying(upgrading=True, **kept)),
    ]

    for locked in (False, True):
        if locked:
            cli.ok("lock")
        saved = owner.saved()
        with hostile.lying(*lies):
            results = [cli.run("unlock", *owner.pin), cli.run("vault", "upgrade", *owner.pin)]
            read = agent.run("secrets", "get", "API_KEY")
            assert {asked.method for asked in hostile.asked} == {"GET"}
        for result in results:
            contradicted(result)
        assert read.code == 10, str(read)
        assert "planted" not in read.stdout + read.stderr
        assert owner.saved() == saved
    with hostile.lying(rows_changed(ENCRYPTION, saying(**{**before, **OLD, **kept}))):
        contradicted(cli.run("unlock", *owner.pin))
    cli.ok("unlock", *owner.pin)
    assert agent.ok("secrets", "get", "API_KEY", "--plain").stdout == "a value that is the agent's"
