"""The server is killed in the middle of work: what it answered stays true, and what is tried again happens once."""

import concurrent.futures
import os
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.databases import MakeDatabase
from tests.support.http import Http, Reply
from tests.support.journey import api, sign_in
from tests.support.server import MakeServer, Server

CREATES = 200
CONNECTIONS = 40


@dataclass
class Orders:
    """Creations of `CREATES` identities, each under a key of its own, by callers that note what they were told."""

    http: Http
    answered: dict[int, Reply] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)

    def order(self, number: int) -> None:
        """Ask once for identity *number*, and note the answer or that there was none."""
        try:
            reply = self.http.post(
                "/api/identities/",
                {"name": f"order-{number}"},
                headers={"Idempotency-Key": f"order {number} of the journey"},
            )
        except (OSError, HTTPException):
            self.lost.add(number)
        else:
            self.answered[number] = reply

    def place_all_while(self, server: Server, kill_after: int) -> None:
        """Place all orders from many connections and kill *server* once it has answered *kill_after* of them."""
        killed = threading.Event()

        def one(number: int) -> None:
            self.order(number)
            if len(self.answered) >= kill_after and not killed.is_set():
                killed.set()
                os.kill(server.pid, signal.SIGKILL)  # from here: by the time that another thread ran, all might be done

        with concurrent.futures.ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
            list(pool.map(one, range(CREATES)))
        assert killed.is_set(), f"the server answered only {len(self.answered)}"
        server.kill()

    def uuid(self, number: int) -> str:
        return self.answered[number].json["uuid"]


def listed(http: Http) -> list[dict[str, Any]]:
    reply = http.get("/api/identities/")
    assert reply.status == 200
    return reply.json


def check(identities: list[dict[str, Any]]) -> None:
    """Fails when anything exists twice, or half."""
    for key in ("uuid", "name", "inbox", "phone"):
        counted = Counter(each[key] for each in identities)
        assert counted.most_common(1)[0][1] == 1, f"{key}: {counted.most_common(3)}"
        assert None not in counted


@pytest.fixture
def server(make_database: MakeDatabase, make_server: MakeServer, dialect: str) -> Server:
    """A server on each engine. In this order, so that it is stopped before its database goes."""
    return make_server(database=make_database() if dialect == "postgresql" else None)


@pytest.mark.parametrize("kill_after", [1, 70, 150])
def test_a_server_killed_during_two_hundred_creations_keeps_what_it_answered_and_makes_nothing_twice(
    server: Server, cli: Cli, kill_after: int
) -> None:
    sign_in(server, cli)
    orders = Orders(api(cli))

    orders.place_all_while(server, kill_after)
    assert orders.lost, "the kill came after everything was done"
    assert all(reply.status == 201 for reply in orders.answered.values())
    told = {number: orders.uuid(number) for number in orders.answered}
    server.start()

    after_restart = listed(orders.http)
    check(after_restart)
    existing = {each["uuid"]: each["name"] for each in after_restart}
    for number, uuid in told.items():
        assert existing.get(uuid) == f"order-{number}", "an identity that was answered for is gone"

    # Everybody tries again with the key they had, also those who got an answer.
    orders.lost.clear()
    with concurrent.futures.ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
        list(pool.map(orders.order, range(CREATES)))
    assert orders.lost == set()
    assert {reply.status for reply in orders.answered.values()} == {201}
    assert {number: orders.uuid(number) for number in told} == told

    in_the_end = listed(orders.http)
    check(in_the_end)
    assert {each["uuid"]: each["name"] for each in in_the_end} == {
        orders.uuid(number): f"order-{number}" for number in range(CREATES)
    }
    # Whoever was made before the kill and not answered for is the one that the second try found.
    assert existing.items() <= {each["uuid"]: each["name"] for each in in_the_end}.items()
    # And the command line sees the same.
    assert len(cli.json("identity", "list", "--prefix", "order-")) == CREATES


def test_agents_that_are_cut_off_fail_cleanly_or_have_what_they_were_told(server: Server, cli: Cli) -> None:
    sign_in(server, cli)
    with concurrent.futures.ThreadPoolExecutor(max_workers=12) as pool:
        runs = [pool.submit(cli.run, "identity", "create", "--name", f"agent-{number}") for number in range(24)]
        next(concurrent.futures.as_completed(runs))
        server.kill()
        results = [run.result() for run in runs]
    server.start()

    existing = {each["uuid"]: each["name"] for each in cli.json("identity", "list")}
    assert {result.code for result in results} <= {0, 8}
    for number, result in enumerate(results):
        if result.code == 0:
            assert existing[result.json["uuid"]] == f"agent-{number}"
        else:
            assert result.error["code"] == "server.unreachable"
    assert len(set(existing.values())) == len(existing)
