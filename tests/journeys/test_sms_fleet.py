"""Two agents of a fleet exchange codes by SMS, while a third cannot see, send as, or wait for either."""

import itertools
import json
import smtplib
import subprocess
import time
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.journey import api, make_workspace
from tests.support.server import Server

PATIENCE = 60.0
#: What only the two may ever see.
CODES = {"ada": "482913", "bob": "771204"}


@dataclass
class Agent:
    """An identity in a workspace of its own, with its own key and nobody's home."""

    cli: Cli
    uuid: str
    number: str
    email: str
    http: Http

    def waits(self, *flags: str) -> "subprocess.Popen[str]":
        return self.cli.start("wait", "--otp", "--timeout", "50", "--json", *flags)

    def texts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cli.json("message", "sms")
        return found


@pytest.fixture
def team(owner: Cli, shared_server: Server, tmp_path: Path) -> dict[str, Agent]:
    agents = {}
    for name in ("ada", "bob", "eve"):
        made = owner.json("identity", "create", "--name", name)
        key = owner.json("keys", "create", "--identity", made["uuid"])["key"]
        workspace = make_workspace(tmp_path / name, made["uuid"], identity_key=key, server=shared_server.url)
        home = tmp_path / f"home of {name}"
        home.mkdir()
        cli = Cli(home, workspace, {"RAVI_CONFIG_DIR": str(workspace / ".ravi")})
        email = cli.json("get", "email")["email"]
        agents[name] = Agent(cli, made["uuid"], made["phone"], email, Http(shared_server.url, key))
    return agents


def answer(waiting: "subprocess.Popen[str]") -> dict[str, Any]:
    out, err = waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def mail(server: Server, to: str, text: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@client.example", to, "Your code"
    message.set_content(text)
    host, _, port = server.smtp.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=PATIENCE) as smtp:
        smtp.send_message(message)


def test_two_exchange_codes_by_text_and_get_others_by_mail_in_the_same_wait(
    shared_server: Server, team: dict[str, Agent]
) -> None:
    ada, bob, eve = team.values()
    waiting = [bob.waits(), ada.waits(), eve.waits("--timeout", "8")]
    ada.cli.json("sms", "send", "--to", bob.number, "--body", f"Your code is {CODES['bob']}.")
    bob.cli.json("sms", "send", "--to", ada.number, "--body", f"{CODES['ada']} is your code")
    at_bob, at_ada = answer(waiting[0]), answer(waiting[1])

    assert (at_bob["code"], at_bob["medium"], at_bob["message"]["from_number"]) == (CODES["bob"], "sms", ada.number)
    assert (at_ada["code"], at_ada["medium"], at_ada["message"]["from_number"]) == (CODES["ada"], "sms", bob.number)
    assert at_bob["verdicts"] == at_ada["verdicts"] == {"sms": "local"}

    # The same command, and this time the shop writes a mail.
    waiting[:2] = [ada.waits(), bob.waits()]
    for agent, code in ((ada, "118822"), (bob, "335577")):
        mail(shared_server, agent.email, f"Your verification code is {code}.\n")
    by_mail = [answer(each) for each in waiting[:2]]
    assert [(each["code"], each["medium"]) for each in by_mail] == [("118822", "mail"), ("335577", "mail")]

    _, complaint = waiting[2].communicate(timeout=PATIENCE)
    assert (waiting[2].returncode, json.loads(complaint.splitlines()[-1])["code"]) == (7, "timed_out")
    assert eve.texts() == eve.cli.json("inbox", "sms") == eve.cli.json("message", "email") == []
    assert len(ada.texts()) == len(bob.texts()) == 2


def test_the_third_finds_no_way_to_see_send_or_wait_for_the_two(
    owner: Cli, shared_server: Server, team: dict[str, Agent]
) -> None:
    ada, bob, eve = team.values()
    stream = eve.cli.start("events", "--follow", "--since", "0", "--json")
    sent = ada.cli.json("sms", "send", "--to", bob.number, "--body", f"Your code is {CODES['bob']}.")
    deadline = time.monotonic() + PATIENCE
    while not (there := [each for each in bob.texts() if each["direction"] == "incoming"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (received,) = there
    while ada.texts()[0]["state"] != "delivered":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    before = [ada.texts(), bob.texts()]

    texts = [str(each[name]) for each in (sent, received) for name in ("id", "uuid")]
    talks = [form(each["conversation_id"]) for each in (sent, received) for form in (str, lambda id_: quote(id_, ""))]
    looks = ["/api/messages/", "/api/sms-inbox/", "/api/phone/", "/api/contacts/", "/api/events/?since=0"]
    looks += [f"/api/messages/{ref}/" for ref in texts] + [f"/api/sms-inbox/{ref}/" for ref in talks]
    looks += ["/api/messages/?direction=incoming", "/api/messages/?is_read=false", "/api/sms-inbox/?unread=true"]
    looks += [f"/api/contacts/find/?phone_number={quote(bob.number)}", "/api/contacts/search/?q=1"]
    looks += ["/api/email-messages/?search=code", "/api/webhook-subscriptions/", "/api/webhook-deliveries/"]
    looks += [f"/api/identities/{each.uuid}/" for each in (ada, bob)]
    other = [{"X-Ravi-Identity": each.uuid} for each in (ada, bob)]
    for path, headers in itertools.product(looks, [{}, *other]):
        reply = eve.http.get(path, headers=headers)
        assert reply.status in ((403, 404) if headers else (200, 403, 404)), (path, headers, reply)
        for secret in (CODES["bob"], ada.number, bob.number, ada.uuid, bob.uuid, str(received["uuid"])):
            assert secret.encode() not in reply.body, (path, headers, reply)

    # Neither as one of them, nor as herself with their things.
    attempts: list[tuple[str, str, Any]] = [
        ("POST", "/api/messages/send/", {"to_number": bob.number, "body": "as ada"}),
        ("POST", "/api/wait/", {"want": "otp", "seconds": 0}),
        ("POST", "/api/webhook-subscriptions/", {"url": "https://hook.example.org/", "event_types": ["*"]}),
        ("GET", "/api/events/stream/", None),
    ]
    for (method, path, body), headers in itertools.product(attempts, other):
        reply = eve.http.send(method, path, body, headers=headers)
        assert reply.status in (403, 404), (path, reply)
    for ref in texts:
        assert eve.http.patch(f"/api/messages/{ref}/", {"is_read": True}).status == 404
    for more in ({}, {"cursor": "0.0"}, {"cursor": f"0.{int(received['id']) - 1}"}, {"since": "2000-01-01T00:00:00Z"}):
        reply = eve.http.post("/api/wait/", {"want": "otp", "seconds": 0, "peek": True, **more})
        assert (reply.status, CODES["bob"].encode() in reply.body) == (200, False), reply
    said = {"to_number": bob.number, "from_number": ada.number, "body": "from ada, I swear"}
    assert eve.http.post("/api/messages/simulate/", said).status == 403
    for each in (ada, bob):
        for ways in (("provision-phone", each.uuid), ("delete", each.uuid, "--yes")):
            assert eve.cli.run("identity", *ways, "--json").code in (4, 6)

    # A sender is the number of the credential, whatever the body says.
    own = eve.cli.json("sms", "send", "--to", bob.number, "--body", "Hello")
    forged = eve.http.post(
        "/api/messages/send/", {"to_number": bob.number, "body": "me", "from_number": ada.number, "phone": ada.number}
    )
    assert own["from_number"] == eve.number
    assert forged.status in (400, 422) or forged.json["from_number"] == eve.number

    stream.terminate()
    seen = stream.communicate(timeout=PATIENCE)[0]
    assert CODES["bob"] not in seen
    assert {json.loads(line)["identity"] for line in seen.splitlines()} == {eve.uuid}

    # All that has changed for the two is what was sent to them in good order.
    assert ada.texts() == before[0]
    assert [each for each in bob.texts() if each["from_number"] != eve.number] == before[1]
    assert bob.cli.json("wait", "--otp")["code"] == CODES["bob"], "nobody has taken it"
    assert {each["name"] for each in owner.json("identity", "list")} == {"ada", "bob", "eve"}
    assert api(owner).get(f"/api/messages/{received['id']}/").status == 200, "the owner may look"
