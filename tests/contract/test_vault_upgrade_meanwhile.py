"""While an account is upgraded, others write: the published client, and machines with the old root or the new."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from ravi.client.core import Exchange
from ravi.client.nouns.vault import _identity_key
from ravi.errors import VaultKeyDiffers, VaultLocked, VaultNotUpgraded, VaultSetUp, VaultUnreadable
from ravi.settings.vault_keys import find_root
from tests.support import published_client
from tests.support.machine import Killed, is_request
from tests.support.old_account import SEALED, Old, account, check, filled, unlocking, upgrading
from tests.support.world import World


@pytest.fixture
async def old(world: World, tmp_path: Path) -> Old:
    return await account(world, tmp_path, 0)


@pytest.fixture
async def full(old: Old) -> Old:
    return await filled(old)


async def test_values_that_are_written_meanwhile_are_sealed_anew_as_well(full: Old) -> None:
    """Before every request of the upgrade a v0.5.2 client writes a new secret, and changes one that is there."""
    written: dict[str, str] = {}
    row = await full.write("BUSY", "0")

    async def meanwhile(number: int, step: Any) -> None:
        if isinstance(step, Exchange) and number < 40:
            key = f"WHILE_{number}"
            written[key] = written["BUSY"] = f"value-{number}"
            await full.write(key, written[key])
            busy = {"value": published_client.seal(full.private, written["BUSY"])}
            path = f"/api/secrets/{row['uuid']}/"
            answer = await full.owner.send("PATCH", path, busy, x_ravi_identity=full.mine)
            assert answer.status_code == 200

    machine = full.machine()
    await machine.run(upgrading(), before=meanwhile)

    assert len(written) > 20
    found = await full.read(machine)
    assert {key: found[key, "value"] for key in written} == {key: [value] for key, value in written.items()}
    assert not (await full.meta())["upgrading"]


async def test_a_client_that_never_stops_is_named_as_the_reason(full: Old) -> None:
    number = itertools.count()

    async def meanwhile(_: int, step: Any) -> None:
        if is_request(step, "POST", "/api/encryption/upgraded/") or is_request(step, "PUT", SEALED):
            await full.write(f"WHILE_{next(number)}", "x")

    with pytest.raises(VaultNotUpgraded, match="keeps writing"):
        await full.machine().run(upgrading(), before=meanwhile)

    assert (await full.meta())["upgrading"]
    assert (await full.machine().run(upgrading()))["upgraded"]


class TestOtherMachines:
    async def test_what_ours_wrote_before_the_upgrade_is_sealed_anew(self, full: Old) -> None:
        first = full.machine()
        await first.run(unlocking())
        await full.write_with_ours(first, "BY_OURS", "sk-3")

        await first.run(upgrading())

        assert (await full.read(first))["BY_OURS", "value"] == ["sk-3"]

    async def test_a_machine_that_slept_through_it_can_neither_write_nor_is_it_believed(self, full: Old) -> None:
        asleep = full.machine("asleep")
        await asleep.run(unlocking())
        await full.machine().run(upgrading())

        with pytest.raises(VaultLocked, match="upgraded on another machine"):
            await full.write_with_ours(asleep, "LATE", "x")
        with pytest.raises(VaultUnreadable, match="does not open"):
            await full.read(asleep)
        with pytest.raises(VaultLocked):  # the PIN alone is of no use any more
            await asleep.run(unlocking())

    async def test_it_neither_hands_a_key_out_nor_registers_one(self, full: Old) -> None:
        asleep = full.machine("asleep")
        await asleep.run(unlocking())
        await full.machine().run(upgrading())
        made = await full.post("/api/identities/", {"name": "made elsewhere"}, identity="")

        for uuid in (full.mine, made["uuid"]):
            with pytest.raises(VaultLocked, match="upgraded on another machine"):
                await asleep.run(lambda core, uuid=uuid: _identity_key(core, uuid))
        assert (await full.owner.get(f"/api/identities/{made['uuid']}/")).json()["public_key"] is None

    async def test_asking_it_to_upgrade_makes_it_forget_the_old_root(self, full: Old) -> None:
        asleep = full.machine("asleep")
        await asleep.run(unlocking())
        await full.machine().run(upgrading())

        assert (await asleep.run(upgrading()))["resealed"] == 0

        held = find_root(asleep.core().settings)
        assert (held.root_key, held.legacy_seed) == (None, None)

    async def test_it_is_refused_from_the_moment_that_the_new_keys_are_registered(self, full: Old) -> None:
        """Also a machine that has asked just before, and found that there was no other root."""
        asleep = full.machine("asleep")
        await asleep.run(unlocking())
        await full.write_with_ours(asleep, "EARLY", "x")

        async def meanwhile(_: int, step: Any) -> None:
            if is_request(step, "PUT", "/api/secrets/LATE/"):
                with pytest.raises(Killed):
                    await full.machine().run(upgrading(), kill_before=await step_of(full, "GET", SEALED))

        with pytest.raises(VaultKeyDiffers):
            await full.write_with_ours(asleep, "LATE", "x", before=meanwhile)

    async def test_it_does_not_give_an_identity_that_has_no_key_the_old_one(self, full: Old) -> None:
        asleep = full.machine("asleep")
        await asleep.run(unlocking())
        await full.machine().run(upgrading())
        made = await full.post("/api/identities/", {"name": "made by an SDK"}, identity="")

        with pytest.raises(VaultLocked):
            await full.write_with_ours(asleep, "LATE", "x", made["uuid"])

        await full.write_with_ours(full.machine(), "IN_TIME", "y", made["uuid"])

    async def test_what_it_writes_in_the_last_moment_is_not_lost(self, full: Old) -> None:
        """To an identity that has no key yet, after the root was replaced and before the new keys are registered."""
        first, asleep = full.machine(), full.machine("asleep")
        await asleep.run(unlocking())
        made = await full.post("/api/identities/", {"name": "late"}, identity="")
        number = await step_of(full, "PUT", "/api/vault/public-keys/")

        async def meanwhile(_: int, step: Any) -> None:
            if is_request(step, "PUT", "/api/secrets/LATE/"):
                with pytest.raises(Killed):
                    await first.run(upgrading(), kill_before=number)

        await full.write_with_ours(asleep, "LATE", "sk-9", made["uuid"], before=meanwhile)
        assert (await full.meta())["upgrading"]
        await first.run(upgrading())

        assert (await full.read(first))["LATE", "value"] == ["sk-9"]

    async def test_two_machines_at_once_end_with_one_vault(self, full: Old) -> None:
        first, second, told = full.machine(), full.machine("second"), []

        async def meanwhile(_: int, step: Any) -> None:
            if is_request(step, "PUT", SEALED) and not (second.home / "done").exists():
                (second.home / "done").touch()
                await second.run(upgrading(code=told[0]))

        assert (await first.run(upgrading(told=told), before=meanwhile))["upgraded"]

        for machine in (first, second):
            check(await full.read(machine))

    async def test_of_two_that_begin_at_once_the_slower_is_told_and_its_code_is_not_kept(self, full: Old) -> None:
        first, second, told = full.machine(), full.machine("second"), []

        async def meanwhile(_: int, step: Any) -> None:
            if is_request(step, "PUT", "/api/encryption/root/"):
                await second.run(upgrading(told=told))

        with pytest.raises(VaultSetUp):
            await first.run(upgrading(told=told), before=meanwhile)

        assert len(told) == 1
        assert "secret_key" not in (first.home / ".ravi" / "auth.json").read_text()


async def step_of(old: Old, method: str, path: str) -> int:
    """The number of the step of an upgrade of another such account that sends this request first."""
    found: list[int] = []
    other = await account(old.world, old.folder / "other", 99)
    await other.machine().run(
        upgrading(), before=lambda number, step: found.append(number) if is_request(step, method, path) else None
    )
    return found[0]
