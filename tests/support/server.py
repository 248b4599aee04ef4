"""A real `ravi-server` in a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.last_wish import LastWish

PROGRAM = Path(sys.executable).with_name("ravi-server")
READY = re.compile(r"\bready\b.*?(https?://[\w.:\[\]-]+)", re.IGNORECASE)
READY_FOR_MAIL = re.compile(r"\bsmtp://([\w.:\[\]-]+)")
PATIENCE = 30.0


class Server:
    """
    `ravi-server run` on a data folder. `start()` waits for its ready line; `restart()` comes back on the same port.

    `smtp` is where it takes in mail. *database* is a database URL for the environment, where the default (SQLite in
    the data folder) will not do.
    """

    def __init__(
        self,
        data: Path,
        *options: str,
        http: str = "127.0.0.1:0",
        smtp: str = "127.0.0.1:0",
        database: str | None = None,
        env: dict[str, str] | None = None,
    ) -> None:
        self.data = data
        self.options = list(options)
        self.http = http
        self.smtp = smtp
        self.url = ""
        self.lines: list[str] = []
        """Everything it has written to stderr, over all its starts."""
        self.env = {**_environment(data.parent), **(env or {})}
        if database:
            self.env["RAVI_SERVER_DATABASE"] = database
        self._process: subprocess.Popen[str] | None = None
        self._end_with_us: LastWish | None = None
        self._reader: threading.Thread | None = None
        self._news = threading.Condition()

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is not running"
        return self._process.pid

    @property
    def log(self) -> list[dict[str, Any]]:
        """The structured lines of `lines`."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def start(self) -> "Server":
        """Start it and wait until it says that it is ready."""
        assert self._process is None, "the server is running already"
        first = len(self.lines)
        self._process = subprocess.Popen(
            [PROGRAM, "run", "--data", self.data, "--http", self.http, "--smtp", self.smtp, *self.options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self.env,
            cwd=self.data.parent,
            start_new_session=True,
        )
        self._end_with_us = LastWish('kill -9 "-$1"', str(self._process.pid))
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        line = self.wait_for_line(READY, since=first)
        match = READY.search(line)
        assert match is not None
        self.url = match[1]
        self.http = self.url.partition("://")[2]
        mail = READY_FOR_MAIL.search(line)
        assert mail is not None
        self.smtp = mail[1]
        return self

    def stop(self) -> int:
        """Ask it to stop, as a supervisor would, and return its exit status; fails when it takes too long."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it where it stands: no handler of its runs."""
        self._end(signal.SIGKILL)

    def restart(self) -> "Server":
        """Start again (after `stop` or `kill`, or stopping it now) on the same data and port."""
        if self._process is not None:
            self.stop()
        return self.start()

    def wait(self, within: float = PATIENCE) -> int:
        """Return the exit status of a process that ends by itself, or by a signal that the test has sent to `pid`."""
        assert self._process is not None, "the server is not running"
        status = self._process.wait(within)
        self._process = None
        self.close()
        return status

    def close(self) -> None:
        """Stop it if it runs, and let go of what watches over it."""
        if self._process is not None:
            self.stop()
        if self._end_with_us is not None:
            self._end_with_us.withdraw()
            self._end_with_us = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def run(self, *arguments: str | Path, ok: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run another `ravi-server` command on the same data; with *ok* it must exit 0."""
        done = subprocess.run(
            [PROGRAM, *arguments, "--data", self.data],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.env,
            cwd=self.data.parent,
            timeout=PATIENCE,
            check=False,
        )
        assert not ok or done.returncode == 0, f"{done.args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def add_owner(self, email: str = "owner@example.com", *options: str) -> dict[str, Any]:
        """Add an account; return what the command prints: `email`, `signin_code`, `expires_at`."""
        return json.loads(self.run("owner", "add", email, "--json", *options).stdout)

    def wait_for_line(self, pattern: str | re.Pattern[str], *, since: int = 0, within: float = PATIENCE) -> str:
        """Return the first line on stderr, from line *since* on, that *pattern* is found in."""
        found = re.compile(pattern)

        def look() -> str | None:
            return next((line for line in self.lines[since:] if found.search(line)), None)

        self._wait(lambda: look() is not None or self._ended(), within)
        line = look()
        assert line is not None, f"ravi-server never said {found.pattern!r}:\n" + "\n".join(self.lines[since:])
        return line

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr is not None
        with process.stderr as stream:
            for line in stream:
                with self._news:
                    self.lines.append(line.rstrip("\n"))
                    self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def _ended(self) -> bool:
        return self._reader is None or not self._reader.is_alive()

    def _wait(self, condition: Callable[[], bool], within: float) -> None:
        deadline = time.monotonic() + within
        with self._news:
            while not condition() and time.monotonic() < deadline:
                self._news.wait(0.1)

    def _end(self, with_signal: signal.Signals) -> int:
        process, reader = self._process, self._reader
        assert process is not None, "the server is not running"
        assert reader is not None
        self._process = None
        process.send_signal(with_signal)
        try:
            status = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            reader.join()
            pytest.fail(f"ravi-server did not stop within {PATIENCE:.0f} s:\n" + "\n".join(self.lines[-20:]))
        reader.join(PATIENCE)
        self.close()
        return status


MakeServer = Callable[..., Server]


@pytest.fixture
def make_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeServer]:
    """A function that starts a server with the given options on a fresh data folder; all are stopped afterwards."""
    started: list[Server] = []

    def make(*options: str, **more: Any) -> Server:
        server = Server(tmp_path_factory.mktemp("server") / "data", *options, **more)
        started.append(server)
        return server.start()

    yield make
    for server in started:
        server.close()
    # A request that ended in "the server failed" is a bug even where the test did not look at its answer.
    faults = [line for server in started for line in server.lines if '"event":"fault"' in line or "Traceback" in line]
    assert not faults, "ravi-server logged faults:\n" + "\n".join(faults)


@pytest.fixture
def server(make_server: MakeServer) -> Server:
    """A running server on SQLite with an empty data folder."""
    return make_server()


def _environment(home: Path) -> dict[str, str]:
    """What the server gets to see of the machine: nothing that could change what it does."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(home), "PYTHONUNBUFFERED": "1"}
