"""Requests that are held open for long: the stream of events, and a wait. Each says when and why it ended."""

import contextlib
import http.client
import json
import socket
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from tests.support.http import Http

#: Longer than any drill looks at one of them.
PATIENCE = 60.0


class Stream:
    """`GET /api/events/stream/` in a thread. `ended_at` (`time.monotonic`) and `reason` when the server ends it."""

    def __init__(self, at: Http, identity: str = "") -> None:
        self.events: list[dict[str, Any]] = []
        self.ended_at: float | None = None
        self.reason = ""
        target = urlsplit(at.url)
        self._connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=PATIENCE)
        query = f"?identity={identity}" if identity else ""
        headers = {"Authorization": f"Bearer {at.token}", "Accept": "text/event-stream"}
        if at.identity:
            headers["X-Ravi-Identity"] = at.identity
        self._connection.request("GET", f"/api/events/stream/{query}", headers=headers)
        self._socket = self._connection.sock
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200, self._answer.read()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave, and forget the connection."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._answer.close()
        self._connection.close()
        self._socket.close()

    def _read(self) -> None:
        name = ""
        try:
            while line := self._answer.readline():
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data" and name == "end":
                    self.reason = json.loads(value)["reason"]
                elif field == "data":
                    self.events.append(json.loads(value))
                elif not line.strip():
                    name = ""
        except (OSError, ValueError, http.client.HTTPException, AttributeError) as problem:
            self.reason = self.reason or f"broken off: {problem}"
        self.ended_at = time.monotonic()


class Wait:
    """`POST /api/wait/` in a thread, again and again as a client does; ends when it is refused, or has found a code."""

    def __init__(self, at: Http) -> None:
        self.ended_at: float | None = None
        self.reason = ""
        self.code = ""
        self._at = at
        self._leaving = False
        self.asking = threading.Event()
        threading.Thread(target=self._ask, daemon=True).start()
        self.asking.wait()

    def close(self) -> None:
        self._leaving = True

    def _ask(self) -> None:
        cursor = ""
        while not self._leaving:
            body = {"want": "otp", "seconds": 25} | ({"cursor": cursor} if cursor else {})
            self.asking.set()
            try:
                reply = self._at.post("/api/wait/", body, timeout=PATIENCE)
            except OSError as problem:
                self.reason = f"broken off: {problem}"
                break
            if reply.status == 429:
                time.sleep(0.2)
                continue
            if reply.status != 200:
                self.reason = reply.json["code"]
                break
            if reply.json["found"]:
                self.code = reply.json["code"]
                break
            cursor = reply.json["cursor"]
        self.ended_at = time.monotonic()
