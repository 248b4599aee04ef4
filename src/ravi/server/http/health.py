"""
Is the process there, and can it do its work?

`/healthz` answers as long as the event loop turns: restart the process when it does not. `/readyz` asks the
database by a real query: send no traffic while it refuses. Neither asks for a credential or tells anything else.
"""

import asyncio
from pathlib import Path
from typing import Literal, TypedDict

from ravi.server.db import Database, DatabaseUnavailable
from ravi.server.http.routing import Routes
from ravi.wire import paths

routes = Routes("health")

#: A load balancer gives up after a few seconds; the pool of connections alone would wait for ten.
PATIENCE_SECONDS = 3.0


class Health(TypedDict):
    status: Literal["ok"]


class Readiness:
    """Knows whether the database can be used. *file* is that of a SQLite database."""

    def __init__(self, db: Database, file: Path | None = None) -> None:
        self._db = db
        self._file = file
        self._inode = file.stat().st_ino if file else None

    async def check(self) -> None:
        """Raises DatabaseUnavailable unless the database answers a real query in time."""
        # An open file that was deleted or replaced still answers, from a copy that ends with this process.
        if self._file is not None and self._inode != _inode(self._file):
            raise DatabaseUnavailable("the database's file is gone or was replaced", hint="restore it and restart")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._db.ping()
        except TimeoutError:
            raise DatabaseUnavailable(f"the database did not answer within {PATIENCE_SECONDS:.0f} seconds") from None


@routes.get(paths.HEALTHZ, scope=None, unlimited=True)
async def healthz() -> Health:
    """Tell that the process runs."""
    return {"status": "ok"}


@routes.get(paths.READYZ, scope=None, unlimited=True)
async def readyz(readiness: Readiness) -> Health:
    """Tell whether requests can be served: 503 while the database cannot be used."""
    await readiness.check()
    return {"status": "ok"}


def _inode(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except OSError:
        return None
