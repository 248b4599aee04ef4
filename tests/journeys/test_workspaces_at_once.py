"""Fifty workspaces are bound by fifty processes at once, some of which are killed, and then by fifty more."""

import random
import subprocess
import time
from pathlib import Path

from tests.support.cli import Cli
from tests.support.workspaces import binding, identities

COUNT = 50
PATIENCE = 120.0


def ends(processes: list["subprocess.Popen[str]"]) -> list[int]:
    """Wait for all of *processes*, and return their exit codes."""
    deadline = time.monotonic() + PATIENCE
    for process in processes:
        process.communicate(timeout=max(1.0, deadline - time.monotonic()))
    return [process.returncode for process in processes]


def test_fifty_at_once_twice_with_kills_in_between_are_fifty_identities(owner: Cli, tmp_path: Path) -> None:
    folders = [tmp_path / "fleet" / f"agent-{number}" for number in range(COUNT)]
    for folder in folders:
        folder.mkdir(parents=True)
    dice = random.Random(50)

    first = [owner.start("workspace", "ensure", folder, "--json") for folder in folders]
    for victim in dice.sample(first, 15):
        time.sleep(dice.uniform(0.0, 0.4))
        victim.kill()
    codes = ends(first)
    assert set(codes) <= {0, -9}
    interrupted = len(identities(owner))
    second = [owner.start("workspace", "ensure", folder, "--json") for folder in folders]
    assert ends(second) == [0] * COUNT

    bound = [binding(folder)["identity_uuid"] for folder in folders]
    found = identities(owner)
    assert len(set(bound)) == COUNT, "no identity has two workspaces"
    assert set(found) == set(bound), f"none is orphaned ({interrupted} after the kills)"
    assert {found[each]["workspace"]["path"] for each in bound} == {str(folder) for folder in folders}
    keys = [key for key in owner.json("keys", "list") if key["kind"] == "identity" and key["is_active"]]
    assert len(keys) == COUNT, "no key is left that nobody has"
    assert owner.json("workspace", "gc") == []
    assert len(identities(owner)) == COUNT
    some = owner.at(folders[dice.randrange(COUNT)])
    assert some.json("get", "email")["email"] == found[binding(some.cwd)["identity_uuid"]]["email"]
