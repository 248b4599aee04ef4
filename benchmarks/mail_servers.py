"""Servers that take in mail, to measure ours beside: two for developers, which keep nothing safe, and Postfix."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.measure import NotMeasured
from benchmarks.processes import environment
from tests.support.postfix import Postfix

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".venv-compat"
SENDRIA = "sendria==2.2.2"
MAILDEV = "maildev@3.0.0"
PATIENCE = 30.0


@contextmanager
def sendria(folder: Path) -> Iterator[int]:
    """Run sendria on a file of its own; the port it takes mail on."""
    home = KEPT / SENDRIA
    if not (home / "bin" / "sendria").exists():
        _install(sys.executable, "-m", "venv", home)
        _install(home / "bin" / "pip", "install", "-q", SENDRIA)
    smtp, web = _free_port(), _free_port()
    argv = [home / "bin" / "sendria", "-f", "-s", folder / "sendria.db", "--smtp-port", smtp, "--http-port", web]
    with _running([str(word) for word in argv], folder, "sendria", smtp):
        yield smtp


@contextmanager
def maildev(folder: Path) -> Iterator[int]:
    """Run maildev, which keeps mail in files and in memory; the port it takes mail on."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise NotMeasured("maildev needs node and npm")
    home = KEPT / MAILDEV
    if not (home / "node_modules" / ".bin" / "maildev").exists():
        home.mkdir(parents=True, exist_ok=True)
        _install(npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", home, MAILDEV)
    smtp = _free_port()
    program = home / "node_modules" / ".bin" / "maildev"
    argv = [node, str(program), "--smtp", str(smtp), "--web", str(_free_port()), "--ip", "127.0.0.1", "--silent",
            "--mail-directory", str(folder / "maildev")]  # fmt: skip
    with _running(argv, folder, "maildev", smtp):
        yield smtp


@contextmanager
def postfix() -> Iterator[int]:
    """Run Postfix, delivering to a maildir; the port it takes mail on."""
    if not shutil.which("postfix") or os.geteuid() != 0:
        raise NotMeasured("Postfix is not installed, or this is not root (Debian: apt-get install postfix)")
    server = Postfix()
    try:
        yield server.port
    finally:
        server.stop()


@contextmanager
def _running(argv: list[str], folder: Path, name: str, port: int) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(argv, env=environment(folder), cwd=folder, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                if connection.recv(3) == b"220":
                    break
            time.sleep(0.05)
        else:
            raise NotMeasured(f"{name} did not start: {(folder / f'{name}.log').read_text()[-500:]}")
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _install(*command: str | Path) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as fault:
        said = getattr(fault, "stderr", None) or str(fault)
        raise NotMeasured(f"a rival cannot be installed: {said.strip().splitlines()[-1]}") from fault


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
