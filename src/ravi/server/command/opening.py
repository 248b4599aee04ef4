"""Opening the data directory and the database, with errors that an operator can act on."""

import contextlib
import logging
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

from ravi.errors import ConfigError
from ravi.server.audit import Audit
from ravi.server.auth import Auth
from ravi.server.command.modes import close_database, require_private
from ravi.server.db import Database, DatabaseBusy, DatabaseUnavailable, SchemaTooNew, open_database
from ravi.server.events import Events
from ravi.server.http.origin import Origin, acting
from ravi.settings.server import DatabaseUrl, ServerSettings

log = logging.getLogger("ravi.start")

#: How long a PostgreSQL server may take to answer before we say that it does not.
PATIENCE_SECONDS = 5


def now() -> datetime:
    """The time of day; everything that is built takes it from here."""
    return datetime.now(UTC)


@contextlib.asynccontextmanager
async def opened(settings: ServerSettings) -> AsyncIterator[Database]:
    """Open the database for one command, migrated. Raises ConfigError or DatabaseUnavailable with a hint."""
    prepare(settings)
    with explained(settings.database):
        await require_answer(settings.database)
        database = await open_database(settings.database.reveal(), pool_size=2)
    try:
        with explained(settings.database), acting(Origin("operator")):
            yield database
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def opened_accounts(settings: ServerSettings) -> AsyncIterator[Auth]:
    """Open the database and what looks after its accounts."""
    async with opened(settings) as database:
        yield accounts_on(database)


def accounts_on(database: Database) -> Auth:
    """Return what looks after the accounts in an open database."""
    return Auth(database, Events(database, Audit(database, now), now), now)


def prepare(settings: ServerSettings) -> None:
    """
    Make the data directory, and that of a SQLite file, if they are not there.

    A directory that exists keeps its mode: it may be somebody's home. Raises ConfigError when one cannot be made, or
    when other users could change what is in it (`require_private`).
    """
    file = settings.database.file
    for directory in dict.fromkeys([settings.data, *([file.parent] if file else [])]):
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            raise ConfigError(
                f"cannot make the directory {directory}: {(fault.strerror or 'no reason given').lower()}",
                hint="choose one that this user may write to with --data DIR",
            ) from fault
        if directory.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            log.warning("others may enter the data directory", extra={"hint": f"chmod 700 {directory}"})
    require_private(settings)
    if file:
        close_database(file)


@contextlib.contextmanager
def explained(url: DatabaseUrl) -> Iterator[None]:
    """Turn what goes wrong with the database into an error that says where, and what to do."""
    try:
        yield
    except SchemaTooNew as reason:
        raise ConfigError(
            f"this release cannot use {url}: {reason}", hint="start the release that wrote it, or a newer one"
        ) from reason
    except DatabaseBusy as busy:
        raise DatabaseBusy(f"{busy.message} ({url})", hint="try again when it has finished") from busy
    except DatabaseUnavailable as fault:
        raise DatabaseUnavailable(f"{fault.message} ({url})", hint=fault.hint or _hint(url)) from fault
    except OSError as fault:
        raise ConfigError(f"{url}: {(fault.strerror or 'no reason given').lower()}", hint=_hint(url)) from fault


async def require_answer(url: DatabaseUrl) -> None:
    """
    Connect to PostgreSQL once; for SQLite there is nobody to ask.

    The pool tries again for ten seconds and then only knows that time is up; one connection of our own knows
    why. Raises DatabaseUnavailable.
    """
    if url.file is not None:
        return
    import psycopg  # 50 ms that a server on SQLite need not spend

    try:
        connection = await psycopg.AsyncConnection.connect(url.reveal(), connect_timeout=PATIENCE_SECONDS)
        await connection.close()
    except psycopg.OperationalError as fault:
        # The first line has host, port, user and reason; libpq never repeats a password.
        reason = (str(fault).splitlines() or ["no reason given"])[0].strip()
        raise DatabaseUnavailable(f"the database cannot be reached: {reason}") from fault
    except psycopg.ProgrammingError:
        # This text may quote what it did not understand, which may be part of a password; so does its cause.
        raise DatabaseUnavailable(
            "the database's URL cannot be understood",
            hint="escape special characters in the password, such as / @ and #, as %2F %40 %23",
        ) from None


def _hint(url: DatabaseUrl) -> str:
    if url.file is not None:
        return f"check the disk, and who may write to {url.file.parent}"
    return "check that PostgreSQL runs, that the database exists, and the user and password in --database"
