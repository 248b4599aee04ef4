"""How long a code takes from the end of its message to the end of the `ravi wait --otp` that printed it."""

import http.client
import itertools
import json
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Effort, NotMeasured, Spread, Table, at_most, compare, interleave
from benchmarks.processes import PYTHON, RAVI, environment
from benchmarks.servers import Owner, Serving, add_account, bare_server, ravi_server, sign_in, workplace
from tests.support import published_sdk

BASELINE = "a script that prints one held answer of a bare route"
ABRUPT = "the same script, ended without the interpreter's teardown"
OURS = "ravi wait --otp"
SDK = "the published SDK, which asks every 3 s"
BARS = {OURS: at_most(2)}

#: By then whoever waits has been started and its request is held.
SETTLED_SECONDS = 0.6
PATIENCE = 60.0
SDK_VERSION = "0.3.0"
SDK_POLLS_SECONDS = 3.0

#: One bare HTTP round trip, with the interpreter's own library, and the end of its process.
_SCRIPT = """
import http.client, os, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
connection.request("GET", "/held")
print(connection.getresponse().read().decode(), flush=True)
"""
#: ... without what Python takes down at its end, which `ravi` leaves out, too.
_ABRUPT_SCRIPT = _SCRIPT + "os._exit(0)\n"

_SDK_SCRIPT = (
    published_sdk.CONNECT
    + """
import re, sys
(agent,) = account.identities.list()
message = agent.email.wait_for(lambda each: sys.argv[1] in each.subject)
print(re.search("[0-9]{6}", message.text_content).group())
"""
)


def run(effort: Effort) -> Iterator[Table]:
    """Measure ours in turn with the bare round trip, then with the published SDK, as far as that is installed."""
    with workplace() as folder:
        code = add_account(folder)
        with ravi_server(folder) as server, bare_server(folder, "sqlite") as bare:
            owner = sign_in(folder, server, code)
            # Another one for the SDK: it takes nothing out of the inbox, so that the next to wait would find its code.
            ours, theirs = (Agent.of(owner, server, name, folder / "nobody") for name in ("ours", "theirs"))
            yield _beside_a_round_trip(ours, bare, effort)
            yield _beside_the_sdk(ours, theirs, effort)


@dataclass(frozen=True, slots=True)
class Started:
    """A process whose stdout is read by us."""

    argv: list[str]
    pid: int
    reading: int

    @classmethod
    def run(cls, argv: list[str], env: dict[str, str]) -> "Started":
        reading, writing = os.pipe()
        actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, writing, 1)]
        pid = os.posix_spawn(argv[0], argv, env, file_actions=actions)
        os.close(writing)
        return cls(argv, pid, reading)

    def output(self, expect: str) -> None:
        """Wait for its end. Raises NotMeasured when it failed or did not print *expect*."""
        output = b""
        while chunk := os.read(self.reading, 65536):
            output += chunk
        _, status = os.waitpid(self.pid, 0)
        os.close(self.reading)
        code = os.waitstatus_to_exitcode(status)
        if code or expect.encode() not in output:
            raise NotMeasured(f"{Path(self.argv[0]).name}: exit {code}, printed {output[:200]!r}")


class Letter:
    """A message with a code, of which everything has been said but the message itself."""

    def __init__(self, server: Serving, recipient: str, code: str, subject: str) -> None:
        self._connection = socket.create_connection(("127.0.0.1", server.mail_port), timeout=PATIENCE)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._replies = self._connection.makefile("rb")
        for line in ("", "EHLO client.example", "MAIL FROM:<bounces@shop.example>", f"RCPT TO:<{recipient}>", "DATA"):
            if line:
                self._connection.sendall(line.encode() + b"\r\n")
            self._hear(b"23")
        self._message = (
            f"From: The Shop <accounts@shop.example>\r\nTo: {recipient}\r\nSubject: {subject}\r\n"
            f"Message-ID: <{code}.{time.monotonic_ns()}@shop.example>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\n"
            f"Hello,\r\n\r\nyour verification code is {code}. It is good for ten minutes.\r\n\r\n"
            + "If it was not you who asked for it, there is nothing that you have to do.\r\n" * 20
            + "\r\nThe Shop\r\n.\r\n"
        ).encode()

    def post(self) -> None:
        """Send the message to its end, in one piece, and do not wait for the 250."""
        self._connection.sendall(self._message)

    def close(self) -> None:
        """Hear the 250 and hang up."""
        self._hear(b"2")
        self._replies.close()
        self._connection.close()

    def _hear(self, good: bytes) -> None:
        while (line := self._replies.readline())[3:4] == b"-":
            pass
        if line[:1] not in (good[:1], good[-1:]):
            raise NotMeasured(f"the mail server said {line.decode().strip()!r}")


class Agent:
    """An identity that waits for codes, one after the other."""

    def __init__(self, server: Serving, email: str, key: str, home: Path) -> None:
        self._server = server
        self._email = email
        self._env = environment(home, RAVI_API_URL=server.url, RAVI_API_KEY=key)
        self._sdk_env = environment(home, URL=server.url, KEY=key)
        self._numbers = itertools.count(1)
        self._chosen = random.Random(3)

    @classmethod
    def of(cls, owner: Owner, server: Serving, name: str, home: Path) -> "Agent":
        identity = owner.ravi("identity", "create", "--name", name)
        return cls(server, identity["email"], owner.identity_key(identity["uuid"]), home)

    def by_waiting(self) -> float:
        """Milliseconds with `ravi wait --otp`."""
        return self._timed(lambda _: Started.run([RAVI, "wait", "--otp", "--timeout", "60"], self._env))

    def by_the_sdk(self, python: Path) -> float:
        """Milliseconds with the published SDK; the message comes at any moment between two of its questions."""
        return self._timed(
            lambda subject: Started.run([str(python), "-c", _SDK_SCRIPT, subject], self._sdk_env),
            settled=3 * SETTLED_SECONDS + self._chosen.uniform(0, SDK_POLLS_SECONDS),
        )

    def _timed(self, start: Callable[[str], Started], settled: float = SETTLED_SECONDS) -> float:
        number = next(self._numbers)
        code, subject = f"{self._chosen.randrange(10**6):06}", f"Your code, letter {number:06}"
        waiter = start(subject)
        letter = Letter(self._server, self._email, code, subject)
        time.sleep(settled)
        began = time.perf_counter()
        letter.post()
        waiter.output(code)
        took = time.perf_counter() - began
        letter.close()
        return took * 1000


def _bare(bare: Serving, script: str) -> float:
    """Milliseconds from letting go of the held request to the end of the process that printed its answer."""
    waiter = Started.run([PYTHON, "-c", script, str(bare.port)], environment(Path("/nonexistent")))
    connection = http.client.HTTPConnection("127.0.0.1", bare.port, timeout=PATIENCE)
    connection.connect()
    time.sleep(SETTLED_SECONDS)
    began = time.perf_counter()
    connection.request("POST", "/release")
    waiter.output(json.dumps({"found": True}, separators=(",", ":")))
    took = time.perf_counter() - began
    connection.getresponse().read()
    connection.close()
    return took * 1000


def _beside_a_round_trip(agent: Agent, bare: Serving, effort: Effort) -> Table:
    candidates = {
        BASELINE: lambda: _bare(bare, _SCRIPT),
        ABRUPT: lambda: _bare(bare, _ABRUPT_SCRIPT),
        OURS: agent.by_waiting,
    }
    samples = interleave(candidates, rounds=effort.of(60, 15), warm_ups=3)
    abrupt = Spread.of([mine / theirs for mine, theirs in zip(samples[OURS], samples[ABRUPT], strict=True)])
    notes = [
        "From before the bytes that set it off (the message to its end; the request that lets the other one go) to the"
        " exit of the process that has printed: one at a time, each started and blocked before.",
        "In between, ours parses a message of 2 KB, checks its sender, extracts the code, stores all of it on disk,"
        " hands the code out, which is on disk too, and prints the message as JSON.",
        "`ravi` leaves out the interpreter's teardown. A script that does so as well is the harder comparison: ours"
        f" takes {abrupt.median:.2f}x [{abrupt.low:.2f}-{abrupt.high:.2f}] of that.",
    ]
    return compare("A code that is waited for", "ms", samples, baseline=BASELINE, bars=BARS, notes=notes)


def _beside_the_sdk(ours: Agent, theirs: Agent, effort: Effort) -> Table:
    try:
        python = published_sdk.interpreter(SDK_VERSION)
    except published_sdk.NotInstalled as reason:
        raise NotMeasured(f"the published SDK {SDK_VERSION} cannot be installed here: {reason}") from reason
    candidates = {OURS: ours.by_waiting, SDK: lambda: theirs.by_the_sdk(python)}
    samples = interleave(candidates, rounds=effort.of(12, 4), warm_ups=1)
    notes = [f"`wait_for` of ravi-sdk {SDK_VERSION} as it comes; the message arrives at any moment between two polls."]
    return compare("The same, beside the published SDK", "ms", samples, baseline=OURS, notes=notes)
