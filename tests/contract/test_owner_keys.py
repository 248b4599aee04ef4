"""The owner's keys against the real application, and machines that are ended before every step of theirs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ravi.client import owner_keys, rewrapping
from ravi.client.core import Core
from ravi.client.nouns import vault
from ravi.errors import VaultChanged, VaultLocked, VaultPinWrong, VaultSetUp
from ravi.settings.vault_keys import find_root
from tests.support.machine import Killed, Machine, is_request
from tests.support.world import Actor, World

PIN, NEW_PIN = "sesame-7", "sesame-8"


@pytest.fixture
def machine(world: World, tmp_path: Path) -> Callable[..., Machine]:
    """`machine("first", owner)` is one of the owner's machines; the same name is the same machine."""

    def make(name: str = "first", owner: Actor = world.ada) -> Machine:
        assert owner.token
        return Machine(world.client, owner.token, tmp_path / name)

    return make


async def fresh_owner(world: World, number: int) -> Actor:
    account = await world.services.auth.add_account(f"owner-{number}@example.org", "Ada", "")
    return Actor(world.client, (await world.services.auth.sign_in(account.id, "test")).access)


def set_up(pin: str = PIN) -> Any:
    return lambda core: vault._set_up(core, pin)


def unlock(pin: str = PIN, code: str | None = None) -> Any:
    return lambda core: vault._unlock(core, pin, code)


def renew(core: Core) -> Any:
    return vault._new_recovery_code(core, PIN, None)


def change(core: Core) -> Any:
    return vault._change_pin(core, PIN, NEW_PIN, None)


def root_of(machine: Machine) -> bytes | None:
    return find_root(machine.core().settings).root_key


async def test_pin_and_recovery_code_open_the_same_root_on_another_machine(world: World, machine) -> None:
    code = await machine().run(set_up())
    meta = (await world.ada.get("/api/encryption/")).json()
    assert (meta["format"], meta["root_version"], meta["upgrading"]) == (2, 1, False)

    other = machine("second")
    with pytest.raises(VaultLocked):
        await other.run(unlock())
    await other.run(unlock(code=code))

    assert root_of(other) == root_of(machine()) is not None


async def test_what_is_registered_lets_the_identity_seal(world: World, machine) -> None:
    await machine().run(set_up())

    assert await machine().run(rewrapping.register_public_keys) == 2
    assert await machine().run(rewrapping.register_public_keys) == 0

    key = await machine().run(lambda core: vault._identity_key(core, world.mine["uuid"]))
    shown = (await world.ada.get(f"/api/identities/{world.mine['uuid']}/")).json()
    assert key["identity_uuid"] == world.mine["uuid"]
    assert shown["public_key"]


async def test_an_identitys_own_key_cannot_open_the_account(world: World, machine) -> None:
    await machine().run(set_up())

    with pytest.raises(VaultLocked, match="one identity's own"):
        await machine("agent", world.agent).run(unlock())


async def test_of_two_machines_that_set_up_at_once_one_wins_and_the_other_is_told(world: World, machine) -> None:
    first, second = machine("first"), machine("second")

    async def overtake(_: int, step: Any) -> None:
        if is_request(step, "PUT", "/api/encryption/root/"):
            await second.run(set_up(NEW_PIN))

    with pytest.raises(VaultSetUp):
        await first.run(set_up(), before=overtake)

    await second.run(unlock(NEW_PIN))
    assert root_of(first) is None


async def test_of_two_changes_at_once_one_wins_and_the_other_changes_nothing(world: World, machine) -> None:
    first, second = machine("first"), machine("second")
    code = await first.run(set_up())
    await second.run(unlock(code=code))

    async def overtake(_: int, step: Any) -> None:
        if is_request(step, "PUT", "/api/encryption/root/"):
            await second.run(change)

    with pytest.raises(VaultChanged):
        await first.run(renew, before=overtake)

    await first.run(unlock(NEW_PIN))
    assert [saved.is_pending for saved in first_codes(first)] == [False]


async def test_a_new_code_is_wanted_by_machines_that_have_the_old_one(world: World, machine) -> None:
    first, second = machine("first"), machine("second")
    old = await first.run(set_up())
    await second.run(unlock(code=old))
    kept = root_of(second)

    new = await first.run(renew)

    assert root_of(second) == kept  # it goes on
    with pytest.raises(VaultPinWrong, match="renewed on another machine"):
        await second.run(unlock())
    await second.run(unlock(code=new))
    await second.run(unlock())
    assert root_of(second) == kept


class TestCutOff:
    """`kill -9` before each step: what is on disk and what the server has must always open the vault again."""

    async def test_while_it_is_set_up(self, world: World, machine) -> None:
        async def look(owner: Actor, again: Machine) -> None:
            meta = (await owner.get("/api/encryption/")).json()
            if meta["format"] == 0:
                await again.run(set_up())
            await again.run(unlock())

        assert await self.each_step(world, machine, set_up(), look, prepared=False) >= 5

    async def test_while_the_recovery_code_is_replaced(self, world: World, machine) -> None:
        async def look(owner: Actor, again: Machine) -> None:
            await again.run(unlock())

        assert await self.each_step(world, machine, renew, look) >= 6

    async def test_while_the_pin_is_changed(self, world: World, machine) -> None:
        async def look(owner: Actor, again: Machine) -> None:
            try:
                await again.run(unlock(NEW_PIN))
            except VaultPinWrong:
                await again.run(unlock(PIN))

        assert await self.each_step(world, machine, change, look) >= 4

    async def each_step(self, world: World, machine: Any, steps: Any, look: Any, *, prepared: bool = True) -> int:
        """Kill *steps* before the first, the second … of them, then *look*; how many there are."""
        for number in range(1, 50):
            owner = await fresh_owner(world, number)
            it = machine(f"machine-{number}", owner)
            root = None
            if prepared:
                await it.run(set_up())
                root = root_of(it)
            try:
                await it.run(steps, kill_before=number)
            except Killed:
                await look(owner, it)
            else:
                return number - 1
            assert root_of(it) is not None
            assert root in (None, root_of(it))
            # Whatever was pending is sorted out, and the code that is left is the right one on any machine.
            (saved,) = [each for each in first_codes(it) if not each.is_pending]
            other = machine(f"other-{number}", owner)
            try:
                await other.run(unlock(PIN, saved.code))
            except VaultPinWrong:
                await other.run(unlock(NEW_PIN, saved.code))
            assert root_of(other) == root_of(it)
        raise AssertionError("it never came to its end")


def first_codes(machine: Machine) -> list[Any]:
    """The recovery codes on *machine*, of the one account that it knows."""
    settings = machine.core().settings
    data = json.loads((machine.home / ".ravi" / "auth.json").read_text())
    accounts = {data.get("vault_account"), *data.get("pending_secret_keys", {})} - {None}
    return [saved for account in accounts for saved in owner_keys.find_codes(settings, account)]
