"""Following events with the real program and the real library, through interruptions, and reacting to webhooks."""

import asyncio
import json
import os
import selectors
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.journey import api, sign_in
from tests.support.receiver import Receiver, answer, receiving
from tests.support.server import MakeServer, Server

PATIENCE = 20.0


class Following:
    """`ravi events --follow`, running; its lines as they come."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self._rest = ""
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(process.stdout, selectors.EVENT_READ)

    def events(self, count: int) -> list[dict[str, Any]]:
        """The next *count* events."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + PATIENCE
        while len(found) < count:
            line, newline, rest = self._rest.partition("\n")
            if newline:
                found.append(json.loads(line))
                self._rest = rest
                continue
            assert time.monotonic() < deadline, f"only {found} came; stderr: {self._complaints()}"
            if self._selector.select(0.2):
                assert self.process.stdout is not None
                some = os.read(self.process.stdout.fileno(), 65536).decode()
                assert some, f"it has ended; stderr: {self._complaints()}"
                self._rest += some
        return found

    def end(self) -> int:
        return self.process.wait(PATIENCE)

    def _complaints(self) -> str:
        self.process.kill()
        assert self.process.stderr is not None
        return self.process.stderr.read()


@contextmanager
def following(cli: Cli, *words: str) -> Iterator[Following]:
    with cli.start("events", "--follow", *words) as process:
        try:
            yield Following(process)
        finally:
            process.kill()


@pytest.fixture
def owner(server: Server, cli: Cli) -> Cli:
    """An owner who is signed in, with an identity that is selected."""
    sign_in(server, cli)
    cli.ok("identity", "create", "--name", "agent")
    cli.ok("identity", "use", "agent")
    return cli


def rename(owner: Cli, name: str, old: str = "agent") -> None:
    """Make something happen to the identity."""
    http, uuid = api(owner), owner.json("identity", "show", old)["uuid"]
    assert http.patch(f"/api/identities/{uuid}/", {"name": name}).status == 200


def test_events_are_listed_and_narrowed(owner: Cli) -> None:
    rename(owner, "second")
    everything = owner.json("events")
    updated = owner.json("events", "--type", "identity.updated,identity.disabled")

    assert [everything[0]["type"], everything[-1]["type"]] == ["identity.created", "identity.updated"]
    assert [event["data"]["name"] for event in updated] == ["second"]
    assert owner.json("events", "--since", str(updated[0]["seq"])) == []
    assert len(owner.json("events", "--limit", "1")) == 1
    assert owner.fails(2, "events", "--limit", "0")["code"] == "usage"
    followed = owner.ok("events", "--follow", "--since", "0", "--limit", "2", "--json").stdout.splitlines()
    assert [json.loads(line)["seq"] for line in followed] == [event["seq"] for event in everything[:2]]


def test_following_prints_an_event_a_line_and_ends_with_ctrl_c(owner: Cli) -> None:
    last = owner.json("events")[-1]["seq"]
    with following(owner, "--since", str(last), "--type", "identity.updated") as it:
        for number in range(3):
            rename(owner, f"name-{number}", "agent" if number == 0 else f"name-{number - 1}")
        names = [event["data"]["name"] for event in it.events(3)]
        it.process.send_signal(signal.SIGINT)

        assert names == ["name-0", "name-1", "name-2"]
        assert it.end() == 130
        assert it.process.stderr is not None
        assert "Traceback" not in it.process.stderr.read()


def test_a_restart_and_a_crash_of_the_server_lose_no_event(owner: Cli, server: Server) -> None:
    with following(owner, "--since", "0", "--account", "--type", "identity.created") as it:
        assert [event["data"]["name"] for event in it.events(1)] == ["agent"]
        server.restart()
        owner.ok("identity", "create", "--name", "after-restart")
        assert [event["data"]["name"] for event in it.events(1)] == ["after-restart"]
        server.kill()
        server.start()
        owner.ok("identity", "create", "--name", "after-crash")
        assert [event["data"]["name"] for event in it.events(1)] == ["after-crash"]


def test_a_server_that_stops_does_not_wait_for_those_who_follow(owner: Cli, server: Server) -> None:
    with following(owner, "--since", "0") as it:
        it.events(1)
        began = len(server.lines)
        assert server.stop() == 0
        assert not [line for line in server.lines[began:] if "fault" in line]
        server.start()


@pytest.mark.parametrize(("how", "code"), [("disable", 6), ("revoke", 3)])
def test_following_ends_when_the_identity_may_not_any_more(owner: Cli, server: Server, how: str, code: int) -> None:
    owner.ok("identity", "create", "--name", "fenced")
    key = owner.json("keys", "create", "--identity", "fenced")
    agent = owner.at(RAVI_API_KEY=key["key"], RAVI_API_URL=server.url, RAVI_CONFIG_DIR=str(owner.home / "none"))
    with following(agent, "--since", "0") as it:
        it.events(1)
        if how == "disable":
            owner.ok("identity", "disable", "fenced")
        else:
            owner.ok("keys", "revoke", key["uuid"])

        assert it.end() == code


def test_a_sign_in_that_expires_is_renewed_and_followed_on(make_server: MakeServer, cli: Cli) -> None:
    server = make_server("--access-token-ttl", "2s")
    sign_in(server, cli)
    with following(cli, "--since", "0", "--account", "--type", "identity.created") as it:
        cli.ok("identity", "create", "--name", "first")
        it.events(1)
        time.sleep(3)
        cli.ok("identity", "create", "--name", "second")

        assert [event["data"]["name"] for event in it.events(1)] == ["second"]


def test_nobody_there_is_said_at_once(owner: Cli, server: Server) -> None:
    server.stop()

    assert owner.run("events", "--follow").code == 8


def test_the_asynchronous_library_follows_through_a_restart(owner: Cli, server: Server) -> None:
    script = """
        import asyncio, json, sys
        from ravi import AsyncClient

        async def main():
            async with AsyncClient() as ravi:
                async for event in ravi.stream(since=0, types=["identity.created"], whole_account=True):
                    print(json.dumps(event), flush=True)

        asyncio.run(main())
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=owner.environment,
        cwd=owner.cwd,
    )
    with process:
        it = Following(process)
        assert [event["data"]["name"] for event in it.events(1)] == ["agent"]
        server.restart()
        owner.ok("identity", "create", "--name", "later")
        assert [event["data"]["name"] for event in it.events(1)] == ["later"]
        process.kill()


# --- webhooks


async def test_webhooks_from_the_command_line(make_server: MakeServer, cli: Cli) -> None:
    server = await asyncio.to_thread(make_server, "--webhook-allow", "127.0.0.1")
    async with receiving() as receiver:
        await asyncio.to_thread(_tell_the_story, server, cli, receiver)


def _tell_the_story(server: Server, cli: Cli, receiver: Receiver) -> None:
    sign_in(server, cli)
    cli.ok("identity", "create", "--name", "agent")
    cli.ok("identity", "use", "agent")
    hook = cli.json("webhooks", "add", receiver.url, "--type", "identity.updated")
    assert hook["signing_secret"]
    assert [(each["id"], each["signing_secret"]) for each in cli.json("webhooks", "list")] == [(hook["id"], "")]
    tested = cli.json("webhooks", "test", str(hook["id"]))
    assert (tested["status"], tested["response_preview"]) == ("delivered", "thanks")

    server.kill()
    server.start()
    rename(cli, "renamed")
    deadline = time.monotonic() + PATIENCE
    while len(receiver.posts) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert receiver.posts[1].json["data"]["name"] == "renamed"

    receiver.answers = lambda _: answer(500, b"no")
    failed = cli.run("webhooks", "test", hook["uuid"], "--json")
    assert (failed.code, failed.json["status"], failed.json["last_error"]) == (1, "failed", "answered 500")
    log = cli.json("webhooks", "deliveries")
    assert [row["event_type"] for row in log] == ["webhook.test", "identity.updated", "webhook.test"]
    assert cli.json("webhooks", "deliveries", str(hook["id"])) == log
    cli.ok("webhooks", "remove", str(hook["id"]))
    assert cli.json("webhooks", "list") == []
    assert cli.fails(4, "webhooks", "remove", str(hook["id"]))["code"] == "not_found"
    assert "not on the public internet" in cli.fails(1, "webhooks", "add", "http://10.0.0.1/")["error"]


def test_a_stream_is_what_curl_and_browsers_expect(owner: Cli, server: Server) -> None:
    """Over a real socket, read by something that knows nothing of ours."""
    import http.client

    http_api: Http = api(owner)
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=PATIENCE)
    connection.request(
        "GET", "/api/events/stream?since=0", headers={"Authorization": f"Bearer {http_api.token}", "Last-Event-ID": "0"}
    )
    response = connection.getresponse()
    lines = [response.readline().decode() for _ in range(8)]
    connection.close()

    assert (response.status, response.getheader("Content-Type")) == (200, "text/event-stream; charset=utf-8")
    assert lines[0].startswith(":")
    assert lines[3] == "\n"
    assert [line.partition(":")[0] for line in lines[4:7]] == ["id", "event", "data"]
    assert lines[7] == "\n"
