"""A wire to a provider that can be cut: what goes to `port` is passed on to `target`."""

import asyncio
import contextlib
from typing import Literal

#: "dropped": the connection is lost in place of an answer. "silent": answers are swallowed. "gone": nobody is there.
Fault = Literal["dropped", "silent", "gone"]


class Wire:
    """Passes TCP on to a port of this machine."""

    def __init__(self) -> None:
        self.target = 0
        self.port = 0
        self._fault: Fault | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, target: int) -> None:
        """Begin, or begin again on the same port."""
        self.target = target
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut every connection, and listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def is_at_fault(self) -> bool:
        return self._fault is not None

    async def suffer(self, fault: Fault | None) -> None:
        """From now on be like that; with None in order again, on new connections."""
        was, self._fault = self._fault, fault
        if fault == "gone" or was is not None:
            await self.close()
        if fault != "gone" and self._server is None:
            await self.open(self.target)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        their_writer = None
        try:
            their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self.target)
            both = [
                asyncio.ensure_future(self._pass_on(reader, their_writer)),
                asyncio.ensure_future(self._answer(their_reader, writer)),
            ]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in both:
                    each.cancel()
                await asyncio.gather(*both, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass  # that is what this is for
        finally:
            self._tasks.discard(task)
            for end in filter(None, (writer, their_writer)):
                end.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if self._fault == "dropped":
                    return
                if self._fault is None:
                    writer.write(data)
                    await writer.drain()
