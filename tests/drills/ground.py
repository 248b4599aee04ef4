"""What drills happen on: one or more real servers, owners, and agents with everything that a credential can open."""

import base64
import contextlib
import itertools
import smtplib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.http import Http, Reply
from tests.support.server import Server

PATIENCE = 20.0
_numbers = itertools.count(1)


class Receiver:
    """Somebody's endpoint for webhooks; `posts` has the path and the arrival (`time.monotonic`) of each."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, float]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.posts.append((self.path, time.monotonic()))
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def arrived(self, path: str) -> list[float]:
        return [at for found, at in list(self.posts) if found == path]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def asking(http: Http, method: str, path: str, body: Any = None, **more: Any) -> Reply:
    """Send it, again where the server asks for a pause: a drill is about who may, not about how often."""
    deadline = time.monotonic() + PATIENCE
    while True:
        reply = http.send(method, path, body, **more)
        if reply.status != 429 or time.monotonic() > deadline:
            return reply
        time.sleep(min(1.0, float(reply.headers.get("retry-after", "0.2"))))


def must(http: Http, method: str, path: str, body: Any = None, **more: Any) -> Any:
    """Send it and return the JSON of the answer, which must be a good one."""
    reply = asking(http, method, path, body, **more)
    assert 200 <= reply.status < 300, f"{method} {path}: {reply.status} {reply.body!r}"
    return reply.json if reply.body else None


def eventually(what: str, look: Any) -> Any:
    """Return what *look* finds, once it finds something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.03)
    return found


@dataclass
class Owner:
    """Somebody with an account, signed in at the first of the servers."""

    email: str
    access: str
    refresh: str
    servers: list[Server]

    @property
    def http(self) -> Http:
        return Http(self.servers[0].url, self.access)

    def at(self, server: Server) -> Http:
        return Http(server.url, self.access)

    def hire(self, name: str, **more: Any) -> "Agent":
        """Make an identity with a key of its own."""
        made = must(self.http, "POST", "/api/identities/", {"name": name, **more})
        key = must(self.http, "POST", "/api/auth/keys/identity/", {"identity_uuid": made["uuid"], "label": name})
        return Agent(name, made["uuid"], made["email"], made["phone"], key["key"], key["uuid"], self)


@dataclass
class Agent:
    """An identity, and the credential that its agent holds; `selects` says that it is the account's."""

    name: str
    uuid: str
    email: str
    phone: str
    token: str = field(repr=False)
    key_uuid: str = ""
    owner: "Owner | None" = None
    selects: bool = False

    def at(self, server: Server) -> Http:
        return Http(server.url, self.token, self.uuid if self.selects else "")


def new_owner(servers: list[Server], name: str = "owner") -> Owner:
    """Add an account and sign in."""
    email = f"{name}-{next(_numbers)}@example.com"
    code = servers[0].add_owner(email, "--first-name", "Ada", "--last-name", "Lovelace")["signin_code"]
    made = must(Http(servers[0].url), "POST", "/api/auth/login/", {"signin_code": code})
    return Owner(email, made["access"], made["refresh"], servers)


def deliver(
    server: Server, to: str, subject: str, text: str, *, file: bytes = b"", sender: str = "friend@client.example"
) -> None:
    """Have somebody outside write to *to*, with an attachment if *file* has bytes."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message.set_content(text)
    if file:
        message.add_attachment(file, maintype="text", subtype="plain", filename="note.txt")
    host, _, port = server.smtp.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=PATIENCE) as smtp:
        smtp.send_message(message)


def attachment_of(agent: Agent, server: Server, subject: str) -> dict[str, Any]:
    """The attachment of the agent's mail with that subject, as a single message shows it."""

    def look() -> Any:
        return [each for each in must(agent.at(server), "GET", "/api/email-messages/") if each["subject"] == subject]

    (message,) = eventually(f"mail about {subject}", look)
    shown = must(agent.at(server), "GET", f"/api/email-messages/{message['uuid']}/")
    found: dict[str, Any] = shown["attachments"][0]
    return found


def path_of(url: str) -> str:
    """What stands behind the host in *url*: servers of one database are reached under several."""
    return "/" + url.split("/", 3)[3]


def sealed(text: str = "drill") -> str:
    """Something that looks like a sealed value; no drill about reaching it has to open it."""
    return "e2e2::" + base64.b64encode(text.encode().ljust(64, b"\0")).decode()


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()
