"""Workspaces from Python, blocking and with asyncio: the same as from the command line."""

import sys
from pathlib import Path

from tests.support.cli import Cli
from tests.support.journey import run_script
from tests.support.workspaces import binding, identities

BLOCKING = """
from ravi import Client

with Client() as ravi:
    bound = ravi.workspaces.ensure("one", name="first", labels={"team": "a"}, env_file=".env")
    again = ravi.workspaces.ensure("one")
    assert (bound.status, again.status) == ("created", "unchanged")
    assert bound.identity["email"] == again.identity["email"]
    standing = ravi.workspaces.status("one")
    assert standing.healthy and standing.is_this_host
    released = ravi.workspaces.release("one")
    assert released.receipt["uuid"] == bound.identity_uuid
    assert not ravi.workspaces.release("one").was_bound
    assert ravi.workspaces.gc() == []
"""

ASYNCHRONOUS = """
import asyncio, shutil
from ravi import AsyncClient

async def main():
    async with AsyncClient() as ravi:
        same = await asyncio.gather(*(ravi.workspaces.ensure("one") for _ in range(8)))
        assert len({each.identity_uuid for each in same}) == 1
        assert sorted(each.status for each in same) == ["created"] + ["unchanged"] * 7
        many = await asyncio.gather(*(ravi.workspaces.ensure(f"many/{n}") for n in range(8)))
        assert len({each.identity_uuid for each in many}) == 8
        assert (await ravi.workspaces.status("one")).healthy
        await ravi.workspaces.release("one")
        shutil.rmtree("many/3")
        seen = []
        (orphan,) = await ravi.workspaces.gc(progress=lambda done, of: seen.append((done, of)))
        assert orphan.receipt["uuid"] == many[3].identity_uuid
        assert seen == [(1, 1)]

asyncio.run(main())
"""


def script(owner: Cli, tmp_path: Path, text: str) -> None:
    for name in ("one", *(f"many/{number}" for number in range(8))):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "script.py").write_text(text)
    done = run_script(owner.at(tmp_path), f"{sys.executable} script.py")
    assert done.code == 0, str(done)


def test_with_the_blocking_client(owner: Cli, tmp_path: Path) -> None:
    script(owner, tmp_path, BLOCKING)

    assert identities(owner) == {}


def test_with_asyncio_many_at_once(owner: Cli, tmp_path: Path) -> None:
    script(owner, tmp_path, ASYNCHRONOUS)

    bound = {binding(tmp_path / "many" / str(number))["identity_uuid"] for number in range(8) if number != 3}
    assert set(identities(owner)) == bound
