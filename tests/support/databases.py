"""Open, migrated databases on both engines, one per test, closed and thrown away afterwards."""

import asyncio
import contextvars
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest

from ravi.server.db import Database, open_database
from tests.support.postgres import Cluster

T = TypeVar("T")
Dialect = Literal["sqlite", "postgresql"]
TEMPLATE = "migrated"

#: Makes a database nobody else uses and returns its URL: empty, or with this release's schema.
MakeDatabase = Callable[..., str]


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Runs the test once for each engine."""
    return request.param


@pytest.fixture
def make_database(
    dialect: Dialect, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeDatabase]:
    """A function that makes a database of this engine and returns its URL; `migrated=False` for an empty one."""
    if dialect == "sqlite":
        folder = tmp_path_factory.mktemp("sqlite")
        yield lambda migrated=True: _sqlite(folder, migrated)
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    made: list[str] = []

    def make(migrated: bool = True) -> str:
        made.append(cluster.create(_template(cluster) if migrated else "template0"))
        return cluster.url(made[-1])

    yield make
    for name in made:
        cluster.drop(name)


@pytest.fixture
def database_url(make_database: MakeDatabase) -> str:
    """The URL of a fresh database with this release's schema, on each engine."""
    return make_database()


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A fresh, open, migrated database, on each engine."""
    database = await open_database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def sqlite_db(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """A fresh SQLite database, for what does not depend on the engine."""
    database = await open_database(_sqlite(tmp_path_factory.mktemp("sqlite"), migrated=False))
    yield database
    await database.close()


def _sqlite(folder: Path, migrated: bool) -> str:
    url = f"sqlite://{folder / uuid.uuid4().hex}.db"
    if migrated:
        _migrate(url)
    return url


def _template(cluster: Cluster) -> str:
    """Return the database that migrated ones are copied from, made at its first use."""
    if TEMPLATE not in cluster.templates:
        cluster.create(name=TEMPLATE)
        _migrate(cluster.url(TEMPLATE))
        cluster.templates.add(TEMPLATE)
    return TEMPLATE


def _migrate(url: str) -> None:
    async def once() -> None:
        await (await open_database(url)).close()

    # In a thread of its own: this one may belong to pytest's event loop.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, once()).result()


async def as_another_request(work: Coroutine[Any, Any, T]) -> T:
    """Run *work* as another request would: in a task that this task's transaction does not surround."""
    return await asyncio.get_running_loop().create_task(work, context=contextvars.Context())
