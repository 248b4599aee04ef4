"""A server that somebody has taken over: a real one behind it, and in front of that a hand that changes the answers."""

import contextlib
import json
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.http import Http, Reply

#: Headers that belong to one connection, or that the body decides anew.
_NOT_PASSED_ON = {"connection", "content-length", "date", "host", "keep-alive", "server", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `body` is its JSON, None where there is none."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str] = field(repr=False)
    body: Any


#: Gets a request and what the honest server said to it; returns what the client is told.
Lie = Callable[[Asked, Reply], Reply]
#: Gets a request and returns the one that the honest server is to see.
Meddling = Callable[[Asked], Asked]


class Hostile:
    """Stands at `url` in front of the server at *upstream*; honest but within `lying` and `meddling`."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.asked: list[Asked] = []
        """Every request since the last `lying` began."""
        self.faults: list[str] = []
        """What went wrong in here; a test whose server broke down has shown nothing."""
        self._lies: tuple[Lie, ...] = ()
        self._meddling: Meddling = _unmeddled
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @contextlib.contextmanager
    def lying(self, *lies: Lie) -> Iterator[None]:
        """Answer as *lies* say, one on top of the other, within the block."""
        self.asked.clear()
        self._lies = lies
        try:
            yield
        finally:
            self._lies = ()

    @contextlib.contextmanager
    def meddling(self, meddling: Meddling) -> Iterator[None]:
        """Pass requests on as *meddling* makes them, within the block."""
        self._meddling = meddling
        try:
            yield
        finally:
            self._meddling = _unmeddled

    def handle(self, asked: Asked) -> Reply:
        """What the client is told."""
        self.asked.append(asked)
        passed_on = self._meddling(asked)
        target = f"{passed_on.path}?{passed_on.headers['x-query']}" if passed_on.headers["x-query"] else passed_on.path
        headers = {name: value for name, value in passed_on.headers.items() if name not in {*_NOT_PASSED_ON, "x-query"}}
        reply = Http(self.upstream).send(passed_on.method, target, passed_on.body, headers=headers)
        for lie in self._lies:
            reply = lie(asked, reply)
        return reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hostile = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                target = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()} | {"x-query": target.query}
                body = json.loads(raw) if raw else None
                query = parse_qs(target.query, keep_blank_values=True)
                try:
                    reply = hostile.handle(Asked(self.command, target.path, query, headers, body))
                except Exception:
                    hostile.faults.append(traceback.format_exc())
                    raise
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    if name not in _NOT_PASSED_ON:
                        self.send_header(name, value)
                if reply.status != 204:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server finds them by name

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def saying(value: Any, reply: Reply, status: int = 200) -> Reply:
    """*reply* with the JSON *value* instead of its own."""
    return replace(reply, status=status, headers={"content-type": "application/json"}, body=json.dumps(value).encode())


def rows_changed(path: str, change: Callable[[list[Any]], None]) -> Lie:
    """
    A lie about every answer at a path that begins with *path*: *change* is given its rows, to change them in place.

    A single object is a list of one.
    """

    def lie(asked: Asked, honest: Reply) -> Reply:
        if not asked.path.startswith(path) or not 200 <= honest.status < 300 or not honest.body:
            return honest
        said = honest.json
        rows = said if isinstance(said, list) else [said]
        change(rows)
        return saying(rows if rows is said else rows[0], honest, honest.status)

    return lie


def _unmeddled(asked: Asked) -> Asked:
    return asked
