"""What journeys share: signing in, scripts, a listener that waits to be told a secret, a look at a folder."""

import contextlib
import hashlib
import json
import os
import select
import shutil
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.cli import PROGRAM, Cli, Result
from tests.support.http import Http
from tests.support.server import Server

#: A uuid that no server has given to anything.
NOBODY = "00000000-0000-4000-8000-000000000000"


def sign_in(server: Server, cli: Cli, email: str = "owner@example.com") -> Cli:
    """Add an account for *email* and sign *cli*'s home in, the way that works without a browser; return *cli*."""
    code = server.add_owner(email, "--first-name", "Ada", "--last-name", "Lovelace")["signin_code"]
    cli.ok("auth", "login", "--server", server.url, "--code", "-", stdin=code + "\n")
    return cli


def saved_sign_in(cli: Cli) -> dict[str, Any]:
    """What `auth.json` in the home of *cli* holds."""
    return json.loads((cli.home / ".ravi" / "auth.json").read_text())


def rewrite(path: Path, **changes: Any) -> None:
    """Set these keys of a JSON file."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def api(cli: Cli) -> Http:
    """The API, called with the saved sign-in of *cli*: what a program without our client would do."""
    saved = saved_sign_in(cli)
    return Http(saved["server"], saved["access_token"])


def make_workspace(folder: Path, uuid: str, **more: Any) -> Path:
    """Write `.ravi/config.json` in *folder*, as an orchestrator does; return *folder*."""
    config_dir = folder / ".ravi"
    config_dir.mkdir(parents=True, exist_ok=True)
    (config_dir / "config.json").write_text(json.dumps({"identity_uuid": uuid, **more}))
    return folder


def run_script(cli: Cli, text: str, *, shell: str = "sh", timeout: float = 60.0) -> Result:
    """Run a shell script that finds our `ravi` on its PATH, stops at the first failure, and has no terminal."""
    assert shutil.which("jq"), "the recipes use jq; Debian: apt-get install jq"
    done = subprocess.run(
        [shell, "-euc", text],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=cli.environment,
        cwd=cli.cwd,
        timeout=timeout,
        check=False,
    )
    return Result((shell, "-euc", text), done.returncode, done.stdout, done.stderr)


def contents(folder: Path) -> dict[str, tuple[str, str]]:
    """Every name below *folder* with its mode and the hash of its content."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(status.st_mode) else ""
        found[str(path.relative_to(folder))] = (stat.filemode(status.st_mode), digest)
    return found


@contextlib.contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Fails unless *folder* is byte-identical at the end of the block: names, modes and contents."""
    before = contents(folder)
    yield
    assert contents(folder) == before


class Canary:
    """
    An HTTP server at `url` that nobody has a reason to call. It writes down whatever arrives.

    It answers like a server of ours that means no harm, so that a client that came once would go on.
    """

    def __init__(self) -> None:
        self.visits: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def answer(self, request: bytes) -> bytes:
        """The whole HTTP answer to *request*."""
        body = b'[{"email": "canary@example.net", "uuid": "%s"}]' % NOBODY.encode()
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                with contextlib.suppress(OSError):
                    request = connection.recv(65536)
                    self.visits.append(request)
                    connection.sendall(self.answer(request))


class Redirecting(Canary):
    """A server that sends everybody somewhere else."""

    def __init__(self, target: str) -> None:
        self.target = target
        super().__init__()

    def answer(self, request: bytes) -> bytes:
        path = request.split(b" ", 2)[1]
        location = self.target.encode() + path
        return b"HTTP/1.1 307 Temporary Redirect\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % location


@contextlib.contextmanager
def mute_server() -> Iterator[str]:
    """The URL of a server that lets everybody connect and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """The URL of a place that swallows whatever is sent to it, the first packet of a connection included."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        # Nobody accepts, so the queue is full after a connection or two; the kernel then drops further attempts.
        for _ in range(8):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


class Terminal:
    """`ravi ARGUMENTS` at a terminal of its own, where a person could answer."""

    def __init__(self, cli: Cli, *arguments: str) -> None:
        self.screen = ""
        """Everything that it has shown, both streams."""
        self._fd, theirs = os.openpty()
        self._process = subprocess.Popen(
            [PROGRAM, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**cli.environment, "TERM": "xterm", "COLUMNS": "200"},
            cwd=cli.cwd,
            start_new_session=True,
        )
        os.close(theirs)

    def wait_for(self, text: str, *, within: float = 20.0) -> None:
        """Read until *text* is on the screen."""
        deadline = time.monotonic() + within
        while text not in self.screen and self._read(deadline):
            pass
        assert text in self.screen, f"{text!r} never appeared on the screen:\n{self.screen}"

    def type(self, line: str) -> None:
        os.write(self._fd, line.encode() + b"\n")

    def end(self, *, within: float = 20.0) -> int:
        """Wait for its end and return the exit code."""
        deadline = time.monotonic() + within
        while self._read(deadline):
            pass
        try:
            return self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"still running after {within} s:\n{self.screen}") from None
        finally:
            os.close(self._fd)

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._fd], [], [], max(0.0, deadline - time.monotonic()))
        try:
            data = os.read(self._fd, 65536) if ready else b""
        except OSError:  # EIO: the last process that had the terminal open has closed it
            return False
        self.screen += data.decode(errors="replace")
        return bool(data)
