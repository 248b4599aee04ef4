"""An agent waits for the code that a site mails to it."""

import json
import smtplib
import subprocess
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest

from tests.support.cli import PROGRAM, Cli
from tests.support.journey import sign_in
from tests.support.server import Server

PATIENCE = 60


class Agent:
    """An identity that waits. `email` is its address."""

    def __init__(self, cli: Cli, server: Server) -> None:
        self.cli = cli
        self.email: str = cli.json("get", "email")["email"]
        self._server = server
        self._running: list[subprocess.Popen[str]] = []

    def waits(self, *flags: str) -> "subprocess.Popen[str]":
        """Start `ravi wait` and go on."""
        process = subprocess.Popen(
            [PROGRAM, "wait", *flags],
            cwd=self.cli.cwd,
            env=self.cli.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._running.append(process)
        return process

    def gets(self, text: str, *, sender: str = "shop@client.example", subject: str = "Your code") -> None:
        """Have a stranger's mail program deliver a message."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, self.email, subject
        mail.set_content(text)
        host, _, port = self._server.smtp.rpartition(":")
        with smtplib.SMTP(host, int(port), timeout=PATIENCE) as smtp:
            smtp.send_message(mail)

    def close(self) -> None:
        for process in self._running:
            process.kill()
            process.communicate()


@pytest.fixture
def agent(shared_server: Server, owner: Cli) -> Iterator[Agent]:
    owner.json("identity", "create", "--name", "agent")
    owner.json("identity", "use", "agent")
    it = Agent(owner, shared_server)
    yield it
    it.close()


def result(process: "subprocess.Popen[str]") -> tuple[int, str]:
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    return process.returncode, out


def test_the_code_is_printed_when_it_comes_and_only_once(agent: Agent) -> None:
    process = agent.waits("--otp", "--json", "--timeout", "50")
    agent.gets("Your order 88120447 is on its way.\n", subject="Shipped")
    agent.gets("Your verification code is 482 913.\n")
    found = json.loads(result(process)[1])

    assert (found["code"], found["message"]["subject"], found["others"]) == ("482913", "Your code", [])
    assert found["message"]["is_read"] is True
    again = agent.cli.run("wait", "--otp", "--timeout", "0")
    assert (again.code, again.error["code"]) == (7, "timed_out")


def test_what_was_there_before_counts_and_goes_into_a_variable(agent: Agent) -> None:
    agent.gets("Please confirm: https://shop.client.example/verify/7f3k9q\nOr use code 7731.\n")

    assert agent.cli.run("wait", "--link", "--peek", "--plain").stdout == "https://shop.client.example/verify/7f3k9q\n"
    assert agent.cli.run("wait", "--otp", "--plain").stdout == "7731\n"


def test_several_that_wait_get_a_code_each(agent: Agent) -> None:
    running = [agent.waits("--otp", "--plain", "--timeout", "50") for _ in range(3)]
    for code in ("111111", "222222", "333333"):
        agent.gets(f"Your verification code is {code}.\n")

    assert sorted(result(process)[1] for process in running) == ["111111\n", "222222\n", "333333\n"]


def test_a_sender_who_could_be_anybody_is_said_to_have_been_held_back(agent: Agent) -> None:
    agent.gets("Your verification code is 482913.\n")
    flags = ("--otp", "--from", "client.example", "--timeout", "1")
    ran = agent.cli.run("wait", *flags)

    assert (ran.code, ran.error["details"]) == (7, {"held_back": 1})
    assert "--allow-unverified" in ran.error["hint"]
    assert agent.cli.json("wait", *flags, "--allow-unverified")["code"] == "482913"


def test_a_wait_outlives_the_server(make_server: Callable[..., Server], cli: Cli) -> None:
    server = make_server()
    sign_in(server, cli)
    cli.json("identity", "create", "--name", "agent")
    cli.json("identity", "use", "agent")
    agent = Agent(cli, server)
    try:
        process = agent.waits("--otp", "--plain", "--timeout", "50")
        agent.gets("Hello.\n")
        server.restart()
        agent.gets("Your verification code is 482913.\n")

        assert result(process)[1] == "482913\n"
    finally:
        agent.close()
