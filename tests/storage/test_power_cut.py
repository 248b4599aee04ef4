"""
The power fails at the moment of an answer: what was answered is on the disk, and not on its way there.

Killing a process proves nothing about this, because the system still has what the process wrote. Here a file system
between SQLite and the disk keeps, for each file, what was there at its last sync: nothing else outlives a power cut.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from ravi.server.db import Database, log_sync, open_database
from tests.support.databases import MakeDatabase
from tests.support.rows import names, write_alone

only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
only_postgres = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
BELOW = apsw.vfs_names()[0]


class Disk(apsw.VFS):
    """Passes everything on; `safe` has the bytes of each file as they were when its last sync began."""

    def __init__(self) -> None:
        self.safe: dict[str, bytes] = {}
        super().__init__("disk-of-a-test", BELOW, makedefault=True)

    def xOpen(self, name: "str | apsw.URIFilename | None", flags: list[int]) -> "File":
        return File(self, name, flags)

    def sync_log(self, file: int) -> None:
        """Stands for `log_sync.datasync`: what waits for the disk beside SQLite."""
        for path in list(self.safe):
            if os.path.exists(path) and os.path.samestat(os.stat(path), os.fstat(file)):
                self.sync(path, lambda: os.fsync(file))

    def sync(self, path: str, wait: Callable[[], None]) -> None:
        written = Path(path).read_bytes()
        wait()
        self.safe[path] = written

    def after_a_power_cut(self, path: Path, elsewhere: Path) -> str:
        """Write what is left of the database in *path* to *elsewhere*, and return its URL."""
        for end in ("", "-wal"):
            Path(f"{elsewhere}{end}").write_bytes(self.safe.get(f"{path}{end}", b""))
        return f"sqlite://{elsewhere}"


class File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: "str | apsw.URIFilename | None", flags: list[int]) -> None:
        self._disk = disk
        self._path = str(name.filename() if isinstance(name, apsw.URIFilename) else name)
        disk.safe.setdefault(self._path, b"")
        super().__init__(BELOW, name, flags)

    def xSync(self, flags: int) -> None:
        self._disk.sync(self._path, lambda: super(File, self).xSync(flags))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk()
    monkeypatch.setattr(log_sync, "datasync", disk.sync_log)
    try:
        yield disk
    finally:
        disk.unregister()


@only_sqlite
async def test_what_was_answered_outlives_a_power_cut(make_database: MakeDatabase, disk: Disk, tmp_path: Path) -> None:
    url = make_database(migrated=False)
    path = Path(url.removeprefix("sqlite://"))
    database = await open_database(url)
    answered: list[str] = []
    cuts: list[tuple[list[str], str]] = []

    async def write_one(number: int) -> None:
        await write_alone(database, f"row {number:03}")
        # Nothing is awaited between the answer and the cut.
        answered.append(f"row {number:03}")
        cuts.append((list(answered), disk.after_a_power_cut(path, tmp_path / f"left-{number}.db")))

    try:
        await write_one(0)
        await asyncio.gather(*(write_one(number) for number in range(1, 20)))
        await database.forget()  # the log is moved into the database, and begins anew
        cuts.append((list(answered), disk.after_a_power_cut(path, tmp_path / "left-when-emptied.db")))
        await write_one(20)
        await asyncio.gather(*(write_one(number) for number in range(21, 40)))
    finally:
        await database.close()

    disk.unregister()
    for there, left in cuts:
        survivor = await open_database(left)
        try:
            assert set(there) <= set(await names(survivor))
        finally:
            await survivor.close()


@only_postgres
async def test_postgresql_waits_for_its_disk(db: Database) -> None:
    """The rest is PostgreSQL's own: nothing of ours asks it for less than what its operator has set."""
    assert await db.one("SHOW synchronous_commit") == ("on",)
    async with db.begin() as tx:
        assert await tx.one("SHOW synchronous_commit") == ("on",)
