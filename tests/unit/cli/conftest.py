"""A `ravi` to call in this process, and a server that plays canned answers."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ravi.cli.main import main

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
OTHER_UUID = "5e1d2c3b-8a67-4d19-8f0e-2b3c4d5e6f70"


@dataclass
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout, which has to be exactly one JSON document and one line break."""
        assert self.out.endswith("\n")
        assert not self.out.endswith("\n\n")
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """stderr, which has to be exactly one line of JSON."""
        assert self.err.count("\n") == 1
        return json.loads(self.err)


@pytest.fixture
def ravi(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """`ravi("get", "email")` runs the command in this process; stdout is no terminal."""

    def run(*argv: str) -> Ran:
        capsys.readouterr()
        code = main(list(argv))
        caught = capsys.readouterr()
        return Ran(code, caught.out, caught.err)

    return run


@dataclass
class Asked:
    """One request that reached the server."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Server:
    """Answers by method and path (with query); whatever was not foreseen is a 500 and fails the test."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    unforeseen: list[str] = field(default_factory=list)
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)

    def on(self, call: str, body: Any, status: int = 200) -> None:
        """Answer *call* ("GET /api/email/") so; given several times, one after the other, the last for ever."""
        self.answers.setdefault(call, []).append((status, body))

    def refuse(self, call: str, status: int, code: str, detail: str, **more: Any) -> None:
        """Answer *call* with the error envelope."""
        details = more.pop("details", None)
        body = {"detail": detail, "code": code, "error": {"code": code, "message": detail, "details": details}}
        self.on(call, {**body, **more}, status)

    def calls(self) -> list[str]:
        """What was asked, as "METHOD path"."""
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def take(self, asked: Asked) -> tuple[int, Any]:
        """The next answer to *asked*."""
        self.asked.append(asked)
        waiting = self.answers.get(f"{asked.method} {asked.path}")
        if not waiting:
            self.unforeseen.append(f"{asked.method} {asked.path}")
            return 500, {"detail": "unforeseen", "code": "server.error", "error": {}}
        return waiting[0] if len(waiting) == 1 else waiting.pop(0)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on a free port of this machine."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one write an answer; two would wait for each other (Nagle, delayed acknowledgement)

        def handle_any(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(raw) if raw else None
            status, answer = state.take(Asked(self.command, self.path, dict(self.headers), body))
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Request-Id", "req-1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self.handle_any
            raise AttributeError(name)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_address[1]}"
    yield state
    http.shutdown()
    http.server_close()
    assert state.unforeseen == []


@pytest.fixture
def signed_in(server: Server, home: Path) -> Server:
    """The server, with a sign-in there saved in the home directory."""
    write(
        home / ".ravi" / "auth.json",
        {
            "access_token": "ravi_at_canned",
            "refresh_token": "ravi_rt_canned",
            "user_email": "owner@example.com",
            "expires_at": "2099-01-01T00:00:00Z",
            "server": server.url,
        },
    )
    return server


def write(path: Path, content: Any) -> Path:
    """Write *content* as one of our files."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(0o600)
    return path


@pytest.fixture
def select() -> Callable[..., Path]:
    """`select()` makes the working directory's project act as UUID."""

    def choose(uuid: str = UUID, **more: Any) -> Path:
        return write(Path.cwd() / ".ravi" / "config.json", {"identity_uuid": uuid, **more})

    return choose


@pytest.fixture
def put() -> Callable[[Path, Any], Path]:
    """Write one of our files."""
    return write


@pytest.fixture
def identity() -> Callable[..., dict[str, Any]]:
    """An identity as the server sends it."""

    def make(name: str = "research-agent", uuid: str = UUID, **changes: Any) -> dict[str, Any]:
        made = {
            "id": 1,
            "uuid": uuid,
            "name": name,
            "inbox": f"{name}@in.ravi.localhost",
            "email": f"{name}@in.ravi.localhost",
            "phone": "+15005550001",
            "phone_number": "+15005550001",
            "status": "active",
            "labels": {},
            "workspace": None,
            "expires_dt": None,
            "created_dt": "2026-11-23T05:04:03Z",
            "updated_dt": "2026-11-23T05:04:03Z",
        }
        return {**made, **changes}

    return make
