"""
What a route costs before it is ours: Starlette on uvicorn (uvloop, httptools), one query, no more.

`python bare.py FILE|URL` serves `GET /read` (one read through a unique index) and `POST /write` (one durable
insert) on a free port of loopback, on SQLite through apsw or on PostgreSQL through a psycopg pool of eight, which
is what `ravi-server` uses. `GET /held` is answered when somebody says `POST /release`, without any database. No
authentication, no log, no second row: this is the baseline, not a rival.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import apsw
import msgspec
import uvicorn
import uvloop
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ROWS = 10_000
WANTED = "agent-5000@example.com"

_JSON = "application/json"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_addresses = [(f"agent-{number}@example.com", number) for number in range(ROWS)]


def _found(row: tuple[Any, ...] | None) -> Response:
    assert row is not None
    return Response(_encode([{"id": row[0], "email": row[1], "created": row[2]}]), media_type=_JSON)


def _made(row_id: int, name: str) -> Response:
    return Response(_encode({"id": row_id, "name": name}), status_code=201, media_type=_JSON)


def held_routes() -> list[Route]:
    """A request that is held, and the one that lets go of all that are: what waiting costs by itself."""
    waiting: set[asyncio.Event] = set()

    async def held(_: Request) -> Response:
        released = asyncio.Event()
        waiting.add(released)
        await released.wait()
        return Response(_encode({"found": True}), media_type=_JSON)

    async def release(_: Request) -> Response:
        for each in waiting:
            each.set()
        waiting.clear()
        return Response(status_code=204)

    return [Route("/held", held), Route("/release", release, methods=["POST"])]


def on_sqlite(path: str) -> Starlette:
    """All routes; what has a query runs on one connection, inline on the loop, the fastest way there is with SQLite."""
    db = apsw.Connection(path)
    db.pragma("journal_mode", "wal")
    db.pragma("synchronous", "full")
    db.execute("CREATE TABLE seen (id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE, at INTEGER NOT NULL)")
    db.execute("CREATE TABLE made (id INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL)")
    with db:
        db.executemany("INSERT INTO seen (address, at) VALUES (?, ?)", _addresses)

    async def read(request: Request) -> Response:
        return _found(db.execute("SELECT id, address, at FROM seen WHERE address = ?", (WANTED,)).fetchone())

    async def write(request: Request) -> Response:
        name = _decode(await request.body())["name"]
        db.execute("INSERT INTO made (name, at) VALUES (?, ?)", (name, 1))
        return _made(db.last_insert_rowid(), name)

    return Starlette(routes=[Route("/read", read), Route("/write", write, methods=["POST"]), *held_routes()])


def on_postgres(url: str) -> Starlette:
    """The two routes, each with a connection of the pool for one autocommitted statement."""
    pool = AsyncConnectionPool(url, min_size=2, max_size=8, open=False, kwargs={"autocommit": True})

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with pool:
            async with pool.connection() as db:
                await db.execute("CREATE TABLE seen (id serial PRIMARY KEY, address text NOT NULL UNIQUE, at bigint)")
                await db.execute("CREATE TABLE made (id serial PRIMARY KEY, name text NOT NULL, at bigint)")
                await db.cursor().executemany("INSERT INTO seen (address, at) VALUES (%s, %s)", _addresses)
                await db.execute("ANALYZE seen")
            yield

    async def read(request: Request) -> Response:
        async with pool.connection() as db:
            cursor = await db.execute("SELECT id, address, at FROM seen WHERE address = %s", (WANTED,))
            return _found(await cursor.fetchone())

    async def write(request: Request) -> Response:
        name = _decode(await request.body())["name"]
        async with pool.connection() as db:
            cursor = await db.execute("INSERT INTO made (name, at) VALUES (%s, %s) RETURNING id", (name, 1))
            row = await cursor.fetchone()
        assert row is not None
        return _made(row[0], name)

    return Starlette(routes=[Route("/read", read), Route("/write", write, methods=["POST"])], lifespan=lifespan)


class _Server(uvicorn.Server):
    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        print("ready on", self.servers[0].sockets[0].getsockname()[1], flush=True)


def main(where: str) -> None:
    """Serve until told to stop."""
    app = on_postgres(where) if where.startswith("postgresql://") else on_sqlite(where)
    config = uvicorn.Config(
        app,
        port=0,
        http="httptools",
        ws="none",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        backlog=2048,
    )
    uvloop.run(_Server(config).serve())


if __name__ == "__main__":
    main(sys.argv[1])
