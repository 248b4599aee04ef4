"""`ravi-server run` as it starts: what it takes from its configuration, and what it refuses with a way out."""

import http.client
import json
import re
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.http import Http
from tests.support.server import MakeServer, Server
from tests.support.signed_in import signed_in


@pytest.fixture
def idle(tmp_path: Path) -> Server:
    """A server that is not started: for what refuses to start, and for its other commands."""
    return Server(tmp_path / "data")


def refused(server: Server, *arguments: str) -> dict[str, Any]:
    """Run it; it must exit 1 with one JSON error, and nothing else, on stderr."""
    done = server.run("run", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", *arguments, ok=False)
    assert done.returncode == 1, done
    assert done.stdout == ""
    document: dict[str, Any] = json.loads(done.stderr)
    assert document["hint"]
    return document


def test_two_servers_do_not_share_a_sqlite_database(server: Server):
    document = refused(server)
    assert f"another ravi-server (process {server.pid}) runs on {server.data}/ravi.db" in document["error"]
    assert Http(server.url).get("/readyz").status == 200


def test_an_address_in_use_is_one_clear_error(server: Server, idle: Server):
    document = refused(idle, "--http", urlsplit(server.url).netloc)
    assert document["error"] == f"cannot listen on {urlsplit(server.url).netloc}: another program listens there"


def test_an_address_for_mail_in_use_is_one_clear_error(server: Server, idle: Server):
    document = refused(idle, "--smtp", server.smtp)
    assert document["error"] == f"cannot listen on {server.smtp}: another program listens there"
    assert "--smtp HOST:PORT" in document["hint"]


def test_a_certificate_for_mail_that_cannot_be_used_is_one_clear_error(server: Server, idle: Server):
    key, other = server.data / "smtp-tls.pem", idle.data.parent / "other.pem"
    other.write_bytes(b"no certificate")
    document = refused(idle, "--smtp-tls-cert", str(other), "--smtp-tls-key", str(key))
    assert document["error"].startswith(f"cannot use {other} with {key}: ")
    assert "smtp_tls_cert is a PEM file" in document["hint"]


@pytest.mark.parametrize("http_address", ["0.0.0.0:0", "[::]:0"])
def test_it_refuses_to_listen_for_others_in_the_clear(idle: Server, http_address: str):
    document = refused(idle, "--http", http_address)
    assert document["code"] == "config.invalid"
    assert "--tls-cert" in document["hint"]
    assert "--behind-proxy" in document["hint"]
    assert not idle.data.exists()


def test_behind_a_proxy_it_listens_for_others(make_server: MakeServer):
    server = make_server("--behind-proxy", "--public-url", "https://ravi.example.org", http="0.0.0.0:0")
    assert "public URL https://ravi.example.org" in server.lines[0]
    assert Http(f"http://127.0.0.1:{urlsplit(server.url).port}").get("/readyz").status == 200


def test_a_bad_configuration_reports_all_its_problems(idle: Server):
    idle.data.mkdir()
    (idle.data / "config.toml").write_text('htpp = "x"\nphone = "never"\n')
    idle.env |= {"RAVI_SERVER_BACKLOG": "many", "RAVI_SERVER_DATABSE": "x"}

    document = refused(idle, "--smtp", "nowhere")

    assert document["error"] == "the configuration has 5 problems"
    text = "\n".join(document["details"])
    for part in ("--smtp: ", "RAVI_SERVER_BACKLOG: ", "(did you mean RAVI_SERVER_DATABASE?)", "config.toml: phone: "):
        assert part in text
    assert "(did you mean http?)" in text


def test_people_get_the_error_in_words(idle: Server):
    done = idle.run("run", "--human", "--http", "0.0.0.0:0", ok=False)
    error, hint = done.stderr.splitlines()
    assert error.startswith("ravi-server: error: refusing to listen on 0.0.0.0:0 (--http)")
    assert hint.startswith("ravi-server: hint: ")


def test_a_data_directory_that_cannot_be_written_is_one_clear_error(idle: Server):
    idle.data.write_text("a file")
    assert str(idle.data) in refused(idle)["error"]


def test_a_database_that_is_not_there_is_one_clear_error_soon(idle: Server):
    started = time.monotonic()
    document = refused(idle, "--database", "postgresql://ravi:hunter2@127.0.0.1:1/ravi")
    assert time.monotonic() - started < 5
    assert "refused" in document["error"]
    assert "hunter2" not in json.dumps(document)


def test_the_file_in_the_data_directory_and_the_environment_are_in_force(tmp_path: Path):
    server = Server(tmp_path / "data", env={"RAVI_SERVER_MAIL_DOMAIN": "in.example.org"})
    server.data.mkdir(mode=0o700)
    (server.data / "config.toml").write_text('access_token_ttl = "3s"\nlog_level = "error"\n')
    server.start()
    try:
        client = signed_in(server)
        made = client.post("/api/identities/", {"name": "scout"})
        time.sleep(3.2)
        ended = client.get("/api/auth/whoami/").status == 401
    finally:
        server.stop()
    assert made.json["email"] == "scout@in.example.org"
    assert ended
    assert len(server.lines) == 1, "log_level error has no line for each request"


def test_ipv6_has_its_brackets(make_server: MakeServer):
    server = make_server(http="[::1]:0")
    assert re.fullmatch(r"http://\[::1\]:\d+", server.url)
    target = urlsplit(server.url)
    with socket.create_connection((target.hostname or "", target.port or 0), timeout=10) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200")


def test_it_speaks_tls_with_a_certificate_of_yours(make_server: MakeServer, tmp_path: Path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    try:
        subprocess.run([*make, *names, "-keyout", key, "-out", cert], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl to make a certificate with")

    server = make_server("--tls-cert", str(cert), "--tls-key", str(key), http="0.0.0.0:0")

    assert server.url.startswith("https://")
    trusting = ssl.create_default_context(cafile=str(cert))
    connection = http.client.HTTPSConnection("127.0.0.1", urlsplit(server.url).port, context=trusting, timeout=10)
    connection.request("GET", "/readyz")
    assert connection.getresponse().status == 200
    connection.close()


def test_what_is_forwarded_is_believed_only_behind_a_proxy(make_server: MakeServer):
    seen = {}
    for options in ((), ("--behind-proxy",)):
        server = make_server(*options)
        wrong = {"email": "ada@example.org", "password": "wrong"}
        Http(server.url).post("/api/auth/login/", wrong, headers={"X-Forwarded-For": "10.9.9.9, 198.51.100.7"})
        seen[options] = json.loads(server.wait_for_line("sign-in refused"))["address"]
    assert seen == {(): "127.0.0.1", ("--behind-proxy",): "198.51.100.7"}


def test_a_damaged_database_is_refused_and_left_as_it_is(server: Server):
    signed_in(server)
    server.stop()
    file = server.data / "ravi.db"
    whole = file.read_bytes()
    page = int.from_bytes(whole[16:18], "big")
    damaged = whole[:page] + b"\xff" * page + whole[2 * page :]
    file.write_bytes(damaged)

    document = refused(server)

    assert document["error"].startswith("the database is damaged")
    assert "restore a backup" in document["hint"]
    assert file.read_bytes() == damaged
    file.write_bytes(whole)
    server.start()
