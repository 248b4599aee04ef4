"""
The server is killed while texts go out and come in: none is sent twice, none is lost, none is stored twice.

RAVI_SMS_CRASH=20x500 makes it twenty kills with five hundred texts each way, and does it on PostgreSQL too, where a
text that was under way is left alone for more than a minute, because another server might have it.
"""

import asyncio
import concurrent.futures
import http.client
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.databases import MakeDatabase
from tests.support.http import Http
from tests.support.journey import api, sign_in
from tests.support.server import MakeServer, Server
from tests.support.twilio_double import ACCOUNT, TOKEN, TwilioDouble, twilio_double
from tests.support.twilio_signing import signed_form

SIZE = os.environ.get("RAVI_SMS_CRASH", "")
KILLS, TEXTS = map(int, (SIZE or "3x60").split("x"))
DIALECTS = ["sqlite", "postgresql"] if SIZE else ["sqlite"]
#: Each has a number; the texts of one number go out one after the other.
AGENTS = 4
#: Posting webhooks, and as many that send.
HANDS = 6
LATEST_KILL_SECONDS = 0.03
#: For what was under way to be settled, after a restart. A claim lasts 75 seconds, where there may be other servers.
SETTLED_SECONDS = {"sqlite": 60.0, "postgresql": 150.0}
OUTSIDE = "+14155550100"

pytestmark = pytest.mark.timeout(180 + KILLS * (200 + TEXTS))


class Provider:
    """The double, answering on a thread of its own, so that it lives on while the server is killed."""

    def __init__(self) -> None:
        self._ready, self._over = threading.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self.double: TwilioDouble
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._run()))
        self._thread.start()
        assert self._ready.wait(30)

    async def _run(self) -> None:
        async with twilio_double() as self.double:
            self._ready.set()
            await self._over.wait()

    @property
    def url(self) -> str:
        return self.double.url.replace("http://", f"twilio+http://{ACCOUNT}:{TOKEN}@")

    def taken(self) -> Counter[str]:
        """How often it has accepted each text."""
        return Counter(row["body"] for row in list(self.double.messages.values()))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)
        self._loop.close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(provider: Provider, make_database: MakeDatabase, make_server: MakeServer, dialect: str) -> Server:
    limits = ("--texts-per-hour", "0", "--texts-per-day", "0")
    database = make_database() if dialect == "postgresql" else None
    return make_server(*limits, "--dns", "none", database=database, env={"RAVI_SERVER_CARRIER": provider.url})


class Traffic:
    """Texts both ways for some identities, and what was said about each of them."""

    def __init__(self, server: Server, api: Http, agents: list[dict[str, Any]]) -> None:
        self._server, self._api, self._agents = server, api, agents
        self.accepted: set[str] = set()
        self.answered: set[str] = set()

    def send(self, body: str) -> None:
        headers = {"X-Ravi-Identity": self._agent(body)["uuid"], "Idempotency-Key": f"text-{body}"}
        reply = self._api.post("/api/messages/send/", {"to_number": OUTSIDE, "body": body}, headers=headers)
        assert reply.status == 201, reply
        self.accepted.add(body)

    def post(self, body: str) -> None:
        fields = {"MessageSid": f"SM{body:>032}".replace(" ", "0"), "AccountSid": ACCOUNT, "Body": body}
        fields |= {"From": OUTSIDE, "To": self._agent(body)["phone"], "SmsStatus": "received"}
        signed = signed_form(TOKEN, f"{self._server.url}/api/phone/carriers/twilio/", list(fields.items()))
        reply = self._api.holding(None).post("/api/phone/carriers/twilio/", raw=signed.body, headers=signed.headers)
        assert reply.status == 200, reply
        self.answered.add(body)

    def run(self, bodies: list[str], *, kill_after: int | None = None, later: float = 0.0) -> None:
        """Send and post all *bodies* that can be; with *kill_after* the server is killed after so many of them."""
        enough = threading.Event()

        def some(act: Callable[[str], None], mine: list[str]) -> None:
            for body in mine:
                try:
                    act(body)
                except (OSError, http.client.HTTPException):  # there is nobody any more
                    assert kill_after is not None
                    return
                if kill_after is not None and len(self.accepted & these) + len(self.answered & these) >= kill_after:
                    enough.set()

        def kill() -> None:
            assert enough.wait(60), "the server took too little"
            time.sleep(later)
            os.kill(self._server.pid, signal.SIGKILL)

        these = set(bodies)
        with concurrent.futures.ThreadPoolExecutor(2 * HANDS + 1) as pool:
            working = [
                pool.submit(some, act, bodies[start::HANDS]) for act in (self.send, self.post) for start in range(HANDS)
            ]
            working += [pool.submit(kill)] if kill_after is not None else []
            for each in working:
                each.result()

    def texts(self, direction: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for agent in self._agents:
            reply = self._api.get(f"/api/messages/?direction={direction}", headers={"X-Ravi-Identity": agent["uuid"]})
            assert reply.status == 200, reply
            found += reply.json
        return found

    def settled(self, within: float) -> dict[str, str]:
        """Wait until nothing is queued, and return the state of each text that was to go out."""
        deadline = time.monotonic() + within
        texts = self.texts("outgoing")
        while "queued" in {each["state"] for each in texts}:
            assert time.monotonic() < deadline, "texts are still queued"
            time.sleep(0.2)
            texts = self.texts("outgoing")
        states = {each["body"]: each["state"] for each in texts}
        assert len(states) == len(texts), "one request became two texts"
        return states

    def _agent(self, body: str) -> dict[str, Any]:
        return self._agents[int(body) % AGENTS]


def test_a_server_killed_amid_texts_sends_none_twice_and_loses_none(
    provider: Provider, server: Server, cli: Cli, dialect: str
) -> None:
    sign_in(server, cli)
    agents = [cli.json("identity", "create", "--name", f"agent {number}") for number in range(AGENTS)]
    agents = [cli.json("phone", "add", "--identity", each["uuid"]) for each in agents]
    traffic = Traffic(server, api(cli), agents)
    chosen = random.Random(7)  # the moments differ between runs anyway
    every_one: list[str] = []
    for kill in range(KILLS):
        bodies = [str(number) for number in range(kill * TEXTS, (kill + 1) * TEXTS)]
        every_one += bodies
        traffic.run(
            bodies, kill_after=chosen.randrange(2, 2 * TEXTS - 2 * HANDS), later=chosen.uniform(0, LATEST_KILL_SECONDS)
        )
        server.kill()
        server.start()

        states = traffic.settled(SETTLED_SECONDS[dialect])
        taken = provider.taken()
        assert not [body for body, count in taken.items() if count > 1], "sent twice"
        assert traffic.accepted <= set(states), "accepted and lost"
        assert not [body for body in states if states[body] != "uncertain" and taken[body] != 1], "not sent"
        assert set(taken) <= set(states), "sent and forgotten"
        stored = Counter(each["body"] for each in traffic.texts("incoming"))
        assert set(stored.values()) <= {1}
        assert traffic.answered <= set(stored), "answered and not stored"

        # Whoever has got no answer tries again; for good measure, everybody does.
        traffic.run(bodies)

    states = traffic.settled(SETTLED_SECONDS[dialect])
    assert sorted(states) == sorted(every_one)
    assert set(states.values()) <= {"sent", "uncertain"}, Counter(states.values())
    assert set(provider.taken().values()) == {1}
    assert Counter(each["body"] for each in traffic.texts("incoming")) == Counter(every_one)
