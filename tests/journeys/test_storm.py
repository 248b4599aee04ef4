"""One agent runs wild against a real server; its siblings work on. How fast, `benchmarks/storm.py` measures."""

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drills.ground import deliver, eventually, path_of
from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.journey import api
from tests.support.server import Server

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 8
#: What one credential and one identity may ask for in a second, and for how many seconds it may be saved up.
PACE, PACE_OF_IDENTITY = 20, 40
SAVED_SECONDS = 4
#: Downloads of so many bytes that begin and are not read.
MANY, LARGE = 120, 5_000_000


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with limits so low that a storm meets them at once."""
    limits = {
        "RAVI_SERVER_CREDENTIAL_REQUESTS_PER_SECOND": str(PACE),
        "RAVI_SERVER_IDENTITY_REQUESTS_PER_SECOND": str(PACE_OF_IDENTITY),
    }
    server = Server(tmp_path_factory.mktemp("storm") / "data", env=limits).start()
    yield server
    server.stop()
    faults = [line for line in server.lines if '"event":"fault"' in line or "Traceback" in line]
    assert not faults, "ravi-server logged faults:\n" + "\n".join(faults)


def start_storm(server: Server, key: str, address: str) -> "subprocess.Popen[str]":
    http, smtp = (where.rpartition(":")[2] for where in (server.http, server.smtp))
    argv = [sys.executable, "-m", "tests.support.storm", http, smtp, key, address, str(SECONDS)]
    return subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_storm_by_one_identity_stops_nobody_else(shared_server: Server, owner: Cli, fleet: dict[str, Cli]) -> None:
    stormer, sibling = fleet["eve"], fleet["ada"]
    address = owner.json("get", "email", "--identity", "eve")["email"]
    of_the_sibling = sibling.json("get", "email")["email"]
    began = time.monotonic()
    storm = start_storm(shared_server, stormer.env["RAVI_API_KEY"], address)
    answers, healthy = 0, Http(shared_server.url)
    try:
        while time.monotonic() - began < SECONDS - 2:
            assert sibling.json("get", "email")["email"] == of_the_sibling
            assert owner.json("get", "email", "--identity", "bob")["email"] != of_the_sibling
            assert healthy.get("/readyz").status == 200
            answers += 1
        limits = {(each["name"], each["of"]): each for each in sibling.json("limits")["limits"]}
        kept = limits["requests", "identity"]
        assert kept["most"] == PACE_OF_IDENTITY * SAVED_SECONDS
        assert kept["left"] > kept["most"] * 3 / 4, "nobody has taken anything of the sibling's"
        after = owner.json("limits", "--identity", "ada")
        assert after["identity"] is not None
    finally:
        said, _ = storm.communicate(timeout=60)
    found, lasted = json.loads(said), time.monotonic() - began

    assert answers > 3
    assert found["statuses"].keys() <= {"200", "429", "503"}, "whoever storms is refused, and nothing fails"
    assert found["statuses"]["429"] > found["statuses"]["200"] / 10
    assert found["silent_refusals"] == 0, "each refusal says when to come back"
    assert PACE < found["statuses"]["200"] <= PACE * (lasted + SAVED_SECONDS), "its pace, and no more"
    assert set(found["replies"]) <= {"250", "450 4.2.1", "452 4.3.1"}
    assert stormer.json("get", "email")["email"] == address, "when it comes to its senses it works as before"


def test_a_flood_of_bad_keys_is_answered_late_and_costs_the_good_ones_nothing(
    shared_server: Server, owner: Cli, fleet: dict[str, Cli]
) -> None:
    wrong = Http(shared_server.url, "ravi_id_" + "0" * 43)
    took = []
    for _ in range(150):
        began = time.monotonic()
        answer = wrong.get("/api/email/")
        took.append(time.monotonic() - began)
        assert answer.status == 401
        if took[-1] > 0.9:
            break
    assert len(took) < 150, "the last answers come late"
    assert fleet["bob"].json("get", "email")["email"] == owner.json("get", "email", "--identity", "bob")["email"]
    assert api(owner).get("/api/auth/whoami/").status == 200


def test_large_answers_that_nobody_takes_do_not_fill_the_memory(shared_server: Server, fleet: dict[str, Cli]) -> None:
    stormer = fleet["eve"]
    http = Http(shared_server.url, stormer.env["RAVI_API_KEY"])
    deliver(shared_server, stormer.json("get", "email")["email"], "large", "see the file", file=b"x" * LARGE)
    uuid = eventually("the mail", lambda: http.get("/api/email-messages/").json)[0]["uuid"]
    shown = http.get(f"/api/email-messages/{uuid}/").json
    path = path_of(shown["attachments"][0]["download_url"])
    host, _, port = shared_server.http.rpartition(":")
    request = f"GET {path} HTTP/1.1\r\nHost: {shared_server.http}\r\n\r\n".encode()
    before = resident(shared_server.pid)
    with contextlib.ExitStack() as stack:
        for _ in range(MANY):
            slow = stack.enter_context(socket.socket())
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect((host, int(port)))
            slow.sendall(request)
            assert slow.recv(12) == b"HTTP/1.1 200"
        more = resident(shared_server.pid) - before
        assert fleet["ada"].json("get", "email")["email"]

    assert more < MANY * LARGE * 2 / 3, f"{more:,} bytes"


def resident(pid: int) -> int:
    """How many bytes of memory a process has."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024
