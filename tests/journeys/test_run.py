"""A program works with an identity's secrets: they are in its environment, and neither in its output nor elsewhere."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.awkward_values import SPELLED_FOR_ALL, numbered
from tests.support.cli import PROGRAM, Cli
from tests.support.journey import api
from tests.support.pty_child import CTRL_C, PtyChild
from tests.support.server import Server
from tests.support.vault_agents import acting, hire, unlock

TOKEN = "tok-7Kq2+xN/9vRb4"
HIDDEN = "\u2039ravi:API_TOKEN hidden\u203a"


@pytest.fixture
def agent(owner: Cli, workspace: Path) -> Cli:
    """`ravi` of an owner with an unlocked vault, in a workspace whose identity has a secret."""
    agent = acting(unlock(owner), workspace)
    agent.ok("secrets", "set", "API_TOKEN", "--stdin", stdin=TOKEN)
    return agent


def test_a_program_uses_a_secret_and_cannot_help_printing_it_hidden(agent: Cli) -> None:
    script = f'test "$API_TOKEN" = "{TOKEN}" && echo "Bearer $API_TOKEN"; echo "$API_TOKEN" >&2; exit 7'

    ran = agent.run("run", "--", "sh", "-c", script)

    assert (ran.code, ran.stdout, ran.stderr) == (7, f"Bearer {HIDDEN}\n", f"{HIDDEN}\n")


@pytest.mark.parametrize("flags", [(), ("--no-mask",)], ids=["masked", "not masked"])
def test_awkward_values_arrive_byte_for_byte(agent: Cli, flags: tuple[str, ...]) -> None:
    values = numbered(SPELLED_FOR_ALL)
    agent.ok("secrets", "import", "-", "--format", "json", stdin=json.dumps(values))
    expected = {name: value.encode().hex() for name, value in values.items()}
    show = "import json, os; print(json.dumps({k.decode(): v.hex() for k, v in os.environb.items()}))"

    got = json.loads(agent.ok("run", *flags, "--", "python3", "-c", show).stdout)

    assert {name: got.get(name) for name in expected} == expected


def test_the_secrets_of_another_identity_stay_away(agent: Cli, owner: Cli) -> None:
    owner.json("identity", "create", "--name", "other")
    owner.ok("secrets", "set", "OTHERS", "not-for-the-agent", "--identity", "other")

    assert agent.run("run", "--", "printenv", "OTHERS").code == 1
    assert (
        owner.ok("run", "--identity", "other", "--no-mask", "--", "printenv", "OTHERS").stdout == "not-for-the-agent\n"
    )


def test_an_agent_with_keys_of_its_own_runs_and_calls_ravi_from_inside(
    owner: Cli, shared_server: Server, tmp_path: Path
) -> None:
    agent = hire(unlock(owner), shared_server, tmp_path)
    agent.ok("secrets", "set", "API_TOKEN", "--stdin", stdin=TOKEN)

    inside = agent.ok("run", "--", "sh", "-c", "ravi get email; ravi secrets get API_TOKEN --plain")

    assert json.loads(inside.stdout.replace(HIDDEN, ""))["email"] == agent.json("get", "email")["email"]
    assert inside.stdout.endswith(HIDDEN)


def test_each_run_is_one_entry_in_the_log_with_the_names_it_read(agent: Cli) -> None:
    agent.ok("secrets", "set", "OTHER=value-of-it")
    agent.ok("run", "--", "true")
    agent.ok("run", "--only", "other", "--", "true")

    events = api(agent).get("/api/events/?limit=1000").json["events"]

    assert [event["data"]["names"] for event in events if event["type"] == "secret.read"] == [
        ["API_TOKEN", "OTHER"],
        ["OTHER"],
    ]


def test_a_locked_vault_starts_nothing(agent: Cli, tmp_path: Path) -> None:
    agent.ok("lock")

    assert agent.run("run", "--", "touch", tmp_path / "started").code == 10
    assert not (tmp_path / "started").exists()


def test_a_secret_is_in_the_environment_of_the_program_alone(agent: Cli) -> None:
    seen = agent.ok(
        "run", "--", "sh", "-c", "cat /proc/$PPID/environ /proc/$PPID/cmdline; echo; printenv | grep -c TOKEN"
    )

    parent, count = seen.stdout.splitlines()
    assert "API_TOKEN" not in parent
    assert count == "1"


def test_a_person_at_a_terminal_notices_nothing_but_the_hiding(agent: Cli) -> None:
    program = 'test -t 0 && test -t 1 && echo "at a terminal with $API_TOKEN"; exec sleep 600'
    with PtyChild([str(PROGRAM), "run", "--", "sh", "-c", program], env=agent.environment, cwd=agent.cwd) as run:
        before = run.settings()
        run.wait_for(f"at a terminal with {HIDDEN}\r\n")
        run.type(CTRL_C)
        assert run.end() == -2
        assert run.settings() == before


def test_a_tool_server_talks_over_pipes_without_knowing(agent: Cli) -> None:
    server = (
        "import json, os, sys\n"
        "for line in sys.stdin:\n"
        "    request = json.loads(line)\n"
        "    print(json.dumps({'id': request['id'], 'result': os.environ['API_TOKEN'][:request['n']]}), flush=True)\n"
    )
    with subprocess.Popen(
        [PROGRAM, "run", "--", "python3", "-c", server],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=agent.environment,
        cwd=agent.cwd,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number, (length, result) in enumerate([(3, "tok"), (99, HIDDEN), (0, "")]):
            process.stdin.write(json.dumps({"id": number, "n": length}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"id": number, "result": result}
        process.stdin.close()
        assert process.wait(20) == 0
