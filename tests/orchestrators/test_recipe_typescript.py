"""The harness in integrations/typescript, with the node that runs it as it is: plain `fetch`, a sign-in of its own."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.journey import rewrite, sign_in
from tests.support.npm import Npm
from tests.support.readers import ROOT
from tests.support.server import Server

HARNESS = ROOT / "integrations" / "typescript" / "harness.ts"
WAITS = """
const { Ravi, identityFor, codeFor } = await import(process.argv[2]);
const owner = await Ravi.signedIn(process.env.HARNESS_AUTH);
const identity = await identityFor(owner, "code");
console.log(identity.email);
console.log(await codeFor(owner, identity, "in.ravi.localhost", 30));
"""


@pytest.fixture
def owner(server: Server, cli: Cli) -> Cli:
    return sign_in(server, cli)


@pytest.fixture
def auth(owner: Cli, server: Server, tmp_path: Path) -> Path:
    """A sign-in that nobody but the harness uses."""
    folder = tmp_path / "harness"
    folder.mkdir(mode=0o700)
    code = json.loads(server.run("signin-code", "owner@example.com", "--json").stdout)["signin_code"]
    owner.at(home=folder).ok("auth", "login", "--server", server.url, "--code", "-", stdin=code + "\n")
    return folder / ".ravi" / "auth.json"


def run(npm: Npm, owner: Cli, auth: Path, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [npm.node, "--disable-warning=ExperimentalWarning", *words],
        env={**owner.environment, "HARNESS_AUTH": str(auth)},
        cwd=owner.cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_agent_is_given_its_own_identity_and_it_ends_with_it(npm: Npm, owner: Cli, auth: Path) -> None:
    done = run(npm, owner, auth, HARNESS, "17", "sh", "-c", "env | grep -E '^(RAVI|HARNESS)_' | sort; ravi get email")
    assert done.returncode == 0, done.stderr
    variables = [line.partition("=")[0] for line in done.stdout.splitlines() if "_" in line.partition("=")[0]]
    assert variables[:4] == ["RAVI_API_KEY", "RAVI_API_URL", "RAVI_EMAIL", "RAVI_PHONE"]
    assert "HARNESS_AUTH" not in done.stdout
    assert "task-17@in.ravi.localhost" in done.stdout.splitlines()[-1] or "task-17@" in done.stdout
    assert owner.json("identity", "list") == []


def test_a_task_that_failed_keeps_its_identity_for_the_next_try(npm: Npm, owner: Cli, auth: Path) -> None:
    assert run(npm, owner, auth, HARNESS, "18", "sh", "-c", "exit 7").returncode == 7
    [first] = owner.json("identity", "list")
    assert run(npm, owner, auth, HARNESS, "18", "sh", "-c", 'echo "$RAVI_EMAIL"').stdout.strip() == first["email"]
    assert owner.json("identity", "list") == []


def test_its_sign_in_is_renewed_and_saved(npm: Npm, owner: Cli, auth: Path) -> None:
    before = json.loads(auth.read_text())
    rewrite(auth, access_token="ravi_at_expired")
    for _ in range(2):
        done = run(npm, owner, auth, HARNESS, "19", "true")
        assert done.returncode == 0, done.stderr
    after = json.loads(auth.read_text())
    assert after["refresh_token"] != before["refresh_token"]
    assert after["server"] == before["server"]
    assert auth.stat().st_mode & 0o777 == 0o600


def test_it_waits_for_the_code_of_its_agent(npm: Npm, owner: Cli, auth: Path, tmp_path: Path) -> None:
    script = tmp_path / "waits.mjs"
    script.write_text(WAITS)
    owner.json("identity", "create", "--name", "shop")
    with subprocess.Popen(
        [npm.node, "--disable-warning=ExperimentalWarning", script, HARNESS],
        env={**owner.environment, "HARNESS_AUTH": str(auth)},
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


def test_a_refusal_says_why(npm: Npm, owner: Cli, auth: Path) -> None:
    rewrite(auth, access_token="ravi_at_expired", refresh_token="ravi_rt_expired")
    done = run(npm, owner, auth, HARNESS, "20", "true")
    assert done.returncode != 0
    assert "sign in again with: ravi auth login" in done.stderr
