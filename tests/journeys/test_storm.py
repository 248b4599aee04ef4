"""One agent runs wild against a real server; its siblings work on. How fast, `benchmarks/storm.py` measures."""

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.journey import api
from tests.support.server import Server

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 12


def start_storm(server: Server, key: str, address: str) -> "subprocess.Popen[str]":
    http, smtp = (where.rpartition(":")[2] for where in (server.http, server.smtp))
    argv = [sys.executable, "-m", "tests.support.storm", http, smtp, key, address, str(SECONDS)]
    return subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_storm_by_one_identity_stops_nobody_else(shared_server: Server, owner: Cli, fleet: dict[str, Cli]) -> None:
    stormer, sibling = fleet["eve"], fleet["ada"]
    address = owner.json("get", "email", "--identity", "eve")["email"]
    of_the_sibling = sibling.json("get", "email")["email"]
    storm = start_storm(shared_server, stormer.env["RAVI_API_KEY"], address)
    began = time.monotonic()
    answers, healthy = 0, Http(shared_server.url)
    try:
        while time.monotonic() - began < SECONDS - 2:
            assert sibling.json("get", "email")["email"] == of_the_sibling
            assert owner.json("get", "email", "--identity", "bob")["email"] != of_the_sibling
            assert healthy.get("/readyz").status == 200
            answers += 1
        limits = {(each["name"], each["of"]): each for each in sibling.json("limits")["limits"]}
        assert limits["requests", "identity"]["left"] > 300, "nobody has taken anything of the sibling's"
        after = owner.json("limits", "--identity", "ada")
        assert after["identity"] is not None
    finally:
        said, _ = storm.communicate(timeout=60)
    found = json.loads(said)

    assert answers > 3
    assert found["statuses"].keys() <= {"200", "429", "503"}, "whoever storms is refused, and nothing fails"
    assert found["statuses"]["429"] > found["statuses"]["200"] / 10
    assert found["silent_refusals"] == 0, "each refusal says when to come back"
    assert found["statuses"]["200"] <= 200 * (SECONDS + 4) + 800, "no more than its pace"
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
