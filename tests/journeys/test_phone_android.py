"""Two identities behind the two SIMs of one phone: texts in and out, with a real server and a double of the app."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.android_double import KEY, AndroidDouble
from tests.support.cli import Cli
from tests.support.journey import api, sign_in
from tests.support.server import Server

ONE, TWO = "+4915112345678", "+4915187654321"
STRANGER = "+12025550143"
PATIENCE = 20.0


@pytest.fixture
def phone() -> Iterator[AndroidDouble]:
    phone = AndroidDouble()
    yield phone
    phone.close()


@pytest.fixture
def server(phone: AndroidDouble, tmp_path: Path) -> Iterator[Server]:
    key_file = tmp_path / "signing-key"
    key_file.write_text(f"{KEY}\n")
    server = Server(tmp_path / "data", env={"RAVI_SERVER_CARRIER": phone.url(key_file, ONE, TWO)}).start()
    server.run("phone", "doctor", "--fix", ok=False)  # nothing has arrived yet, so it is not content
    assert phone.webhooks
    yield server
    server.close()


class Agent:
    """One identity, over HTTP with the owner's sign-in."""

    def __init__(self, cli: Cli, name: str) -> None:
        self._cli = cli
        self.uuid = cli.ok("identity", "create", "--name", name, "--json").json["uuid"]
        self.phone = cli.ok("identity", "provision-phone", name, "--json").json["phone"]

    def texts(self, direction: str) -> list[dict[str, Any]]:
        """Its texts, newest first."""
        return list(self._call("GET", f"/api/messages/?direction={direction}"))

    def send(self, to: str, body: str) -> dict[str, Any]:
        return dict(self._call("POST", "/api/messages/send/", {"to_number": to, "body": body}))

    def becomes(self, text: dict[str, Any], state: str) -> None:
        """Wait until the text is in that state."""
        deadline = time.monotonic() + PATIENCE
        while (found := self._call("GET", f"/api/messages/{text['id']}/"))["state"] != state:
            assert time.monotonic() < deadline, f"it is not {state}: {found}"
            time.sleep(0.05)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = api(self._cli).send(method, path, body, headers={"X-Ravi-Identity": self.uuid})
        assert answer.status in (200, 201), answer
        return answer.json


@pytest.fixture
def owner(server: Server, cli: Cli) -> Cli:
    return sign_in(server, cli)


def arrived(phone: AndroidDouble, text: dict[str, Any]) -> None:
    """Wait until the phone has the text."""
    deadline = time.monotonic() + PATIENCE
    while text["uuid"] not in phone.messages:
        assert time.monotonic() < deadline, "the phone never got it"
        time.sleep(0.02)


def test_two_sims_are_two_identities(owner: Cli, phone: AndroidDouble) -> None:
    first, second = Agent(owner, "first"), Agent(owner, "second")
    assert (first.phone, second.phone) == (ONE, TWO)
    owner.ok("identity", "create", "--name", "third")
    assert owner.run("identity", "provision-phone", "third").code != 0

    assert phone.sms("Your code is 482913", "72345", sim=1) == [200, 200]
    assert phone.sms("Your code is 482914", "MyBank", sim=2) == [200, 200]
    assert [(text["from_number"], text["body"]) for text in first.texts("incoming")] == [
        ("72345", "Your code is 482913")
    ]
    assert [(text["from_number"], text["body"]) for text in second.texts("incoming")] == [
        ("MyBank", "Your code is 482914")
    ]
    assert phone.sms("whose is this?", STRANGER, sim=None) == [403, 403]
    assert len(first.texts("incoming")) == len(second.texts("incoming")) == 1

    sent = second.send(STRANGER, "on my way 🌍")
    second.becomes(sent, "sent")
    asked = phone.messages[sent["uuid"]]["asked"]
    assert (asked["simNumber"], asked["phoneNumbers"]) == (2, [STRANGER])
    assert phone.becomes(sent["uuid"], "sms:delivered") == [200]
    assert phone.becomes(sent["uuid"], "sms:sent") == [200]  # late
    second.becomes(sent, "delivered")

    lost = first.send(STRANGER, "is anybody there?")
    first.becomes(lost, "sent")
    phone.becomes(lost["uuid"], "sms:failed", reason="RESULT_ERROR_NO_SERVICE")
    first.becomes(lost, "failed")


def test_a_text_that_was_handed_over_when_the_server_died_is_not_sent_again(
    owner: Cli, server: Server, phone: AndroidDouble
) -> None:
    agent = Agent(owner, "first")
    phone.silent_after_taking = True
    sent = agent.send(STRANGER, "only once")
    arrived(phone, sent)
    server.kill()
    phone.silent_after_taking = False
    server.start()
    agent.becomes(sent, "sent")
    texts = [document for method, path, document in phone.requests if method == "POST" and path == "/message"]
    assert [text["id"] for text in texts] == [sent["uuid"]]
    assert ("GET", f"/message/{sent['uuid']}", None) in phone.requests
