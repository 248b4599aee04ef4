"""
One system call per answer.

uvicorn writes an answer's head and its body separately, which costs a second `write` and wakes the peer twice.
This transport holds the head back until the body's first bytes follow, or until the loop's next turn when they
do not (streams).
"""

import asyncio
from typing import Any


class OneWrite:
    """
    Stands before a transport; joins a write with one that follows in the same turn; passes on all else.

    `written` is the size of what was passed on last. The transport keeps all of it until the peer has taken all of it.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: bytes | None = None
        self.written = 0

    def write(self, data: bytes) -> None:
        if self._held is None:
            self._held = data
            self._loop.call_soon(self.flush)
        else:
            held, self._held = self._held, None
            self._pass_on(held + data)

    def flush(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._pass_on(held)

    def _pass_on(self, data: bytes) -> None:
        self.written = len(data)
        self._transport.write(data)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.flush()
        self._transport.set_protocol(protocol)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
