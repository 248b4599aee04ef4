"""An account of the published client is upgraded, step by step, on both engines, and cut off before every step."""

from pathlib import Path
from typing import Any

import pytest

from ravi.client.core import Exchange
from ravi.errors import VaultLocked, VaultPinWrong, VaultUnreadable
from ravi.settings.vault_keys import find_root
from tests.support import published_client
from tests.support.machine import Killed, Machine, is_request
from tests.support.old_account import PIN, SEALED, Old, account, check, filled, unlocking, upgrading
from tests.support.sealed import legacy, sealed
from tests.support.world import World


@pytest.fixture
async def old(world: World, tmp_path: Path) -> Old:
    return await account(world, tmp_path, 0)


@pytest.fixture
async def full(old: Old) -> Old:
    return await filled(old)


async def test_everything_is_sealed_anew_and_the_old_format_forgotten(full: Old) -> None:
    machine, told, seen = full.machine(), [], []
    before = {row["record"]: row["revision"] for row in await full.rows()}

    done = await machine.run(upgrading(told=told, seen=seen))

    assert done == {"upgraded": True, "resealed": 4, "unreadable": []}
    check(await full.read(machine))
    rows = await full.rows()
    assert all(text.startswith("e2e2::") for row in rows for text in row["fields"].values())
    assert all(row["revision"] == before[row["record"]] + 1 for row in rows if row["fields"])
    meta = await full.meta()
    assert (meta["format"], meta["upgrading"], meta["public_key"], meta["salt"]) == (2, False, None, None)
    assert len(told) == 1
    held = find_root(machine.core().settings)
    assert held.root_key is not None
    assert held.legacy_seed is None
    assert [(each.sweep, each.seen, each.resealed) for each in seen] == [(1, 5, 4), (2, 5, 4)]


async def test_the_new_root_is_not_made_of_the_pin(full: Old) -> None:
    machine = full.machine()
    await machine.run(unlocking())
    by_pin = find_root(machine.core().settings).root_key

    await machine.run(upgrading())

    assert by_pin is not None
    assert find_root(machine.core().settings).root_key not in (None, by_pin)


async def test_upgrading_twice_does_nothing_the_second_time(full: Old) -> None:
    await full.machine().run(upgrading())
    rows = await full.rows()

    assert (await full.machine().run(upgrading()))["resealed"] == 0
    assert await full.rows() == rows


async def test_a_wrong_pin_changes_nothing(full: Old) -> None:
    rows = await full.rows()

    with pytest.raises(VaultPinWrong):
        await full.machine().run(upgrading(pin="654321"))

    assert await full.rows() == rows
    assert not (await full.meta())["upgrading"]


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["sqlite"])  # the client takes the same steps, whatever the server's engine
@pytest.mark.parametrize("elsewhere", [False, True], ids=["the same machine", "another machine"])
async def test_cut_off_before_any_step_it_goes_on_where_it_was(world: World, tmp_path: Path, elsewhere: bool) -> None:
    for number in range(1, 200):
        old = await filled(await account(world, tmp_path / str(number), number))
        machine, told = old.machine(), list[str]()
        try:
            await machine.run(upgrading(told=told), kill_before=number)
        except Killed:
            pass
        else:
            break
        # A code that the first machine did not come to show is on that machine alone.
        code = told[0] if elsewhere and told else None
        if code is not None:
            machine = old.machine("second")
        assert (await machine.run(upgrading(code=code, told=told)))["upgraded"]
        if code is not None and find_root(machine.core().settings).root_key is None:
            await machine.run(unlocking(code))  # it was finished before, and there was nothing to open it for

        check(await old.read(machine))
        meta = await old.meta()
        assert (meta["format"], meta["upgrading"]) == (2, False)
        assert find_root(machine.core().settings).legacy_seed is None
        third = old.machine("third")
        await third.run(unlocking(told[-1]))  # what was shown last opens the vault where nothing is known
        check(await old.read(third))
    assert number > 15, "there are not so few steps: it was never cut off late"


async def test_while_it_is_unfinished_its_machine_opens_what_is_old_and_what_is_new(full: Old) -> None:
    """Cut off in the middle, with values of all three kinds, the vault goes on working for who began it."""
    machine = full.machine()
    await machine.run(unlocking())
    await full.write_with_ours(machine, "BY_OURS", "sk-3")

    def end(_: int, step: Any) -> None:
        if is_request(step, "PUT", SEALED):
            raise Killed

    with pytest.raises(Killed):
        await machine.run(upgrading(), before=end)
    await full.write_with_ours(machine, "AFTER", "sk-4")

    found = await full.read(machine)

    for key, value in {"BY_OURS": "sk-3", "AFTER": "sk-4", "API_KEY": "sk-1", "OTHER": "sk-2"}.items():
        assert found[key, "value"] == [value]


class TestUnreadable:
    @pytest.fixture
    async def broken(self, full: Old) -> Old:
        for key, text in (("BROKEN", legacy()), ("STRANGE", sealed())):
            await full.post("/api/secrets/", {"key": key, "value": text, "notes": ""})
        return full

    async def test_they_are_listed_and_nothing_is_finished_while_they_are_there(self, broken: Old) -> None:
        machine = broken.machine()

        with pytest.raises(VaultUnreadable, match="BROKEN") as caught:
            await machine.run(upgrading())

        place = {"identity_uuid": broken.mine, "kind": "secret", "field": "value"}
        assert caught.value.details == [{**place, "entry": "BROKEN"}, {**place, "entry": "STRANGE"}]
        assert "--leave-unreadable" in caught.value.hint
        assert (await broken.meta())["upgrading"]
        left = [row["entry"] for row in await broken.rows() if any("e2e::" in text for text in row["fields"].values())]
        assert left == ["BROKEN"]

    async def test_without_them_it_can_be_finished(self, broken: Old) -> None:
        with pytest.raises(VaultUnreadable):
            await broken.machine().run(upgrading())
        for key in ("BROKEN", "STRANGE"):
            answer = await broken.owner.send("DELETE", f"/api/secrets/{key}/", x_ravi_identity=broken.mine)
            assert answer.status_code == 204

        assert (await broken.machine().run(upgrading()))["unreadable"] == []
        check(await broken.read(broken.machine()))

    async def test_they_can_be_left_and_lose_nothing_and_stay_closed(self, broken: Old) -> None:
        before = {row["entry"]: row["fields"].get("value", "") for row in await broken.rows()}

        done = await broken.machine().run(upgrading(leave=True))

        assert [each["entry"] for each in done["unreadable"]] == ["BROKEN", "STRANGE"]
        assert not (await broken.meta())["upgrading"]
        after = {row["entry"]: row["fields"].get("value", "") for row in await broken.rows()}
        assert after["STRANGE"] == before["STRANGE"]
        assert after["BROKEN"] == "e2e2::" + before["BROKEN"].removeprefix("e2e::")
        with pytest.raises(VaultUnreadable):
            await broken.read(broken.machine())


async def test_what_takes_more_than_one_page_and_one_request_is_done_as_a_whole(old: Old) -> None:
    value = "x" * 60_000
    for number in range(70):
        await old.write(f"LARGE_{number}", value + str(number))

    machine, sizes = old.machine(), []
    done = await machine.run(
        upgrading(), before=lambda _, step: sizes.append(len(step.request.body or b"")) if has_body(step) else None
    )

    assert done["resealed"] == 70
    found = await old.read(machine)
    assert {key: texts for (key, _), texts in found.items()} == {
        f"LARGE_{number}": [value + str(number)] for number in range(70)
    }
    assert 1024 * 1024 < max(sizes) < 4 * 1024 * 1024


async def test_an_empty_account_is_upgraded_as_well(old: Old) -> None:
    machine = old.machine()

    assert await machine.run(upgrading()) == {"upgraded": True, "resealed": 0, "unreadable": []}
    await old.write_with_ours(machine, "NEW", "sk-4")
    assert (await old.read(machine))["NEW", "value"] == ["sk-4"]


async def test_the_published_client_cannot_set_its_own_vault_up_again(full: Old) -> None:
    await full.machine().run(upgrading())
    _, metadata = published_client.new_vault(PIN)

    answer = await full.owner.send("PATCH", "/api/encryption/", metadata)

    assert answer.status_code == 409
    refused = await full.owner.post("/api/secrets/", {"key": "OLD", "value": legacy()}, x_ravi_identity=full.mine)
    assert refused.status_code == 422
    assert refused.json()["code"] == "vault.plaintext_refused"


async def test_a_credential_of_one_identity_cannot_upgrade(full: Old) -> None:
    made = await full.post("/api/auth/keys/identity/", {"identity_uuid": full.mine}, identity="")
    machine = Machine(full.world.client, made["key"], full.folder / "agent")

    with pytest.raises(VaultLocked, match="one identity's own"):
        await machine.run(upgrading())


def has_body(step: Any) -> bool:
    return isinstance(step, Exchange) and step.request.body is not None
