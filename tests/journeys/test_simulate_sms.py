"""`ravi-server simulate sms`: the operator plays the world outside, beside a running server."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.android_double import KEY, AndroidDouble
from tests.support.cli import Cli
from tests.support.databases import MakeDatabase
from tests.support.journey import api, sign_in
from tests.support.server import MakeServer, Server

SIM = "+4915112345678"
AWKWARD = "Your code is 482913 👩\u200d👧 \u202egnp.exe\u202c\x1b[2J\x07\tא"


def simulate(server: Server, to: str, *more: str, sender: str = "Parcel Co", ok: bool = True) -> Any:
    return server.run("simulate", "sms", "--to", to, "--from", sender, *more, "--json", ok=ok)


def refused(done: "subprocess.CompletedProcess[str]", code: int) -> dict[str, Any]:
    assert (done.returncode, done.stdout) == (code, ""), done
    document: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    return document


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_is_printed_is_what_was_stored_and_an_agent_that_waits_gets_it(
    make_server: MakeServer, make_database: MakeDatabase, cli: Cli, tmp_path: Path, dialect: str
) -> None:
    server = make_server(database=make_database(dialect), http="127.0.0.1:0")
    agent = sign_in(server, cli)
    made = agent.json("identity", "create", "--name", "agent")
    agent.json("identity", "use", "agent")
    there = ("--url", server.url) if dialect == "postgresql" else ()  # port 0, and no file that says which it became

    stored = json.loads(simulate(server, made["phone"], "--body", AWKWARD, *there).stdout)
    assert (stored["body"], stored["from_number"], stored["verdict"]) == (AWKWARD, "Parcel Co", "none")
    assert agent.json("message", "sms", str(stored["id"])) == stored
    assert agent.json("wait", "--sms", "--otp")["code"] == "482913"

    long = tmp_path / "long.txt"
    long.write_text("ж" * 1600 + "\r\n")
    stored = json.loads(simulate(server, made["phone"], "--body-file", str(long), *there, sender="72345").stdout)
    assert (stored["body"], stored["from_number"], stored["verdict"]) == ("ж" * 1600, "72345", "network")


def test_whoever_cannot_be_texted_is_named_with_the_reason(make_server: MakeServer, cli: Cli, tmp_path: Path) -> None:
    server = make_server()
    owner = sign_in(server, cli)
    number = owner.json("identity", "create", "--name", "agent")["phone"]

    assert refused(simulate(server, "+12025550199", "--body", "Hi", ok=False), 4)["code"] == "not_found"
    assert refused(simulate(server, "call me", "--body", "Hi", ok=False), 2)["code"] == "usage"
    assert refused(simulate(server, number, ok=False), 2)["error"] == "there is no text"
    assert refused(simulate(server, number, "--body", "a", "--body-file", "b", ok=False), 2)["code"] == "usage"

    owner.ok("identity", "disable", "agent")
    dropped = refused(simulate(server, number, "--body", "Hi", ok=False), 1)
    assert dropped["code"] == "identity.disabled"
    owner.ok("identity", "enable", "agent")
    assert [each["type"] for each in owner.json("events", "--identity", "agent")].count("sms.message.dropped") == 1
    assert owner.json("message", "sms", "--identity", "agent") == []

    owner.ok("phone", "release", "--yes", "--identity", "agent")
    assert "any more" in refused(simulate(server, number, "--body", "Hi", ok=False), 4)["error"]

    phone = AndroidDouble()
    try:
        key_file = tmp_path / "key"
        key_file.write_text(KEY)
        server.env["RAVI_SERVER_CARRIER"] = phone.url(key_file, SIM)
        server.restart()
        owner.ok("phone", "add", "--identity", "agent")
        real = refused(simulate(server, SIM, "--body", "Hi", ok=False), 2)
        assert real["error"] == f"{SIM} is a number of the real world: text it from a phone"
        del server.env["RAVI_SERVER_CARRIER"]
        assert "do not name" in refused(simulate(server, SIM, "--body", "Hi", ok=False), 1)["error"]
    finally:
        phone.close()


def test_where_no_server_or_another_one_answers_nothing_is_claimed(make_server: MakeServer, cli: Cli) -> None:
    server, other = make_server(), make_server()
    number = sign_in(server, cli).json("identity", "create", "--name", "agent")["phone"]

    elsewhere = refused(simulate(server, number, "--body", "Hi", "--url", other.url, ok=False), 1)
    assert "refused the text" in elsewhere["error"]
    closed = refused(simulate(server, number, "--body", "Hi", "--url", "http://127.0.0.1:9", ok=False), 1)
    assert closed["code"] == "server.unreachable"
    assert refused(simulate(server, number, "--body", "Hi", "--url", "nonsense", ok=False), 2)["code"] == "usage"
    server.stop()
    stopped = refused(simulate(server, number, "--body", "Hi", ok=False), 1)
    assert (stopped["code"], stopped["hint"]) == (
        "server.unreachable",
        "is the server running? start it with: ravi-server run",
    )


def test_a_server_with_a_certificate_of_its_own_is_believed_and_nobody_else(make_server: MakeServer, cli: Cli) -> None:
    plain, other = make_server(), make_server()
    number = sign_in(plain, cli).json("identity", "create", "--name", "agent")["phone"]
    plain.stop()
    own, foreign = plain.data / "smtp-tls.pem", other.data / "smtp-tls.pem"  # one that each has made for mail
    server = Server(plain.data, "--tls-cert", str(own), "--tls-key", str(own))
    server.start()
    try:
        tls = ("--tls-cert", str(own), "--tls-key", str(own))
        assert json.loads(simulate(server, number, "--body", "Hi", *tls).stdout)["body"] == "Hi"
        fake = ("--tls-cert", str(foreign), "--tls-key", str(foreign))
        assert refused(simulate(server, number, "--body", "Hi", *fake, ok=False), 1)["code"] == "server.unreachable"
    finally:
        server.close()


def test_the_http_form_is_for_the_account_and_its_own_numbers(make_server: MakeServer, cli: Cli) -> None:
    server = make_server()
    owner = sign_in(server, cli)
    made = owner.json("identity", "create", "--name", "agent")
    stranger = sign_in(server, cli.at(home=cli.home / "stranger"), "stranger@example.com")
    key = owner.json("keys", "create", "--identity", made["uuid"])["key"]
    said = {"to_number": made["phone"], "from_number": "My Bank", "body": "Your code is 482913"}

    assert api(stranger).post("/api/messages/simulate/", said).status == 422
    assert api(owner).holding(key).post("/api/messages/simulate/", said).status == 403
    answer = api(owner).post("/api/messages/simulate/", said)
    assert (answer.status, answer.json["body"]) == (201, said["body"])
    assert len(owner.json("message", "sms", "--identity", "agent")) == 1
