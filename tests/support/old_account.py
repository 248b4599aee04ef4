"""Accounts that the published client v0.5.2 set up, on the app in process, and the steps of upgrading them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from nacl.public import PrivateKey

from ravi.client.keyring import open_vault
from ravi.client.nouns import upgrade
from ravi.client.nouns.secrets import _set
from ravi.client.owner_keys import keep, open_root
from tests.support import published_client
from tests.support.machine import Machine
from tests.support.world import Actor, World

PIN = "123456"
SEALED = "/api/vault/sealed/"


@dataclass
class Old:
    """An account as the published client left it, with entries of both of its identities."""

    world: World
    folder: Path
    owner: Actor
    private: PrivateKey
    mine: str = ""
    sibling: str = ""

    def machine(self, name: str = "first") -> Machine:
        """One of the owner's machines; the same name is the same machine."""
        assert self.owner.token
        return Machine(self.world.client, self.owner.token, self.folder / name)

    async def post(self, path: str, body: Any, *, status: int = 201, identity: str | None = None) -> Any:
        answer = await self.owner.send("POST", path, body, x_ravi_identity=identity or self.mine)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def write(self, key: str, value: str, **more: Any) -> Any:
        """A secret as the published client makes one."""
        body = {"key": key, "value": published_client.seal(self.private, value)}
        return await self.post("/api/secrets/", body, **more)

    async def write_with_ours(
        self, machine: Machine, key: str, value: str, identity: str | None = None, **more: Any
    ) -> None:
        """A secret as our client makes one on *machine*, which must be unlocked; *more* is for `Machine.run`."""
        await machine.run(lambda core: _set(core, key, value, None), identity=identity or self.mine, **more)

    async def rows(self) -> list[Any]:
        """Everything that is sealed in the account."""
        answer = await self.owner.get(SEALED)
        assert answer.status_code == 200, answer.text
        return answer.json()["records"]

    async def meta(self) -> Any:
        return (await self.owner.get("/api/encryption/")).json()

    async def read(self, machine: Machine) -> dict[tuple[str, str], list[str]]:
        """What *machine* opens: texts by entry and field, several where there are former versions."""
        settings = machine.core().settings
        found: dict[tuple[str, str], list[str]] = {}
        for row in await self.rows():
            vault = open_vault(settings, row["identity_uuid"])
            for name, text in row["fields"].items():
                opened = vault.open(row["kind"], row["entry"], name, text)
                found.setdefault((row["entry"], name), []).append(opened)
        return found


@cache
def _vault() -> tuple[PrivateKey, dict[str, str]]:
    """One for all accounts: it takes a while to make, and none is compared with another."""
    return published_client.new_vault(PIN)


async def account(world: World, folder: Path, number: int) -> Old:
    """Another account of that kind, its vault still empty."""
    folder.mkdir(exist_ok=True)
    made = await world.services.auth.add_account(f"owner-{number}@example.org")
    owner = world.with_token((await world.services.auth.sign_in(made.id, "test")).access)
    private, metadata = _vault()
    assert (await owner.send("PATCH", "/api/encryption/", metadata)).status_code == 200
    old = Old(world, folder, owner, private)
    old.mine, old.sibling = [
        (await old.post("/api/identities/", {"name": name}, identity=""))["uuid"] for name in ("mine", "sibling")
    ]
    return old


async def filled(old: Old) -> Old:
    """... with a secret and a password that was changed of one identity, and a secret of another."""
    await old.write("API_KEY", "sk-1")
    await old.write("EMPTY", "")
    await old.write("OTHER", "sk-2", identity=old.sibling)
    seal = partial(published_client.seal, old.private)
    body = {"uuid": "", "domain": "example.com", "username": seal("ada"), "password": seal("first"), "notes": ""}
    path = f"/api/passwords/{(await old.post('/api/passwords/', body))['uuid']}/"
    assert (await old.owner.send("PATCH", path, {"password": seal("second")})).status_code == 200
    return old


def upgrading(
    *,
    pin: str = PIN,
    code: str | None = None,
    leave: bool = False,
    told: list[str] | None = None,
    seen: list[Any] | None = None,
) -> Callable[[Any], Any]:
    """The steps of an upgrade; *told* gets the recovery code, *seen* the progress."""
    return lambda core: upgrade.upgrade(
        core,
        pin,
        code,
        leave_unreadable=leave,
        begun=None if told is None else told.append,
        progress=None if seen is None else seen.append,
    )


def unlocking(code: str | None = None) -> Callable[[Any], Any]:
    """The steps of `ravi unlock`."""

    def steps(core: Any) -> Any:
        opened = yield from open_root(core, PIN, code)
        yield from keep(core, opened)

    return steps


EXPECTED = {
    ("API_KEY", "value"): ["sk-1"],
    ("OTHER", "value"): ["sk-2"],
    "username": ["ada", "ada"],
    "password": ["second", "first"],
    "site": ["example.com"],
}


def check(found: dict[Any, list[str]]) -> None:
    """The account as `full` made it, all of it opened."""
    assert {key if len(key[0]) < 36 else key[1]: texts for key, texts in found.items()} == EXPECTED
