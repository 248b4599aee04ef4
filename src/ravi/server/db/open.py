"""From a database URL to an open, migrated database."""

from pathlib import Path

from ravi.server.db.engine import Database
from ravi.server.db.errors import DatabaseUnavailable
from ravi.server.db.migrate import migrate
from ravi.server.db.sqlite import SqliteDatabase


async def open_database(url: str, *, pool_size: int = 8) -> Database:
    """
    Open *url* and bring its schema up to date.

    `sqlite:///absolute/path` makes the file (0600) if it is not there; `postgresql://…` needs an existing
    database. Raises DatabaseUnavailable, or SchemaTooNew when a newer release has written it.
    """
    if url.startswith("sqlite:///"):
        database: Database = SqliteDatabase(_private_file(url.removeprefix("sqlite://")))
    else:
        # Loaded here: the driver takes 50 ms, which a server on SQLite need not spend.
        from ravi.server.db.postgres import PostgresDatabase

        postgres = PostgresDatabase(url, pool_size=pool_size)
        await postgres.open()
        database = postgres
    try:
        await migrate(database)
    except BaseException:
        await database.close()
        raise
    return database


def _private_file(name: str) -> str:
    path = Path(name)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        path.chmod(0o600)  # it may have been copied here under a looser umask
    except OSError as fault:
        reason = (fault.strerror or "no reason given").lower()
        raise DatabaseUnavailable(f"the database's file cannot be made: {reason}") from fault
    return str(path)
