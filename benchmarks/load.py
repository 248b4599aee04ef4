"""
HTTP load on a loopback server: bounded in connections and in time.

`wrk` makes it where it is installed. Elsewhere this file does, run as a process of its own: an asyncio client on
bare sockets. It costs about as much as the servers it measures, so a fast baseline is held back more than a slow
server and ratios look better than they are; tables say which of the two was used.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from benchmarks.measure import NotMeasured
from benchmarks.processes import PYTHON, cpu_seconds
from benchmarks.servers import Serving

CONNECTIONS = 32
_LUA = str(Path(__file__).with_name("wrk.lua"))
_ROOT = Path(__file__).parent.parent
_WRK = shutil.which("wrk")

GENERATOR = "wrk, one thread" if _WRK else "benchmarks/load.py, for want of wrk: it holds a fast baseline back"


@dataclass(frozen=True, slots=True)
class Target:
    """
    One request to repeat. `{n}` in *body* becomes a different text each time, so that no two creates are equal.

    Requests with a body use *tokens* in turn, others the first. *keyed* adds an Idempotency-Key of its own to each.
    """

    server: Serving
    method: str
    path: str
    tokens: tuple[str, ...] = ()
    body: str | None = None
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """
    What one stretch of load got: answers a second (all of them 2xx), latencies in milliseconds, and the
    microseconds of processor time that the server spent on each.
    """

    per_second: float
    cpu: float
    p50: float
    p99: float


def put_load_on(target: Target, *, seconds: int, tag: str) -> Answered:
    """
    Repeat *target* over `CONNECTIONS` connections for *seconds*. *tag* sets this stretch's bodies apart.

    Raises NotMeasured unless every answer was a 2xx.
    """
    given = {
        "BENCH_METHOD": target.method,
        "BENCH_PATH": target.path,
        "BENCH_TOKENS": " ".join(target.tokens),
        "BENCH_BODY": target.body,
        "BENCH_TAG": tag,
        "BENCH_KEYED": "1" if target.keyed else None,
    }
    env = {"PATH": os.environ.get("PATH", os.defpath)} | {name: text for name, text in given.items() if text}
    url = f"http://127.0.0.1:{target.server.port}"
    wrk = [_WRK or "", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", _LUA, url]
    argv = wrk if _WRK else [PYTHON, "-m", "benchmarks.load", str(target.server.port), str(seconds)]
    spent = cpu_seconds(target.server.pid)
    done = subprocess.run(argv, env=env, cwd=_ROOT, capture_output=True, text=True, timeout=seconds + 60, check=False)
    spent = cpu_seconds(target.server.pid) - spent
    said = re.search(r"^RESULT (.+)$", done.stdout, re.MULTILINE)
    if done.returncode or not said:
        raise NotMeasured(f"the load generator failed: {done.stdout[-300:]}{done.stderr[-300:]}")
    result = json.loads(said[1])
    if result["refused"] or result["broken"] or not result["answers"]:
        raise NotMeasured(
            f"of {result['answers']} requests {target.method} {target.path}, {result['refused']} were refused"
            f" and {result['broken']} got no answer"
        )
    answers = result["answers"]
    return Answered(answers / result["micros"] * 1e6, spent / answers * 1e6, result["p50"] / 1000, result["p99"] / 1000)


class _Requests:
    """The bytes of one request after another, and what came of them."""

    def __init__(self, given: "os._Environ[str]", port: int) -> None:
        lines = [f"{given['BENCH_METHOD']} {given['BENCH_PATH']} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        tokens = given.get("BENCH_TOKENS", "").split()
        plain = "\r\n".join(lines)
        self._heads = [f"{plain}\r\nAuthorization: Bearer {token}" for token in tokens] or [plain]
        self._tag = given["BENCH_TAG"]
        self._body = given.get("BENCH_BODY")
        self._keyed = "BENCH_KEYED" in given
        self._fixed = f"{self._heads[0]}\r\n\r\n".encode()
        self._made = 0
        self.deadline = 0.0
        self.times: list[float] = []
        self.refused = 0
        self.broken = 0

    def next(self) -> bytes:
        if self._body is None:
            return self._fixed
        self._made += 1
        word = f"{self._tag}-{self._made}"
        body = self._body.replace("{n}", word)
        lines = [self._heads[self._made % len(self._heads)], "Content-Type: application/json"]
        lines += [f"Idempotency-Key: {word}"] if self._keyed else []
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode()


class _Connection(asyncio.Protocol):
    """Sends a request, waits for its whole answer, sends the next, until the time is over."""

    def __init__(self, requests: _Requests) -> None:
        self._requests = requests
        self._had = b""
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass
        self._send()

    def data_received(self, data: bytes) -> None:
        self._had += data
        head, separator, body = self._had.partition(b"\r\n\r\n")
        if not separator:
            return
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        if length is None or len(body) < int(length[1]):
            return  # servers measured here always say how long an answer is; without that we wait, and say so
        self._had = b""
        now = time.perf_counter()
        self._requests.times.append(now - self._began)
        self._requests.refused += head[9:10] != b"2"
        if now < self._requests.deadline:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._requests.broken += time.perf_counter() < self._requests.deadline
        self.over.set_result(None)

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._requests.next())


async def _generate(port: int, seconds: int) -> str:
    requests = _Requests(os.environ, port)
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    requests.deadline = began + seconds
    made = [await loop.create_connection(lambda: _Connection(requests), "127.0.0.1", port) for _ in range(CONNECTIONS)]
    _, late = await asyncio.wait([connection.over for _, connection in made], timeout=seconds + 10)
    took = time.perf_counter() - began
    times = sorted(requests.times) or [0.0]
    result = {
        "answers": len(requests.times),
        "micros": round(took * 1e6),
        "refused": requests.refused,
        "broken": requests.broken + len(late),
        "p50": round(times[len(times) // 2] * 1e6),
        "p99": round(times[len(times) * 99 // 100] * 1e6),
    }
    return f"RESULT {json.dumps(result)}"


def main(argv: list[str]) -> None:
    """`python -m benchmarks.load PORT SECONDS`: what to send is in the environment, as for wrk.lua."""
    import uvloop

    print(uvloop.run(_generate(int(argv[0]), int(argv[1]))))


if __name__ == "__main__":
    main(sys.argv[1:])
