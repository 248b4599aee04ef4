"""kill -9 in the middle of commits: whatever was acknowledged is there, and the file is sound."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ravi.server.db import open_database
from tests.support.databases import MakeDatabase
from tests.support.rows import names

WRITER = """
import asyncio, sys
from ravi.server.db import open_database
from tests.support.rows import write_alone

async def write_for_ever(db, writer):
    number = 0
    while True:
        name = f"{writer}-{number}"
        await write_alone(db, name)
        print(name, flush=True)  # the acknowledgement
        number += 1

async def main():
    db = await open_database(sys.argv[1])
    await asyncio.gather(*(write_for_ever(db, writer) for writer in range(20)))

asyncio.run(main())
"""


@pytest.mark.parametrize("enough", [1, 100, 777])
async def test_every_acknowledged_row_survives_kill_9(make_database: MakeDatabase, dialect: str, enough: int) -> None:
    url = make_database()
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, url],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process:
        acknowledged = [process.stdout.readline().strip() for _ in range(enough)]
        process.send_signal(signal.SIGKILL)
        # What it had already said when it died counts too; a last line may be cut short.
        rest = process.stdout.read()
    acknowledged += rest[: rest.rfind("\n") + 1].split()
    assert process.returncode == -signal.SIGKILL

    database = await open_database(url)
    try:
        stored = await names(database)
        if dialect == "sqlite":
            assert await database.one("PRAGMA integrity_check") == ("ok",)
    finally:
        await database.close()
    assert len(acknowledged) >= enough
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
