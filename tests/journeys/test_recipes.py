"""The harness in integrations/python: an identity for each task, for its process alone, and gone with it."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.support.cli import Cli
from tests.support.journey import rewrite, saved_sign_in
from tests.support.readers import ROOT

HARNESS = ROOT / "integrations" / "python" / "harness.py"
#: What an agent finds out about itself.
AGENT = [
    "sh",
    "-euc",
    "env | grep ^RAVI_ | sort; ravi get email --json; ravi identity list --json; ravi auth status --json",
]
#: A harness that waits for a code on behalf of its agent, as the recipe does it.
WAITS = """
import sys
sys.path.insert(0, sys.argv[1])
import harness
from ravi import Client
with Client() as owner:
    identity = harness.identity_for(owner, "code")
    print(identity["email"], flush=True)
    print(harness.code_for(owner, identity, sender="in.ravi.localhost", timeout=30), flush=True)
    owner.identities.delete(identity["uuid"])
"""


def run(owner: Cli, *words: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, HARNESS, *words],
        env={**owner.environment, "RAVI_OWNERS_OWN": "canary"},
        cwd=owner.cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def names(owner: Cli) -> set[str]:
    return {each["name"] for each in owner.json("identity", "list")}


def test_an_agent_is_given_its_own_identity_and_nothing_of_ours(owner: Cli) -> None:
    owner.json("identity", "create", "--name", "other")
    done = run(owner, "17", *AGENT)
    assert done.returncode == 0, done.stderr

    variables = [line.partition("=")[0] for line in done.stdout.splitlines() if line.startswith("RAVI_")]
    assert variables == ["RAVI_API_KEY", "RAVI_API_URL", "RAVI_EMAIL", "RAVI_PHONE"]
    assert "canary" not in done.stdout
    assert "task-17@in.ravi.localhost" in done.stdout
    assert "other" not in done.stdout, "it sees itself alone"
    assert saved_sign_in(owner)["access_token"] not in done.stdout
    assert names(owner) == {"other"}, "its identity ended with it"


def test_a_task_that_failed_is_tried_again_as_the_same(owner: Cli) -> None:
    assert run(owner, "18", "sh", "-c", "exit 7").returncode == 7
    [first] = owner.json("identity", "list")
    assert run(owner, "18", "sh", "-c", 'echo "$RAVI_EMAIL"').stdout.strip() == first["email"]
    assert names(owner) == set()


def test_the_vault_s_key_comes_along_where_there_is_one(owner: Cli, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("271828\n")
    pin.chmod(0o600)
    owner.ok("unlock", "--pin-file", pin)
    script = "ravi secrets set TOKEN value >/dev/null; ravi secrets get TOKEN --json"
    done = run(owner, "19", "sh", "-euc", script)
    assert json.loads(done.stdout)["value"] == "value", done.stderr


def test_a_harness_waits_for_the_code_of_its_agent(owner: Cli) -> None:
    owner.json("identity", "create", "--name", "shop")
    with subprocess.Popen(
        [sys.executable, "-c", WAITS, HARNESS.parent],
        env=owner.environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as waiting:
        assert waiting.stdout is not None
        address = waiting.stdout.readline().strip()
        owner.ok(
            *("email", "compose", "--identity", "shop", "--to", address),
            *("--subject", "Your code", "--body", "Your verification code is 482913."),
        )
        assert waiting.stdout.readline().strip() == "482913"
    assert waiting.returncode == 0


def test_ten_at_once_with_a_sign_in_that_has_to_be_renewed(owner: Cli) -> None:
    before = saved_sign_in(owner)
    rewrite(owner.home / ".ravi" / "auth.json", access_token="ravi_at_expired", expires_at="2020-01-01T00:00:00Z")
    outcomes: list[Any] = []
    agents = [
        threading.Thread(target=lambda n=n: outcomes.append(run(owner, f"many-{n}", "sh", "-c", 'echo "$RAVI_EMAIL"')))
        for n in range(10)
    ]
    for agent in agents:
        agent.start()
    for agent in agents:
        agent.join()

    assert {done.returncode for done in outcomes} == {0}, [done.stderr for done in outcomes]
    assert len({done.stdout for done in outcomes}) == 10
    assert saved_sign_in(owner)["refresh_token"] != before["refresh_token"]
    assert names(owner) == set()
