"""
One agent that runs wild, as a process of its own: it asks as fast as it can and never waits as told.

`python -m tests.support.storm HTTP_PORT SMTP_PORT KEY ADDRESS SECONDS` prints one JSON document when it is over: how
often each HTTP status was answered, how many refusals did not say when to come back, and the first words of SMTP
replies.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

#: Connections that ask in a loop, that send the head of a request one byte at a time, and that deliver mail.
ASKING = 500
SLOW = 200
BOMBING = 20

MESSAGE = b"From: a@shop.example\r\nTo: b@shop.example\r\nSubject: boom\r\n\r\n" + b"boom " * 200 + b"\r\n.\r\n"


class Storm:
    """What is asked of whom, until *ends* (monotonic), and what came of it."""

    def __init__(self, http_port: int, smtp_port: int, key: str, address: str, ends: float) -> None:
        self._http_port = http_port
        self._smtp_port = smtp_port
        self._request = f"GET /api/email/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
        self._rcpt = f"RCPT TO:<{address}>\r\n".encode()
        self._ends = ends
        self.statuses: Counter[str] = Counter()
        self.silent_refusals = 0
        self.replies: Counter[str] = Counter()
        self.cut_off = 0

    async def run(self) -> None:
        tasks = [asyncio.create_task(self._again_and_again(self._ask)) for _ in range(ASKING)]
        tasks += [asyncio.create_task(self._again_and_again(self._dribble)) for _ in range(SLOW)]
        tasks += [asyncio.create_task(self._again_and_again(self._bomb)) for _ in range(BOMBING)]
        # Whoever has started it may end it early, by closing its input.
        over = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        await asyncio.wait([over], timeout=max(0.0, self._ends - time.monotonic()))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _again_and_again(self, once: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await once()
            except (OSError, EOFError, asyncio.IncompleteReadError):
                self.cut_off += 1

    async def _ask(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._http_port)
        with contextlib.closing(writer):
            while True:
                writer.write(self._request)
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
                await reader.readexactly(length)
                status = head[9:12].decode()
                self.statuses[status] += 1
                if status in ("429", "503") and b"\r\nretry-after: " not in head:
                    self.silent_refusals += 1

    async def _dribble(self) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", self._http_port)
        with contextlib.closing(writer):
            for byte in self._request:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.5)

    async def _bomb(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._smtp_port)
        with contextlib.closing(writer):
            await reader.readline()
            writer.write(b"HELO shop.example\r\n")
            await reader.readline()
            while True:
                for line in (b"MAIL FROM:<a@shop.example>\r\n", self._rcpt, b"DATA\r\n", MESSAGE):
                    writer.write(line)
                    reply = (await reader.readline()).decode()
                    if not reply:
                        raise EOFError
                    if reply[:1] in "45":
                        self.replies[reply[:9]] += 1
                        writer.write(b"RSET\r\n")
                        await reader.readline()
                        break
                else:
                    self.replies["250"] += 1


def main(argv: list[str]) -> None:
    http_port, smtp_port, key, address, seconds = argv
    storm = Storm(int(http_port), int(smtp_port), key, address, time.monotonic() + float(seconds))
    loop = asyncio.new_event_loop()
    loop.run_until_complete(storm.run())
    found = {
        "statuses": dict(storm.statuses),
        "silent_refusals": storm.silent_refusals,
        "replies": dict(storm.replies),
        "cut_off": storm.cut_off,
    }
    print(json.dumps(found), flush=True)
    os._exit(0)  # a thread may still be listening to an input that stays open


if __name__ == "__main__":
    main(sys.argv[1:])
