"""How SQLite goes about a statement."""

from typing import Any

from ravi.server.db import Database, Row


class Explained:
    """Passes queries on, and notes each step of each statement's plan."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.asked = 0
        self.steps: list[tuple[str, str]] = []
        """(statement, step)"""

    @property
    def scans(self) -> list[tuple[str, str]]:
        """The steps that look at every row of a table."""
        return [(sql, step) for sql, step in self.steps if step.startswith("SCAN")]

    async def one(self, sql: str, **params: object) -> Row | None:
        await self._explain(sql, params)
        return await self._db.one(sql, **params)

    async def all(self, sql: str, **params: object) -> list[Row]:
        await self._explain(sql, params)
        return await self._db.all(sql, **params)

    async def _explain(self, sql: str, params: dict[str, Any]) -> None:
        self.asked += 1
        plan = await self._db.all(f"EXPLAIN QUERY PLAN {sql}", **params)
        self.steps += [(sql, row[3]) for row in plan]
