"""Where a stand-in for a language model listens; which API it speaks is its own matter."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STREAM = "text/event-stream"


class ModelServer:
    """
    A model at `url`, for as long as the block of `with` lasts. `requests` are the bodies that it was sent.

    Such a model does to the letter what a person says: to a line "run: COMMAND", or "call: TOOL" where it knows that,
    it answers with a call of a tool, and to what a tool returned with exactly that.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
                model.requests.append(body)
                self._send(200, *model.answer(self.path, body))

            def do_GET(self) -> None:
                self._send(404, "text/plain", b"")

            do_HEAD = do_GET  # noqa: N815 - the name is the base class's

            def _send(self, status: int, kind: str, content: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "ModelServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def answer(self, path: str, body: dict[str, Any]) -> tuple[str, bytes]:
        """The type and the content of the answer to what was posted to *path*."""
        raise NotImplementedError


def asked_for(text: str) -> tuple[str, str] | None:
    """What *text* asks for last: ("run", a command) or ("call", the name of a tool); None when it asks for nothing."""
    for line in reversed(text.splitlines()):
        for what in ("run", "call"):
            head, mark, rest = line.partition(f"{what}: ")
            if mark and not head.strip():
                return what, rest
    return None


def events(*named: tuple[str, dict[str, Any]]) -> bytes:
    """Server-sent events, each with its name also as the type in its data."""
    return "".join(f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n" for name, data in named).encode()
