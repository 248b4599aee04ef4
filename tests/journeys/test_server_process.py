"""`ravi-server run` while it runs: load, signals, crashes, and what it leaves in files and logs."""

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.http import Http
from tests.support.postgres import Cluster
from tests.support.server import PROGRAM, MakeServer, Server
from tests.support.signed_in import signed_in


@pytest.fixture
def idle(tmp_path: Path) -> Server:
    """A server that is not started: for what refuses to start, and for its other commands."""
    return Server(tmp_path / "data")


def connection_to(server: Server) -> socket.socket:
    target = urlsplit(server.url)
    return socket.create_connection((target.hostname or "", target.port or 0), timeout=30)


def started(server: Server) -> "subprocess.Popen[str]":
    """Start it without waiting for its ready line."""
    command = [PROGRAM, "run", "--data", server.data, "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=server.env)


def eventually(condition: Callable[[], bool], within: float = 10.0) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_one_line_says_where_it_answers_and_it_does(server: Server):
    assert Http(server.url).get("/readyz").status == 200
    ready = [line for line in server.lines if "ready" in line]
    assert ready == server.lines[:1]
    assert ready[0].startswith(f"ravi-server ready: {server.url} (")
    assert f"data {server.data}," in ready[0]
    assert f"database sqlite://{server.data}/ravi.db," in ready[0]
    assert f"mail at smtp://{server.smtp} for in.ravi.localhost" in ready[0]
    assert server.stop() == 0


def test_what_it_keeps_is_for_its_user_alone(server: Server):
    signed_in(server)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in server.data.iterdir()}
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert {"ravi.db", "ravi.db-wal", "ravi.db-shm"} <= set(modes)
    assert set(modes.values()) == {0o600}


def test_owners_are_added_while_it_runs_and_told_where_to_sign_in(server: Server):
    added = server.add_owner("ada@example.org")
    assert added["server"] == server.url
    assert Http(server.url).post("/api/auth/login/", {"signin_code": added["signin_code"]}).status == 200

    again = server.run("owner", "add", "ada@example.org", ok=False)

    assert again.returncode == 5
    assert "signin-code ada@example.org" in json.loads(again.stderr)["hint"]


def test_five_hundred_clients_that_connect_at_once_are_all_answered(server: Server):
    clients = []
    try:
        for _ in range(500):  # nobody reads in between: they all stand in the backlog or are open together
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex((urlsplit(server.url).hostname, urlsplit(server.url).port))
            clients.append(client)
        for client in clients:
            client.settimeout(30)
            client.sendall(b"GET /readyz HTTP/1.1\r\nHost: test\r\n\r\n")
        answers = [client.recv(4096).partition(b"\r\n")[0] for client in clients]
    finally:
        for client in clients:
            client.close()
    assert answers == [b"HTTP/1.1 200 OK"] * 500


def test_five_hundred_clients_wait_for_a_server_that_is_busy(make_server: MakeServer):
    server = make_server()
    os.kill(server.pid, signal.SIGSTOP)  # accepts nothing: the kernel's backlog has to hold them
    try:
        clients = [connection_to(server) for _ in range(500)]
    finally:
        os.kill(server.pid, signal.SIGCONT)
    for client in clients:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
    answers = [client.recv(4096).partition(b"\r\n")[0] for client in clients]
    for client in clients:
        client.close()
    assert answers == [b"HTTP/1.1 200 OK"] * 500


class Load:
    """Threads that create identities until the server is gone; remembers what was answered."""

    def __init__(self, client: Http, threads: int) -> None:
        self.client = client
        self.made: list[str] = []
        self.torn: list[Exception] = []
        self._pool = ThreadPoolExecutor(threads)
        self._work = [self._pool.submit(self._create) for _ in range(threads)]

    def _create(self) -> None:
        while True:
            try:
                reply = self.client.post("/api/identities/", {"api_key": False}, timeout=10)
            except (ConnectionError, http.client.BadStatusLine):
                return  # nobody answered at all, which is no promise
            except (http.client.HTTPException, TimeoutError) as torn:
                self.torn.append(torn)
                return
            if reply.status == 503:
                return
            assert reply.status == 201, reply.body
            self.made.append(reply.json["uuid"])

    def finish(self) -> None:
        for work in self._work:
            work.result(timeout=60)
        self._pool.shutdown()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_no_answered_request_is_lost(make_server: MakeServer, how: str):
    server = make_server()
    client = signed_in(server)
    load = Load(client, threads=8)
    assert eventually(lambda: len(load.made) > 100)

    ended = getattr(server, how)()
    load.finish()
    server.restart()
    there = [each["uuid"] for each in Http(server.url, client.token).get("/api/identities/").json]

    assert how == "kill" or ended == 0
    assert how == "kill" or not load.torn, "a graceful stop tore an answer apart"
    assert len(there) == len(set(there))
    assert set(load.made) <= set(there)


@pytest.mark.parametrize("chunk", [4096, 1_000_000])
def test_a_head_without_end_is_refused(server: Server, chunk: int):
    with connection_to(server) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nX-Endless: ")
        for _ in range(100_000 // chunk + 1):
            client.sendall(b"x" * chunk)
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b'"code":"request.too_large"' in answer
    assert Http(server.url).get("/healthz").status == 200


def test_a_large_body_right_behind_a_small_head_is_no_large_head(server: Server):
    body = b'{"signin_code": "' + b"x" * 200_000 + b'"}'
    assert Http(server.url).post("/api/auth/login/", raw=body).status == 401


def test_idle_connections_do_not_keep_it_from_stopping(server: Server):
    idle = [connection_to(server) for _ in range(20)]
    used = connection_to(server)
    used.sendall(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
    assert used.recv(4096).startswith(b"HTTP/1.1 200")
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 2
    for client in [*idle, used]:
        client.close()


def unfinished(server: Server) -> socket.socket:
    """A connection in the middle of a request: its body never comes."""
    client = connection_to(server)
    client.sendall(b"POST /api/auth/login/ HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{")
    # Only when the headers were read is it a running request.
    assert Http(server.url).get("/healthz").status == 200
    return client


def test_a_request_that_does_not_finish_in_time_is_told(make_server: MakeServer):
    server = make_server("--graceful-timeout", "1s")
    with unfinished(server) as client:
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 4
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"the server is stopping" in answer


def test_a_second_signal_ends_it_at_once(make_server: MakeServer):
    server = make_server("--graceful-timeout", "1h")
    process = server._process
    assert process is not None
    with unfinished(server):
        os.kill(server.pid, signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        started = time.monotonic()
        assert server.stop() == 128 + signal.SIGTERM
        assert time.monotonic() - started < 1


def test_it_stops_accepting_at_the_first_signal(make_server: MakeServer):
    server = make_server("--graceful-timeout", "1h")
    with unfinished(server) as client:
        os.kill(server.pid, signal.SIGTERM)

        def is_closed() -> bool:
            try:
                connection_to(server).close()
            except ConnectionError:
                return True
            return False

        assert eventually(is_closed)
        client.sendall(b" " * 98 + b"}")  # the running request is still answered: 400, it names nothing
        assert client.recv(4096).startswith(b"HTTP/1.1 400 ")
    assert server._process is not None
    assert server._process.wait(10) == 0
    server._process = None


def test_ctrl_c_is_as_good_as_sigterm(make_server: MakeServer):
    server = make_server()
    process = server._process
    assert process is not None
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    server._process = None


def test_a_signal_while_it_starts_ends_it_quietly(idle: Server):
    for delay in (0.05, 0.15, 0.3, 0.45):
        with started(idle) as process:
            time.sleep(delay)
            process.terminate()
            _, stderr = process.communicate(timeout=10)
        assert process.returncode in (0, -signal.SIGTERM)
        assert "Traceback" not in stderr


def test_the_port_can_be_had_again_at_once(server: Server):
    url = server.url
    Http(server.url).get("/healthz")
    assert server.restart().url == url


def test_readiness_follows_a_sqlite_file(server: Server):
    (server.data / "ravi.db").rename(server.data / "elsewhere.db")
    gone = Http(server.url).get("/readyz")
    (server.data / "elsewhere.db").rename(server.data / "ravi.db")
    back = Http(server.url).get("/readyz")
    assert (gone.status, gone.json["code"], back.status) == (503, "server.unavailable", 200)
    assert Http(server.url).get("/healthz").status == 200


def test_readiness_follows_postgresql(make_server: MakeServer, postgres: Cluster):
    name = postgres.create()
    server = make_server(database=postgres.url(name))
    client = signed_in(server)
    assert client.get("/readyz").status == 200
    assert "sqlite" not in server.lines[0]

    postgres.drop(name)
    unready = eventually(lambda: Http(server.url).get("/readyz").status == 503, within=20)

    assert unready
    assert Http(server.url).get("/healthz").status == 200
    assert server.stop() == 0


def test_logs_have_request_ids_and_never_a_secret_or_a_body(server: Server):
    added = server.add_owner("ada@example.org")
    login = Http(server.url).post(
        "/api/auth/login/", {"signin_code": added["signin_code"], "hostname": "CANARY-HOSTNAME"}
    )
    client = Http(server.url, login.json["access"])
    made = client.post("/api/identities/?label=CANARY-QUERY", {"name": "CANARY-BODY", "api_key": True})
    refreshed = Http(server.url).post("/api/auth/token/refresh/", {"refresh": login.json["refresh"]})
    wrong = Http(server.url).post("/api/auth/login/", {"email": "CANARY-EMAIL@x", "password": "CANARY-PASSWORD"})
    broken = Http(server.url).post("/api/auth/login/", raw=b'{"password": "CANARY-BROKEN')
    page = Http(server.url).get("/device?user_code=CANARY-USER-CODE")
    ghost = Http(server.url, "ravi_at_CANARY-TOKEN").get("/api/identities/")
    replies = [login, made, refreshed, wrong, broken, page, ghost]
    server.stop()

    logged = "\n".join(server.lines)
    secrets = [added["signin_code"], made.json["api_key"], *(login.json[name] for name in ("access", "refresh"))]
    assert [reply.status for reply in replies] == [200, 201, 200, 401, 400, 200, 401]
    assert {reply.headers["x-request-id"] for reply in replies} <= {line.get("request_id") for line in server.log}
    assert "CANARY" not in logged
    assert not [secret for secret in secrets if secret in logged]


def test_it_goes_on_when_nobody_reads_its_log_any_more(idle: Server):
    with started(idle) as process:
        assert process.stderr is not None
        url = process.stderr.readline().split()[2]
        process.stderr.close()
        answers = [Http(url).get("/api/identities/").status for _ in range(3)]
        time.sleep(0.2)  # the lines of these are written a moment later
        answers.append(Http(url).get("/readyz").status)
        process.terminate()
        assert process.wait(10) == 0
    assert answers == [401, 401, 401, 200]
