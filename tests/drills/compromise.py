"""
The compromise drill: a workspace with an identity's own key is in the hands of another Unix user, who tries everything.

What he reaches must be that identity and nothing else. Every attempt has its outcome written down (`attempts.py`), and
whatever he is shown is searched for what belongs to others.
"""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ravi.cli.table import COMMANDS
from tests.drills import attempts, intruder, other_user
from tests.drills.report import Row
from tests.drills.victims import Town, settle
from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.server import Server


@contextlib.contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that everybody may pass through: those of pytest are closed to other users."""
    folder = Path(tempfile.mkdtemp(prefix="ravi-drill-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def drill(server: Server, folder: Path) -> list[Row]:
    """Hand a workspace below *folder* (see `public_folder`) over and return how each attempt went."""
    town = settle(server, folder)
    paths: dict[str, Any] = Http(server.url).get("/api/schema/").json["paths"]
    routes = [
        {"method": method.upper(), "path": path, "public": not operation["security"]}
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]
    places = {
        "the owner's home": folder / "home-of-owner",
        "the neighbour's home": folder / "home-of-neighbour",
        "the server's data": server.data,
        "the server's database": server.data / "ravi.db",
    }
    assert (server.data / "ravi.db").exists()
    table = attempts.everything(town, routes, list(COMMANDS), places)
    before = _seen_by_owner(town)
    rows = judge(table, town, run(table, town, server, folder))
    unchanged = _seen_by_owner(town) == before
    rows.append(Row("others, afterwards", "as before", "as before" if unchanged else "changed", fine=unchanged))
    return rows


def run(table: list[attempts.Attempt], town: Town, server: Server, folder: Path) -> dict[int, Any]:
    """Carry the attempts out as another user; return the outcomes by their place in *table*."""
    python, environment = other_user.python_for_others(folder)
    script = folder / "intruder.py"
    shutil.copy(intruder.__file__, script)
    home = folder / "home-of-intruder"
    home.mkdir()
    for place in (home, town.workspace):
        other_user.hand_over(place)
    order = {
        "server": server.url,
        "uid": other_user.UID,
        "python": str(python),
        "attempts": [{"id": place, "do": each.do} for place, each in enumerate(table)],
    }
    done = subprocess.run(
        [python, script], user=other_user.UID, group=other_user.UID, extra_groups=[], cwd=town.workspace,
        env={**environment, "HOME": str(home), "PATH": os.defpath}, input=json.dumps(order), capture_output=True,
        text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"the intruder broke down:\n{done.stderr}"
    return {each["id"]: each for each in json.loads(done.stdout)}


def judge(table: list[attempts.Attempt], town: Town, outcomes: dict[int, Any]) -> list[Row]:
    """Compare what came back with what is written down, and look for what belongs to others in it."""
    rows = []
    for place, each in enumerate(table):
        outcome = outcomes[place]
        got, said = outcome["got"], outcome["said"]
        fine = got in each.expected and each.shows in said
        if each.shows and each.shows not in said:
            got += ", without what is its own"
        if leak := _leak(town, each, said):
            got, fine = f"{got}, shows {leak}", False
        if not fine:
            got += f": {said[-300:]!r}"
        rows.append(Row(each.what, _short(each.expected), got, outcome["seconds"], fine))
    return rows


def _leak(town: Town, attempt: attempts.Attempt, said: str) -> str:
    """What in *said* belongs to somebody else and was not part of the attempt itself."""
    asked = json.dumps(attempt.do).lower()
    low = said.lower()
    for victim in (town.sibling, town.foreign):
        for word in sorted(victim.words):
            if word.lower() in low and word.lower() not in asked:
                return f"{word!r} of {victim.name}"
    return next((what for what, secret in town.secrets.items() if secret.lower() in low), "")


def _short(expected: tuple[str, ...]) -> str:
    return " ".join(expected) if len(expected) < 4 else f"{expected[0]} … {expected[-1]}"


def _seen_by_owner(town: Town) -> list[Any]:
    """What the sibling has, which the attacker must not have changed; mail and texts may have come."""
    cli: Cli = town.owner.at(RAVI_IDENTITY=town.sibling.uuid)
    rows = [
        cli.json(*words)
        for words in (("secrets", "list"), ("passwords", "list"), ("totp", "list"), ("webhooks", "list"))
    ]
    shown = cli.json("identity", "show", town.sibling.uuid)
    return [*rows, shown["name"], shown["status"], len(cli.json("keys", "list", "--identity", town.sibling.uuid))]
