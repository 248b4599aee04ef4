"""`ravi workspace exec`: an agent is started with its own identity, and without anything of the owner's."""

import concurrent.futures
import json
import shutil
import signal
from pathlib import Path

import pytest

from tests.support.cli import PROGRAM, Cli, Result
from tests.support.workspaces import binding, identities

ENV = ("python3", "-c", "import json, os; print(json.dumps(dict(os.environ)))")


def environment(result: Result) -> dict[str, str]:
    assert result.code == 0, str(result)
    found: dict[str, str] = json.loads(result.stdout)
    return found


def test_the_agent_is_given_its_directory_and_nothing_of_the_owners(owner: Cli, workspace: Path) -> None:
    ours = {"RAVI_PIN": "1", "RAVI_REFRESH_TOKEN": "x", "RAVI_SERVER_DATABASE": "x", "RAVI_ANYTHING": "1"}
    told = owner.at(workspace, **ours, RAVI_ALLOW_HTTP="1", OPENAI_API_KEY="theirs")

    found = environment(told.run("workspace", "exec", "--", *ENV))

    assert {name: value for name, value in found.items() if name.startswith("RAVI_")} == {
        "RAVI_CONFIG_DIR": str(workspace / ".ravi"),
        "RAVI_ALLOW_HTTP": "1",
    }
    assert found["OPENAI_API_KEY"] == "theirs"


def test_an_account_key_in_the_environment_binds_and_is_not_handed_on(
    owner: Cli, workspace: Path, tmp_path: Path
) -> None:
    key = owner.json("keys", "create", "--management")["key"]
    server = json.loads((owner.home / ".ravi" / "auth.json").read_text())["server"]
    home = tmp_path / "ci"
    home.mkdir()
    runner = Cli(home, workspace, {"RAVI_API_KEY": key, "RAVI_API_URL": server})

    found = environment(runner.run("workspace", "exec", "--", *ENV))

    assert key not in found.values()
    agent = Cli(home, workspace, {"RAVI_CONFIG_DIR": found["RAVI_CONFIG_DIR"]})
    assert [each["uuid"] for each in agent.json("identity", "list")] == [binding(workspace)["identity_uuid"]]


@pytest.mark.parametrize(
    "words",
    [
        ("workspace", "exec", "--"),
        ("ravi", "workspace", "exec", "--"),
        ("workspace", "exec", "--", "ravi", "workspace", "exec", "--"),
        ("ravi", "workspace", "exec", "--", "ravi", "ravi", "workspace", "exec", "--"),
        (str(PROGRAM), "workspace", "exec", "--", str(PROGRAM), "workspace", "exec", "--"),
    ],
    ids=" ".join,
)
def test_its_own_name_may_be_repeated(owner: Cli, workspace: Path, words: tuple[str, ...]) -> None:
    done = owner.at(workspace).run(*words, "echo", "--name", "-- agent")

    assert (done.code, done.stdout) == (0, "--name -- agent\n"), str(done)
    assert len(identities(owner)) == 1


def test_a_program_of_ours_that_is_meant_is_run(owner: Cli, workspace: Path) -> None:
    shown = owner.at(workspace).run("workspace", "exec", "--", "ravi", "get", "email", "--json")

    assert shown.json["email"] == identities(owner)[binding(workspace)["identity_uuid"]]["email"]


def test_the_program_replaces_us(owner: Cli, workspace: Path) -> None:
    there = owner.at(workspace)
    assert there.run("workspace", "exec", "--", "sh", "-c", "exit 42").code == 42
    assert there.run("workspace", "exec", "--", "sh", "-c", "kill -TERM $$").code == -signal.SIGTERM
    assert there.run("workspace", "exec", "--", "cat", stdin="as it is\n").stdout == "as it is\n"
    with there.start("workspace", "exec", "--", "sh", "-c", "echo $$") as process:
        assert process.communicate()[0].strip() == str(process.pid)


def test_a_program_that_is_not_there_is_127(owner: Cli, workspace: Path) -> None:
    done = owner.at(workspace).run("workspace", "exec", "--", "no-such-agent")

    assert (done.code, done.error["error"]) == (127, "there is no program 'no-such-agent'")


def test_where_nothing_can_be_bound_nothing_is_started(cli: Cli, workspace: Path) -> None:
    done = cli.at(workspace).run("workspace", "exec", "--", "touch", "started")

    assert done.code == 3
    assert not (workspace / "started").exists()


def test_a_setup_that_races_the_agent_gives_both_one_identity(owner: Cli, workspace: Path) -> None:
    there = owner.at(workspace)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        setups = [pool.submit(there.json, "workspace", "ensure") for _ in range(3)]
        agents = [pool.submit(there.run, "workspace", "exec", "--", "ravi", "get", "email", "--json") for _ in range(3)]
        bound = {each.result()["email"] for each in setups}
        acted = {each.result().json["email"] for each in agents}

    assert bound == acted
    assert len(bound) == 1
    assert len(identities(owner)) == 1


def test_an_agent_elsewhere_is_started_where_we_stand(owner: Cli, workspace: Path, tmp_path: Path) -> None:
    done = owner.at(tmp_path).run(
        "workspace", "exec", "workspace", "--ttl", "1h", "--", "sh", "-c", "pwd; ravi get email"
    )

    assert done.stdout.startswith(f"{tmp_path}\n")
    assert identities(owner)[binding(workspace)["identity_uuid"]]["email"] in done.stdout
    shutil.rmtree(workspace)
    assert owner.run("workspace", "exec", workspace, "--", "true").code == 2
