"""Mail leaves through a real relay: over TLS, with a password, signed, and whatever happens to either side."""

import email
import email.policy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.cli import Cli
from tests.support.dkim_keys import record_of
from tests.support.http import Http
from tests.support.journey import api, sign_in
from tests.support.relay_process import PASSWORD, USER, RelayProcess, relay_process
from tests.support.server import Server

PATIENCE = 20.0


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayProcess]:
    with relay_process(tmp_path / "relay") as running:
        yield running


def server_with(relay: RelayProcess, folder: Path, *options: str, user: str = USER, trust: bool = True) -> Server:
    env = {"RAVI_SERVER_RELAY": f"smtp://{quote(user, safe='')}:{quote(PASSWORD, safe='')}@127.0.0.1:{relay.port}"}
    if trust:
        env["SSL_CERT_FILE"] = str(relay.ca)
    return Server(folder / "data", "--mail-domain", "in.example", *options, env=env)


def agent_of(server: Server, cli: Cli) -> Http:
    """Return the API as a new identity calls it."""
    made = api(sign_in(server, cli)).post("/api/identities/", {"name": "agent"})
    assert made.status == 201, made.body
    return Http(server.url, made.json["api_key"])


def compose(agent: Http, to: str, **more: Any) -> dict[str, Any]:
    reply = agent.post("/api/email-messages/compose/", {"to_email": to, "subject": "Hi", "content": "Hello.", **more})
    assert reply.status == 201, reply.body
    return reply.json


def upload(agent: Http, content: bytes) -> str:
    """Upload a file as published clients do, and return its uuid."""
    announced = agent.post(
        "/api/email-attachments/presign/",
        {"filename": "large.bin", "content_type": "application/octet-stream", "size": len(content)},
    ).json
    path = announced["upload_url"].removeprefix(agent.url)
    reply = agent.holding(None).put(path, raw=content, headers={"Content-Type": "application/octet-stream"})
    assert reply.status == 200, reply.body
    return announced["uuid"]


def wait_for(agent: Http, sent: dict[str, Any], done: Any) -> dict[str, Any]:
    """Return the message as soon as *done* says so of it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        message = agent.get(f"/api/email-messages/{sent['id']}/").json
        if done(message):
            return message
        assert time.monotonic() < deadline, message
        time.sleep(0.05)


def test_a_message_leaves_signed_over_tls_and_its_answer_would_find_the_way_back(
    relay: RelayProcess, tmp_path: Path, cli: Cli
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    (tmp_path / "dkim.pem").touch(0o600)
    (tmp_path / "dkim.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    server = server_with(relay, tmp_path, "--dkim-key", str(tmp_path / "dkim.pem"), "--dkim-selector", "mail").start()
    try:
        agent = agent_of(server, cli)
        file = upload(agent, b"\r\n.\r\n" * 500_000)
        sent = compose(
            agent,
            "Ada <ada@example.org>",
            bcc="bob@example.org",
            subject="Grüße",
            content="<p>Hällo</p>",
            attachment_uuids=[file],
        )
        wait_for(agent, sent, lambda message: message["state"] == "sent")
    finally:
        server.stop()

    ((envelope, content),) = relay.taken
    assert envelope == {
        "from": "agent@in.example",
        "to": ["ada@example.org", "bob@example.org"],
        "tls": True,
        "user": USER,
        "helo": "in.example",
    }
    asked: list[bytes] = []

    def lookup(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record_of(key)

    assert dkim.verify(content, dnsfunc=lookup)
    assert asked == [b"mail._domainkey.in.example."]
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert (message["subject"], message["message-id"]) == ("Grüße", sent["message_id"])
    assert b"bob" not in content
    assert [part.get_content() for part in message.iter_attachments()] == [b"\r\n.\r\n" * 500_000]  # type: ignore[attr-defined]
    assert PASSWORD not in "".join(server.lines)


def test_what_is_queued_survives_kill_9(tmp_path: Path, cli: Cli) -> None:
    with relay_process(tmp_path / "relay") as away:
        pass
    server = server_with(away, tmp_path).start()
    agent = agent_of(server, cli)
    sent = [compose(agent, f"p{number}@example.org") for number in range(5)]
    server.kill()

    with relay_process(tmp_path / "relay", away.port) as back:
        server.restart()
        try:
            deadline = time.monotonic() + 90  # whoever was tried while nobody was there is tried after a minute
            while len(back.taken) < 5:
                assert time.monotonic() < deadline, server.lines[-5:]
                time.sleep(0.2)
            for each in sent:
                wait_for(agent, each, lambda message: message["state"] == "sent")
        finally:
            server.stop()
        recipients = sorted(to for envelope, _ in back.taken for to in envelope["to"])
        assert recipients == [f"p{number}@example.org" for number in range(5)]


def test_a_final_no_comes_back_as_a_message(relay: RelayProcess, tmp_path: Path, cli: Cli) -> None:
    relay.say("550 5.1.1 nobody of that name")
    server = server_with(relay, tmp_path).start()
    try:
        agent = agent_of(server, cli)
        failed = wait_for(agent, compose(agent, "who@example.org"), lambda message: message["state"] == "failed")
        (report,) = agent.get("/api/email-messages/?direction=incoming").json
    finally:
        server.stop()

    assert report["thread_id"] == failed["thread_id"]
    assert "550 5.1.1 nobody of that name" in report["text_content"]
    assert relay.taken == []


@pytest.mark.parametrize("wrong", ["certificate", "password"])
def test_nothing_is_said_to_who_is_not_the_relay(wrong: str, relay: RelayProcess, tmp_path: Path, cli: Cli) -> None:
    """A certificate that nobody vouches for, or a password that is not ours: the message stays, and says why."""
    server = server_with(
        relay, tmp_path, user=USER if wrong == "certificate" else "eve@example.org", trust=wrong != "certificate"
    ).start()
    try:
        agent = agent_of(server, cli)
        waiting = wait_for(
            agent, compose(agent, "ada@example.org"), lambda message: message["deliveries"][0]["last_error"]
        )
    finally:
        server.stop()

    assert (waiting["state"], relay.taken) == ("queued", [])
    reason = waiting["deliveries"][0]["last_error"].lower()
    assert ("certificate" in reason) if wrong == "certificate" else ("535" in reason)
    assert PASSWORD not in "".join(server.lines)
