"""
The app "SMS Gateway for Android" as its manual describes it, on a real port: what it is asked, and what it posts.

Local mode: Basic authentication for everything but /health, both names for each collection, a message under an id that
is known is not sent again. Every SMS that comes in is posted twice, with two ids and two signatures, as the app does.
"""

import base64
import hashlib
import hmac
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote, urlsplit

DEVICE = "ffffffffceb0b1db0000018e937c815b"
USER, PASSWORD, KEY = "sms", "p@ss/word", "aB3-dE6_"
EVENTS = ("sms:received", "sms:sent", "sms:delivered", "sms:failed", "system:ping", "sms:data-received", "mms:received")
#: The manual's own example, with the time that the network gave it.
RECEIVED_AT = "2024-06-22T15:46:11.000+07:00"


class AndroidDouble:
    """
    One phone. `messages` is what it was told to send, by id, as the app keeps it.

    `conflicts`: whether it says 409 to an id that it knows, as newer apps do, or takes no notice (202). `trouble` is
    the status of every answer to an authorised request, if set. `silent_after_taking`: it sends, and never answers.
    """

    def __init__(self, *, prefix: str = "") -> None:
        self.device, self.user, self.password, self.key = DEVICE, USER, PASSWORD, KEY
        self.prefix = prefix
        self.messages: dict[str, dict[str, Any]] = {}
        self.webhooks: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.conflicts = True
        self.trouble: tuple[int, dict[str, Any], dict[str, str]] | None = None
        self.silent_after_taking = False
        self.settings: dict[str, Any] | None = {"ping": {"interval_seconds": 300}}
        self.checks: dict[str, dict[str, Any]] = {
            "battery:level": _check("percent", 94),
            "battery:charging": _check("flags", 4),
            "connection:status": _check("Yes/No", 1),
            "messages:failed": _check("messages", 0),
        }
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Be switched off."""
        self._server.shutdown()
        self._server.server_close()

    def url(self, key_file: object, *sims: str, more: str = "") -> str:
        """The URL of a carrier that is this phone."""
        signs_in = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        options = f"key-file={quote(str(key_file))}&sims={','.join(sims)}{more}"
        return f"android+http://{signs_in}@127.0.0.1:{self.port}{self.prefix or '/'}?{options}"

    def sms(self, message: str, sender: str, *, sim: int | None = 1, at: str = RECEIVED_AT, **more: Any) -> list[int]:
        """Let an SMS come in: it is posted twice. Returns the statuses that the receivers answered."""
        content = f"{sender}{message}{at}".encode()
        payload = {
            "messageId": hashlib.sha256(content).hexdigest()[:8],
            "message": message,
            "phoneNumber": sender,
            "simNumber": sim,
            "receivedAt": at,
            **more,
        }
        return [status for _ in range(2) for status in self.emit("sms:received", payload)]

    def becomes(self, id_: str, event: str, **more: Any) -> list[int]:
        """Let a message that was sent be sent, delivered or failed."""
        message = self.messages[id_]
        message["state"] = event.removeprefix("sms:").capitalize()
        said = {"messageId": id_, "phoneNumber": message["recipients"][0]["phoneNumber"], "simNumber": 1, **more}
        return self.emit(event, said)

    def ping(self) -> list[int]:
        """Give a sign of life."""
        return self.emit("system:ping", {"health": self.health()})

    def emit(self, event: str, payload: dict[str, Any]) -> list[int]:
        """Post an event to whoever is registered for it."""
        return [
            self.post(hook["url"], self.envelope(event, payload, hook["id"]))
            for hook in list(self.webhooks.values())
            if hook["event"] == event
        ]

    def envelope(self, event: str, payload: Any, webhook: str = "") -> bytes:
        document = {"deviceId": self.device, "event": event, "id": self.fresh_id(), "payload": payload}
        return json.dumps({**document, "webhookId": webhook}).encode()

    def signed(self, body: bytes, *, at: float | None = None, key: str | None = None) -> dict[str, str]:
        """The headers of a webhook with that body."""
        timestamp = str(int(time.time() if at is None else at))
        made = hmac.new((self.key if key is None else key).encode(), body + timestamp.encode(), hashlib.sha256)
        return {"content-type": "application/json", "x-timestamp": timestamp, "x-signature": made.hexdigest()}

    def post(self, url: str, body: bytes) -> int:
        """Post one signed webhook; the status of the answer."""
        request = urllib.request.Request(url, body, self.signed(body), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def health(self) -> dict[str, Any]:
        worst = "fail" if any(check["status"] == "fail" for check in self.checks.values()) else "pass"
        return {"checks": self.checks, "releaseId": 1, "status": worst, "version": "1.60.0"}

    def fresh_id(self) -> str:
        with self._lock:
            return f"event-{next(self._ids):016}"

    # What it answers.

    def answer(self, method: str, path: str, document: Any) -> tuple[int, Any, dict[str, str]]:
        """Answer an authorised request; *path* is without its query."""
        self.requests.append((method, path, document))
        if self.trouble:
            return self.trouble
        match method, path.removeprefix(self.prefix).strip("/").split("/"):
            case "POST", ["message" | "messages"]:
                return self._enqueue(document)
            case "GET", ["message" | "messages", id_]:
                with self._lock:
                    return (200, self.messages[unquote(id_)], {}) if unquote(id_) in self.messages else (404, None, {})
            case "GET", ["webhook" | "webhooks"]:
                return 200, list(self.webhooks.values()), {}
            case "POST", ["webhook" | "webhooks"]:
                return self._register(document)
            case "DELETE", ["webhook" | "webhooks", id_]:
                self.webhooks.pop(unquote(id_), None)
                return 204, None, {}
            case "GET", ["device" | "devices"]:
                return 200, [{"id": self.device, "name": "Acme/phone"}], {}
            case "GET", ["settings"] if self.settings is not None:
                return 200, self.settings, {}
        return 404, None, {}

    def _enqueue(self, said: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        if said.get("deviceId") not in (None, self.device):
            return 400, {"message": "Invalid device ID"}, {}
        if not said.get("textMessage", {}).get("text"):
            return 400, {"message": "Text message is empty"}, {}
        if not said.get("phoneNumbers"):
            return 400, {"message": "phoneNumbers is empty"}, {}
        if said.get("simNumber") is not None and said["simNumber"] < 1:
            return 400, {"message": "simNumber must be >= 1"}, {}
        id_ = said.get("id") or self.fresh_id()
        recipients = [{"phoneNumber": to, "state": "Pending", "error": None} for to in said["phoneNumbers"]]
        state = {"id": id_, "deviceId": self.device, "state": "Pending", "recipients": recipients, "isEncrypted": False}
        with self._lock:
            if id_ not in self.messages:
                self.messages[id_] = {**state, "asked": said}
            elif self.conflicts:
                return 409, {"message": "Message with the same ID already exists"}, {}
        return 202, state, {}

    def _register(self, said: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        url = urlsplit(said["url"])
        if url.scheme != "https" and url.hostname != "127.0.0.1":
            return 400, {"message": "url must start with https:// or http://127.0.0.1"}, {}
        if said["event"] not in EVENTS:
            return 400, {"message": "Unsupported event"}, {}
        if said.get("deviceId") not in (None, self.device):
            return 400, {"message": "Device ID mismatch"}, {}
        id_ = said.get("id") or self.fresh_id()
        self.webhooks[id_] = {**said, "id": id_, "deviceId": None, "source": "Local"}
        return 201, self.webhooks[id_], {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def _check(unit: str, value: float, status: str = "pass") -> dict[str, Any]:
    return {"description": unit, "observedUnit": unit, "observedValue": value, "status": status}


def _handler(phone: AndroidDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            path = urlsplit(self.path).path
            if path == f"{phone.prefix}/health":
                health = phone.health()
                return self._say(500 if health["status"] == "fail" else 200, health, {})
            wanted = base64.b64encode(f"{phone.user}:{phone.password}".encode()).decode()
            if self.headers.get("Authorization") != f"Basic {wanted}":
                return self._say(401, None, {"WWW-Authenticate": 'Basic realm="Access to SMS Gateway"'})
            answer = phone.answer(self.command, path, json.loads(body) if body else None)
            if phone.silent_after_taking and self.command == "POST":
                self.connection.recv(1)  # until the other side has had enough
                self.close_connection = True
                return None
            return self._say(*answer)

        do_GET = do_POST = do_DELETE = _do  # noqa: N815 - the names that http.server calls

        def _say(self, status: int, document: Any, headers: dict[str, str]) -> None:
            body = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler
