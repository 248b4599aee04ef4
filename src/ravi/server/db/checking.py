"""
Whether a SQLite file is whole, looked at before a server begins to work on it.

SQLite itself survives a crash and a power cut. What it cannot mend is a page that a failing disk, a copy of a file in
use or another program has changed: requests that never meet it go on, and each backup takes the damage along.
"""

import logging
from pathlib import Path

import apsw

from ravi.server.db.errors import DatabaseUnavailable

#: Looking at so much takes half a second, or as long as the disk takes to read it. More is not looked at.
LARGEST_BYTES = 1024**3

#: How long another process may keep the file locked.
BUSY_MS = 5000

log = logging.getLogger("ravi.db")


def require_whole(file: Path) -> None:
    """
    Look through every page of the database in *file*; a file that is missing or empty is whole.

    Raises DatabaseUnavailable when it is damaged. A file larger than `LARGEST_BYTES` is not looked at, which is logged.
    """
    size = file.stat().st_size if file.exists() else 0
    if size > LARGEST_BYTES:
        log.info("the database is too large to be looked through", extra={"bytes": size})
        return
    if not size:
        return
    try:
        # For writing, too: after a crash the log has to be recovered first.
        connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_timeout(BUSY_MS)
            found = connection.execute("PRAGMA quick_check(1)").fetchall()
        finally:
            connection.close()
    except apsw.CorruptError as fault:
        raise _damaged() from fault
    except apsw.Error as fault:
        raise DatabaseUnavailable(f"the database cannot be used: {type(fault).__name__}") from fault
    if found != [("ok",)]:
        raise _damaged()  # what was found may quote data, so it stays out


def _damaged() -> DatabaseUnavailable:
    return DatabaseUnavailable(
        "the database is damaged", hint="check the disk, keep a copy of the file, and restore a backup"
    )
