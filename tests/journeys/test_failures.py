"""What an agent meets when the server is away, the sign-in has ended, or somebody took it back."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.journey import api, black_hole, contents, mute_server, rewrite, saved_sign_in, sign_in, unchanged
from tests.support.server import MakeServer, Server

#: What a machine that is busy with other tests may add to any bound.
SLACK = 3.0


@pytest.fixture
def own_server(make_server: MakeServer) -> Server:
    """A server that this journey may stop."""
    return make_server()


@pytest.fixture
def agent(own_server: Server, cli: Cli) -> Cli:
    """An owner who is signed in at that server and acts as an identity."""
    sign_in(own_server, cli)
    cli.ok("identity", "create", "--name", "agent")
    cli.ok("identity", "use", "agent")
    return cli


def refreshes(server: Server) -> list[dict[str, Any]]:
    """The renewals of a sign-in that the server has answered, as it logged them."""
    return [line for line in server.log if line.get("path") == "/api/auth/token/refresh/"]


def test_a_stopped_server_is_reported_within_two_seconds_with_what_to_do(own_server: Server, agent: Cli) -> None:
    own_server.stop()

    with unchanged(agent.home):
        for command in (
            ("get", "email"),
            ("identity", "list"),
            ("identity", "create", "--name", "late"),
            ("identity", "delete", "agent"),
            ("auth", "status"),
        ):
            started = time.monotonic()
            error = agent.fails(8, *command)
            assert time.monotonic() - started < 2 + SLACK
            assert error["code"] == "server.unreachable"
            assert own_server.url in error["error"]
            assert "ravi-server run" in error["hint"]
        for_people = agent.run("get", "email", "--human")
        assert for_people.code == 8
        assert for_people.stderr.splitlines()[0].startswith("ravi: error: ")
        assert for_people.stderr.splitlines()[1].startswith("ravi: hint: ")

        # What this machine knows is still to be had.
        status = agent.json("status")
        assert (status["online"], status["identity"]) == (False, "agent")

    own_server.start()
    assert agent.json("get", "email")["email"]


def test_signing_out_works_without_the_server_and_says_that_it_was_not_told(own_server: Server, agent: Cli) -> None:
    own_server.stop()

    done = agent.ok("auth", "logout")

    assert done.json["signed_out"] is None
    assert "not told" in json.loads(done.stderr.splitlines()[0])["warning"]
    assert "access_token" not in saved_sign_in(agent)


def test_a_server_that_swallows_packets_is_reported_within_two_seconds(agent: Cli) -> None:
    key = saved_sign_in(agent)["access_token"]
    with black_hole() as url:
        started = time.monotonic()
        error = agent.at(RAVI_API_KEY=key, RAVI_API_URL=url).fails(8, "get", "email")
    assert time.monotonic() - started < 2 + SLACK
    assert url in error["error"]


@pytest.mark.slow
def test_a_server_that_never_answers_is_given_up_on(agent: Cli) -> None:
    key = saved_sign_in(agent)["access_token"]
    with mute_server() as url:
        started = time.monotonic()
        error = agent.at(RAVI_API_KEY=key, RAVI_API_URL=url).fails(7, "get", "email")
    assert time.monotonic() - started < 30 + SLACK
    assert error["code"] == "timed_out"


def test_what_does_not_speak_our_api_is_called_that(agent: Cli, canary: Any) -> None:
    key = saved_sign_in(agent)["access_token"]
    canary.answer = lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n<html>hi</html>"[:-1]

    error = agent.at(RAVI_API_KEY=key, RAVI_API_URL=canary.url).fails(1, "get", "email")

    assert error["code"] == "server.nonsense"


def expire(server: Server, agent: Cli) -> None:
    """Let the agent's access token run out, while the next one will last for an hour."""
    server.stop()
    server.options = ["--access-token-ttl", "1s"]
    server.start()
    agent.ok("auth", "refresh")
    issued = time.monotonic()
    server.stop()
    server.options = []
    server.start()
    time.sleep(max(0.0, 1.1 - (time.monotonic() - issued)))


@pytest.mark.parametrize("known", [True, False], ids=["its end is known", "its end is only known to the server"])
def test_an_expired_token_is_renewed_once_and_silently(own_server: Server, agent: Cli, known: bool) -> None:
    expire(own_server, agent)
    if not known:
        rewrite(agent.home / ".ravi" / "auth.json", expires_at="2999-01-01T00:00:00Z")
    old = saved_sign_in(agent)
    before = len(refreshes(own_server))

    result = agent.ok("get", "email", "--json")

    assert result.stderr == ""
    assert result.json["email"].startswith("agent@")
    agent.ok("identity", "list")
    own_server.stop()
    assert len(refreshes(own_server)) == before + 1
    new = saved_sign_in(agent)
    assert all(new[key] != old[key] for key in ("access_token", "refresh_token"))
    assert (new["server"], new["user_email"]) == (old["server"], old["user_email"])
    assert contents(agent.home)[".ravi/auth.json"][0] == "-rw-------"


@pytest.mark.parametrize("known", [True, False], ids=["its end is known", "its end is only known to the server"])
def test_fifty_processes_with_an_expired_token_make_one_renewal_and_no_failure(
    own_server: Server, agent: Cli, known: bool
) -> None:
    expire(own_server, agent)
    if not known:
        rewrite(agent.home / ".ravi" / "auth.json", expires_at="2999-01-01T00:00:00Z")
    before = len(refreshes(own_server))

    # The server holds its breath until all fifty have read the old token and want something.
    os.kill(own_server.pid, signal.SIGSTOP)
    try:
        processes = [agent.start("get", "email", "--json") for _ in range(50)]
        wait_until_idle([process.pid for process in processes])
    finally:
        os.kill(own_server.pid, signal.SIGCONT)
    ended = [(*process.communicate(), process.returncode) for process in processes]

    assert {code for _, _, code in ended} == {0}, ended
    assert {complaint for _, complaint, _ in ended} == {""}
    assert len({json.loads(document)["email"] for document, _, _ in ended}) == 1
    own_server.stop()
    assert len(refreshes(own_server)) == before + 1


def wait_until_idle(pids: list[int]) -> None:
    """Wait until every one of these processes sleeps: waits for an answer, a lock, or its own timer."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        states = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] for pid in pids]
        if states.count("S") == len(pids):
            return
        time.sleep(0.1)


def test_a_sign_in_that_was_ended_elsewhere_is_refused_with_what_to_do(
    own_server: Server, agent: Cli, tmp_path: Path
) -> None:
    (tmp_path / "laptop").mkdir()
    code = json.loads(own_server.run("signin-code", "owner@example.com", "--json").stdout)["signin_code"]
    laptop = Cli(tmp_path / "laptop")
    laptop.ok("auth", "login", "--server", own_server.url, "--code", "-", stdin=code)
    assert agent.json("get", "email")

    assert laptop.json("auth", "logout", "--everywhere")["signed_out"] == 2

    with unchanged(agent.home / ".ravi"):
        for command in (("get", "email"), ("identity", "list"), ("identity", "delete", "agent"), ("auth", "refresh")):
            error = agent.fails(3, *command)
            assert "~/.ravi/auth.json" in error["error"]
            assert "ravi auth login" in error["hint"]
        assert agent.json("auth", "status")["authenticated"] is False


def test_without_a_sign_in_nothing_is_sent_and_the_command_to_sign_in_is_named(cli: Cli) -> None:
    for command in (("identity", "list"), ("identity", "create"), ("keys", "list"), ("domains",)):
        error = cli.fails(3, *command)
        assert error["code"] == "auth.not_signed_in"
        assert "ravi auth login" in error["hint"]
    assert cli.fails(3, "get", "email", "--identity", "somebody")["code"] == "auth.not_signed_in"


def test_a_revoked_key_is_refused_at_once_and_the_sign_in_behind_it_is_not_used_instead(
    own_server: Server, agent: Cli
) -> None:
    key = agent.json("keys", "create", "--management", "--label", "ci")
    runner = agent.at(RAVI_API_KEY=key["key"], RAVI_API_URL=own_server.url)
    assert len(runner.json("identity", "list")) == 1

    assert agent.json("keys", "revoke", key["uuid"])["status"] == "revoked"

    assert runner.fails(3, "identity", "list")["status"] == 401
    assert runner.fails(3, "get", "email")["status"] == 401
    assert agent.json("get", "email")
    (listed,) = agent.json("keys", "list")
    assert (listed["uuid"], listed["is_active"]) == (key["uuid"], False)


def test_a_key_with_an_end_ends(own_server: Server, agent: Cli) -> None:
    key = agent.json("keys", "create", "--identity", "agent", "--ttl", "1s")
    runner = agent.at(RAVI_API_KEY=key["key"], RAVI_API_URL=own_server.url)
    assert key["expires_at"]

    time.sleep(1.1)

    assert runner.fails(3, "get", "email")["status"] == 401


def test_a_restarted_server_knows_everybody_again(own_server: Server, agent: Cli) -> None:
    before = agent.json("identity", "list")
    assert api(agent).get("/readyz").status == 200

    own_server.restart()

    assert agent.json("identity", "list") == before
