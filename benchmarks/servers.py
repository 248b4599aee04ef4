"""The servers that are measured: the real `ravi-server`, and the bare one it is compared with."""

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import NotMeasured
from benchmarks.processes import PYTHON, RAVI, RAVI_SERVER, environment

BARE = str(Path(__file__).with_name("bare.py"))
PATIENCE = 60.0
OURS_READY = r"ready: http://127\.0\.0\.1:(\d+).*smtp://127\.0\.0\.1:(\d+)"


#: A file system in memory, where Linux has one.
MEMORY = Path("/dev/shm")


@contextmanager
def workplace(within: Path | None = None) -> Iterator[Path]:
    """A folder for one benchmark's data, removed afterwards; on the disk of temporary files, or *within* another."""
    with tempfile.TemporaryDirectory(prefix="ravi-bench-", dir=within) as folder:
        yield Path(folder)


@dataclass(frozen=True, slots=True)
class Serving:
    """
    A process that has said that it is ready, `ready_after` seconds after it was started.

    `mail_port` is where it takes in mail, if it does.
    """

    pid: int
    port: int
    ready_after: float
    mail_port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


#: What is measured is how fast the server is, and its limits on callers would end that.
_UNHURRIED = [
    *("--credential-requests-per-second", "1000000", "--identity-requests-per-second", "1000000"),
    *("--credential-requests-at-once", "1000000", "--smtp-mailbox-per-minute", "0"),
]


@contextmanager
def ravi_server(
    folder: Path, *, database: str | None = None, name: str = "server", limited: bool = False
) -> Iterator[Serving]:
    """
    Run `ravi-server run` as it comes: nothing set but data directory and ports (and *database*, for PostgreSQL).

    Unless it is to be *limited*, a caller may ask as often as no caller could; each request is counted all the same.
    It logs every request, as by default, to a file in *folder*, as a service manager would have it do.
    """
    env = environment(folder) | ({"RAVI_SERVER_DATABASE": database} if database else {})
    argv = [RAVI_SERVER, "run", "--data", str(folder / name), "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]
    argv += [] if limited else _UNHURRIED
    with _running(argv, env, folder / f"{name}.log", OURS_READY) as serving:
        yield serving


@contextmanager
def bare_server(folder: Path, database: str) -> Iterator[Serving]:
    """Run `bare.py` on *database*: `sqlite` for a file in *folder*, or the URL of a PostgreSQL database."""
    where = str(folder / "bare.db") if database == "sqlite" else database
    with _running([PYTHON, BARE, where], environment(folder), folder / "bare.log", r"ready on (\d+)") as serving:
        yield serving


@contextmanager
def _running(argv: list[str], env: dict[str, str], log: Path, ready: str) -> Iterator[Serving]:
    with log.open("wb") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            argv, env=env, cwd=log.parent, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors
        )
    try:
        while not (said := re.search(ready, log.read_text(encoding="utf-8"))):
            if process.poll() is not None or time.perf_counter() - began > PATIENCE:
                raise NotMeasured(f"{Path(argv[0]).name} did not start: {log.read_text(encoding='utf-8')[-500:]}")
            time.sleep(0.001)
        mail_port = int(said[2]) if said.re.groups > 1 else 0
        yield Serving(process.pid, int(said[1]), time.perf_counter() - began, mail_port)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True, slots=True)
class Owner:
    """The account that owns the measured identities, signed in with `ravi auth login` in a home of its own."""

    home: Path
    url: str

    def ravi(self, *words: str) -> Any:
        """Run a `ravi` command and return the document that it prints. Raises NotMeasured when it fails."""
        return _document([RAVI, *words, "--json"], environment(self.home))

    def management_key(self) -> str:
        return str(self.ravi("keys", "create", "--management", "--label", "benchmark")["key"])

    def identity_key(self, identity_uuid: str) -> str:
        return str(self.ravi("keys", "create", "--identity", identity_uuid, "--label", "benchmark")["key"])


def add_account(
    folder: Path, *, database: str | None = None, name: str = "server", email: str = "owner@example.com"
) -> str:
    """Create an account in the data of a server, running or not; return its one-time sign-in code."""
    env = environment(folder) | ({"RAVI_SERVER_DATABASE": database} if database else {})
    argv = [RAVI_SERVER, "owner", "add", email, "--data", str(folder / name), "--json"]
    return str(_document(argv, env)["signin_code"])


def sign_in(folder: Path, server: Serving, code: str, *, home: str = "home") -> Owner:
    """Sign the owner in at *server* with a one-time code."""
    owner = Owner(folder / home, server.url)
    os.makedirs(owner.home, exist_ok=True)
    owner.ravi("auth", "login", "--server", server.url, "--code", code)
    return owner


def _document(argv: list[str], env: dict[str, str]) -> Any:
    done = subprocess.run(
        argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if done.returncode:
        raise NotMeasured(f"{Path(argv[0]).name} {argv[1]}: exit {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)
