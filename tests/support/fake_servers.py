"""Servers that the client is tested against: a `Player` says exactly these bytes, an `Api` answers like Ravi."""

import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ravi.settings.resolve import Sourced
from ravi.settings.values import SIGN_IN_KEYS, Credential, Settings

READ, CLOSE, RESET = object(), object(), object()
ONE = "11111111-1111-4111-8111-111111111111"


class Sip:
    """A step of a `Player`: read one request, *size* bytes at a time, with *pause* seconds between them."""

    def __init__(self, size: int, pause: float) -> None:
        self.size = size
        self.pause = pause


class Player:
    """
    Plays one script per connection, the last one for all further connections.

    A step is bytes to send, a pause in seconds, READ or a Sip (one request), CLOSE or RESET. When a script ends, the
    connection stays open until the client closes it.
    """

    def __init__(self) -> None:
        self.scripts: list[tuple[Any, ...]] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        if self._listener.fileno() >= 0:
            # A closed listener does not wake its own accept(): this does.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            script = self.scripts[min(self.connections, len(self.scripts) - 1)]
            self.connections += 1
            threading.Thread(target=self._play, args=(connection, script), daemon=True).start()

    def _play(self, connection: socket.socket, script: tuple[Any, ...]) -> None:
        with connection:
            try:
                for step in script:
                    if step is READ:
                        self.requests.append(read_request(connection))
                    elif isinstance(step, Sip):
                        self.requests.append(read_request(connection, step))
                    elif step is CLOSE:
                        return
                    elif step is RESET:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
                    elif isinstance(step, bytes):
                        connection.sendall(step)
                    else:
                        time.sleep(step)
                while connection.recv(65536):
                    pass
            except OSError:
                return  # the client had enough


def read_request(connection: socket.socket, sip: Sip | None = None) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            while len(body) < int(line.partition(b":")[2]):
                body += connection.recv(sip.size if sip else 65536)
                time.sleep(sip.pause if sip else 0)
    return head + b"\r\n\r\n" + body


class Request:
    """A request as the Api saw it; header names are lower case."""

    def __init__(self, method: str, target: str, headers: dict[str, str], body: Any) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # with the default of 5, fifty processes would be kept waiting by the kernel


class Api:
    """
    Answers by `routes`: (method, target) to an answer, a function from Request to an answer, or a list of
    answers for one call after the other. An answer is a body for status 200, or (status, body[, headers]).
    """

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], Any] = {}
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def seen(self) -> list[tuple[str, str]]:
        return [(request.method, request.target) for request in self.requests]

    def answer(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        with self._lock:
            self.requests.append(request)
            answer = self.routes.get((request.method, request.target), (404, problem("not_found", "no such thing")))
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            answer = answer(request)
        if not isinstance(answer, tuple):
            answer = (200, answer)
        return (*answer, {}) if len(answer) == 2 else answer

    def _handler(api) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the class inside has a `self` of its own
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, json.loads(body) if body else None)
                status, answer, more = api.answer(request)
                content = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "X-Request-Id": "req-1", **more}.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: Any) -> None:
                return

        return Handler


def problem(code: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"detail": detail, "code": code, "error": {"code": code, "message": detail, "details": None}, **more}


def make_settings(
    url: str,
    *,
    token: str | None = "ravi_mgmt_test",
    identity: str | None = ONE,
    source: str = "./.ravi/config.json",
    refresh: str | None = None,
    path: str | None = None,
    expires_at: float | None = None,
) -> Settings:
    credential = None
    if token is not None:
        credential = Credential(
            token,
            server=url,
            source="~/.ravi/auth.json" if path else "RAVI_API_KEY",
            refresh=refresh,
            path=path,
            keys=SIGN_IN_KEYS if path else None,
            expires_at=expires_at,
        )
    return Settings(
        server=Sourced(url, "test"),
        identity=None if identity is None else Sourced(identity, source),
        identity_name=None,
        credential=credential,
        home="/nowhere",
        config_dir="/nowhere",
    )
