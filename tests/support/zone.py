"""A DNS made of a table, for checks that ask one."""

import asyncio
from collections.abc import Mapping
from typing import Any

from ravi.server.mail.dns import LookupFailed


class Zone:
    """
    Answers from *records*: (name, kind) to a list, or to an exception that is raised.

    Texts may be given as str. Names that are not there have nothing. `asked` lists the questions in order; every answer
    takes *delay* seconds.
    """

    def __init__(self, records: Mapping[tuple[str, str], Any] | None = None, *, delay: float = 0.0) -> None:
        self.records = dict(records or {})
        self.delay = delay
        self.asked: list[tuple[str, str]] = []

    async def txt(self, name: str) -> list[bytes]:
        return [text.encode() if isinstance(text, str) else text for text in await self._answer(name, "TXT")]

    async def a(self, name: str) -> list[str]:
        return await self._answer(name, "A")

    async def aaaa(self, name: str) -> list[str]:
        return await self._answer(name, "AAAA")

    async def mx(self, name: str) -> list[tuple[int, str]]:
        return await self._answer(name, "MX")

    async def ptr(self, name: str) -> list[str]:
        return await self._answer(name, "PTR")

    async def _answer(self, name: str, kind: str) -> list[Any]:
        question = (name.removesuffix(".").lower(), kind)
        self.asked.append(question)
        if self.delay:
            await asyncio.sleep(self.delay)
        found = self.records.get(question, [])
        if isinstance(found, Exception):
            raise found
        return [found] if isinstance(found, (str, bytes)) else list(found)


def fault() -> LookupFailed:
    """What a resolver raises that gets no answer."""
    return LookupFailed("nobody answers")
