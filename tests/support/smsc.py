"""
An SMSC that nobody here wrote: npm's smpp, in a process of its own that tests start, command, kill and start again.

What npm installs is pinned in tests/smsc/; node is found as for the readers of exported secrets.
"""

import asyncio
import fcntl
import json
import os
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ravi.server.phone.carriers.contract import Alive, Happening, Outgoing, Received, Report
from ravi.server.phone.carriers.smpp.carrier import Smpp
from ravi.server.phone.carriers.smpp.setup import Pace, Setup
from tests.support.readers import KEPT, ROOT, node_and_npm, npm_modules

PINNED = ROOT / "tests" / "smsc"
PASSWORD = "secret8!"
#: For anything that the SMSC does or hears.
PATIENCE = 15.0
#: As the SMSC writes them, and ours.
OUTSIDE, OURS, OURS_TOO = "+4915700000001", "+491570000100", "+491570000101"
#: For tests that are not about time: what is to come soon comes at once, what is to fail may take its time.
PACE = Pace(first_retry=0.05, last_retry=0.2, throttled=0.05, parts_quiet=0.3, parts_limit=0.8, farewell=1.0)

Event = dict[str, Any]
H = TypeVar("H", Received, Report, Alive)


class Smsc:
    """One SMSC, on one port for all its lives. Use it as `async with`."""

    def __init__(self, node: Path, modules: Path, tls: tuple[Path, Path] | None = None, **behaviour: Any) -> None:
        self._node = node
        self._modules = modules
        self._tls = {"key": str(tls[0]), "cert": str(tls[1])} if tls else {}
        self._behaviour = behaviour
        self._marks = count()
        self._events: defaultdict[str, asyncio.Queue[Event]] = defaultdict(asyncio.Queue)
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self.port = 0

    async def __aenter__(self) -> "Smsc":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    @property
    def at(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Begin to listen, on the port of before if there was one."""
        options = {"port": self.port, "behaviour": self._behaviour, **self._tls}
        self._process = await asyncio.create_subprocess_exec(
            self._node,
            self._modules / "smsc.cjs",
            json.dumps(options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={"PATH": os.environ["PATH"]},
        )
        self._reading = asyncio.create_task(self._read(self._process))
        self.port = (await self.heard("listening"))["port"]

    async def kill(self) -> None:
        """Kill it, as a power cut would."""
        if self._process is None or self._reading is None:
            return
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading
        self._process = self._reading = None

    async def heard(self, event: str) -> Event:
        """Wait for the next thing of that kind that happened, and return it; each is returned once."""
        async with asyncio.timeout(PATIENCE):
            return await self._events[event].get()

    def so_far(self, event: str) -> list[Event]:
        """All of that kind that happened and nobody has asked for."""
        queue = self._events[event]
        return [queue.get_nowait() for _ in range(queue.qsize())]

    async def behave(self, **how: Any) -> None:
        """Behave otherwise from now on; the names are explained in smsc.cjs."""
        await self._command("behave", how=how)

    async def deliver(self, text: str | bytes = "", **pdu: Any) -> int:
        """Deliver a text, in octets or to be encoded by the SMSC, and return the status of the answer."""
        mark = await self.begin_to_deliver(text, **pdu)
        while (answer := await self.heard("answered"))["mark"] != mark:
            self._events["answered"].put_nowait(answer)
            await asyncio.sleep(0.01)
        return int(answer["status"])

    async def begin_to_deliver(self, text: str | bytes = "", **pdu: Any) -> int:
        """Deliver without waiting for the answer; it is `heard("answered")` with the mark that is returned."""
        mark = next(self._marks)
        body = {"short_message": text} if isinstance(text, str) else {"short_message_hex": text.hex()}
        addresses = {"source_addr": "4915700000001", "source_addr_ton": 1, "source_addr_npi": 1}
        addresses |= {"destination_addr": "491570000100", "dest_addr_ton": 1, "dest_addr_npi": 1}
        if "message_payload_hex" in pdu:
            body = {}
        await self._command("deliver", mark=mark, pdu=addresses | body | pdu)
        return mark

    async def do(self, what: str, **more: Any) -> None:
        """One of the commands of smsc.cjs."""
        await self._command(what, **more)

    async def _command(self, what: str, **more: Any) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write((json.dumps({"do": what, **more}) + "\n").encode())
        await self._process.stdin.drain()
        await self.heard("done")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            event = json.loads(line)
            self._events[event["event"]].put_nowait(event)


class Told:
    """What a carrier has told. `knows` is what is answered to a report: whether the text is here."""

    def __init__(self) -> None:
        self.all: list[Happening] = []
        self.knows: Callable[[Happening], bool] = lambda _: True
        self.may_return = asyncio.Event()
        """Whether what is told gets durable."""
        self.may_return.set()
        self._more = asyncio.Condition()

    async def __call__(self, happening: Happening) -> bool:
        async with self._more:
            self.all.append(happening)
            self._more.notify_all()
        await self.may_return.wait()
        return self.knows(happening)

    def of(self, kind: type[H]) -> list[H]:
        """All of that kind."""
        return [happening for happening in self.all if isinstance(happening, kind)]

    async def until(self, kind: type[H], count: int = 1) -> list[H]:
        """Wait until that many of that kind were told, and return all of them."""
        async with asyncio.timeout(PATIENCE), self._more:
            await self._more.wait_for(lambda: len(self.of(kind)) >= count)
        return self.of(kind)


def setup_for(smsc: Smsc, **more: Any) -> Setup:
    """What the URL of this SMSC would say."""
    usual = Setup("127.0.0.1", smsc.port, "ravi", PASSWORD, (OURS, OURS_TOO))
    return replace(usual, **more)


def text_to(number: str = OUTSIDE, body: str = "Hi", **more: Any) -> Outgoing:
    """A text that is to be sent."""
    usual = Outgoing("3f1c", OURS, "", number, body, datetime(2026, 1, 1, tzinfo=UTC))
    return replace(usual, **more)


@asynccontextmanager
async def running(carrier: Smpp, told: Told, *, connected: bool = True) -> AsyncIterator[None]:
    """Run *carrier*, from when it has signed in until the end of the block."""
    task = asyncio.create_task(carrier.run(told))
    try:
        if connected:
            waiting = asyncio.create_task(told.until(Alive))
            await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
            assert waiting.done(), task.exception()
            await waiting
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture(scope="session")
def installed_smsc() -> tuple[Path, Path]:
    """node, and a folder with smsc.cjs and what it needs."""
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "readers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the tests run in several processes
        try:
            node, npm = node_and_npm()
            return node, npm_modules(node, npm, PINNED)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired, FileNotFoundError) as fault:
            said = getattr(fault, "stderr", None) or str(fault)
            reason = f"the SMSC of the tests cannot be installed: {said.strip().splitlines()[-1]}"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)


@pytest.fixture
async def smsc(installed_smsc: tuple[Path, Path]) -> AsyncIterator[Smsc]:
    """An SMSC that takes everything."""
    async with Smsc(*installed_smsc) as running:
        yield running
