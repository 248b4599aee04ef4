"""One kept HTTP connection on a bare socket, for timing single requests: a client library costs more than they do."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.measure import NotMeasured

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def request(method: str, path: str, *, token: str, body: dict[str, Any] | None = None) -> bytes:
    """Return the bytes of a request."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}"]
    lines += [] if body is None else ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


@contextmanager
def connected(port: int) -> Iterator["Connection"]:
    """A connection to the server on *port*. Do not keep it through a pause: servers close what says nothing."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Connection(stream)


class Connection:
    """Asks one thing after the other."""

    def __init__(self, stream: socket.socket) -> None:
        self._socket = stream

    def ask(self, sent: bytes) -> bytes:
        """Send a request and return its answer's body. Raises NotMeasured unless that is a 2xx of stated length."""
        self._socket.sendall(sent)
        had = self._socket.recv(65536)
        while b"\r\n\r\n" not in had:
            had += self._more()
        head, _, body = had.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if head[9:10] != b"2" or length is None:
            raise NotMeasured(f"{sent.split()[0].decode()} was answered with {had[:300]!r}")
        while len(body) < int(length[1]):
            body += self._more()
        return body

    def _more(self) -> bytes:
        chunk = self._socket.recv(65536)
        if not chunk:
            raise NotMeasured("the server closed the connection in the middle of an answer")
        return chunk
