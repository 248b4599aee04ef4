"""A small HTTP client for tests that speak to a running server; nothing of ours in it."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, read to its end. Header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Http:
    """
    Sends requests to one server, a connection each. Never follows a redirect, never tries again.

    *identity* is the uuid of whom an account's credential acts as.
    """

    def __init__(self, url: str, token: str | None = None, identity: str = "") -> None:
        self.url = url
        self.token = token
        self.identity = identity

    def holding(self, token: str | None) -> "Http":
        """Return the same client with another credential, acting as nobody."""
        return Http(self.url, token)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> Reply:
        """Send *body* as JSON, or *raw* as it is, and return the answer whatever its status."""
        sent = {"Accept": "application/json", **(headers or {})}
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        if self.identity:
            sent.setdefault("X-Ravi-Identity", self.identity)
        if body is not None:
            raw = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        target = urlsplit(self.url)
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=timeout)
        try:
            connection.request(method, path, raw, sent)
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **more: Any) -> Reply:
        return self.send("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Reply:
        return self.send("POST", path, body, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> Reply:
        return self.send("PATCH", path, body, **more)

    def put(self, path: str, body: Any = None, **more: Any) -> Reply:
        return self.send("PUT", path, body, **more)

    def delete(self, path: str, **more: Any) -> Reply:
        return self.send("DELETE", path, **more)
