"""An agent keeps secrets: every byte comes back, by every way out, and programs read what was exported for them."""

import itertools
import json
import subprocess
from pathlib import Path

import pytest

from tests.support.awkward_values import SPELLED_FOR_ALL, SPELLED_FOR_NONE, numbered
from tests.support.cli import PROGRAM, Cli
from tests.support.journey import Terminal, api, run_script
from tests.support.readers import Readers, everyone
from tests.support.server import Server
from tests.support.vault_agents import PIN, acting, hire, unlock

#: The last line of a workspace's setup hook, as people have it.
HOOK = "ravi secrets export > .env.local"


@pytest.fixture
def agent(owner: Cli, workspace: Path) -> Cli:
    """`ravi` of an owner with an unlocked vault, in a workspace that acts as an identity of its own."""
    return acting(unlock(owner), workspace)


def raw(cli: Cli, *arguments: str, stdin: bytes = b"") -> bytes:
    """The bytes that `ravi ARGUMENTS` prints; it must exit 0."""
    done = subprocess.run(
        [PROGRAM, *arguments],
        input=stdin,
        capture_output=True,
        env=cli.environment,
        cwd=cli.cwd,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    return done.stdout


def import_json(cli: Cli, values: dict[str, str]) -> None:
    cli.ok("secrets", "import", "-", "--format", "json", stdin=json.dumps(values))


def test_a_secret_lives_from_its_creation_to_its_end(agent: Cli) -> None:
    made = agent.json("secrets", "set", "api_token", "first", "--notes", "from the shop")
    assert (made["key"], made["notes"], made["revision"]) == ("API_TOKEN", "from the shop", 1)
    assert "value" not in made

    again = agent.json("secrets", "set", "API_TOKEN=second")
    assert (again["uuid"], again["notes"], again["revision"]) == (made["uuid"], "from the shop", 2)
    assert agent.json("secrets", "get", "Api_Token") == {**again, "value": "second"}
    assert agent.json("secrets", "list") == [{name: again[name] for name in again if name != "notes"}]

    agent.ok("secrets", "set", "OTHER", "--stdin", stdin="third\n")
    assert [each["value"] for each in agent.json("secrets", "get", "OTHER", "API_TOKEN")] == ["third", "second"]
    assert agent.ok("secrets", "get", "OTHER", "--plain").stdout == "third"

    assert agent.json("secrets", "delete", made["uuid"]) == {"status": "deleted", "entry": made["uuid"]}
    assert agent.json("secrets", "delete", "other") == {"status": "deleted", "entry": "other"}
    assert agent.fails(4, "secrets", "get", "API_TOKEN")["code"] == "not_found"
    assert agent.fails(4, "secrets", "delete", "API_TOKEN")["code"] == "not_found"
    assert agent.json("secrets", "list") == []


def test_every_byte_comes_back(agent: Cli, tmp_path: Path) -> None:
    for value in (
        "",
        "no break at the end",
        "\r\n\r one \n\n",
        "'\"`$\\ \t",
        "\0\x1b[0m",
        "x" * 65536,
        "é😀\u2028\ufeff",
    ):
        content = value.encode()
        (tmp_path / "value").write_bytes(content)

        raw(agent, "secrets", "set", "A", "--file", str(tmp_path / "value"))
        assert raw(agent, "secrets", "get", "A", "--plain") == content
        raw(agent, "secrets", "set", "B", "--stdin", "--exact", stdin=content)
        assert raw(agent, "secrets", "get", "B", "--plain") == content
        assert json.loads(raw(agent, "secrets", "export", "--json")) == {"A": value, "B": value}

    (tmp_path / "value").write_bytes(b"x" * 65537)
    assert agent.fails(2, "secrets", "set", "A", "--file", tmp_path / "value")["code"] == "usage"


def test_the_hook_of_a_workspace_leaves_a_file_that_every_program_reads(agent: Cli, readers: Readers) -> None:
    small = [value for value in SPELLED_FOR_ALL if len(value) < 1000]
    values = numbered(small)
    import_json(agent, values)

    done = run_script(agent, HOOK)

    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    text = (agent.cwd / ".env.local").read_bytes().decode()
    for read in everyone(readers, text, values).values():
        assert read == values


def test_the_hook_works_where_there_is_nothing_to_export_and_no_key(agent: Cli) -> None:
    agent.ok("lock")

    done = run_script(agent, HOOK)

    assert (done.code, done.stderr) == (0, "")
    assert (agent.cwd / ".env.local").read_bytes() == b""


def test_a_value_that_readers_disagree_about_stops_the_hook_before_half_a_file_is_written(agent: Cli) -> None:
    import_json(agent, {"A": "fine", "MOTTO": "both ' and \"", "Z": "fine"})

    done = run_script(agent, HOOK)

    assert done.code == 1
    assert (agent.cwd / ".env.local").read_bytes() == b""
    problem = json.loads(done.stderr)
    assert problem["code"] == "export.impossible"
    assert problem["error"].startswith("MOTTO: ")
    assert "both '" not in done.stderr
    # Each way that the hint names is one.
    for way in problem["hint"].partition(": ")[2].split(", "):
        assert agent.ok("secrets", "export", *way.split()).stdout


def test_what_is_exported_can_be_imported_elsewhere(agent: Cli, owner: Cli, tmp_path: Path) -> None:
    owner.ok("identity", "create", "--name", "elsewhere")
    everything = numbered([*SPELLED_FOR_ALL, *SPELLED_FOR_NONE, "a\0b"])
    common = numbered(SPELLED_FOR_ALL)
    ways = (
        itertools.product([everything], [["--format", "json"]]),
        itertools.product([common], [[], ["--reader", "npm"]]),
    )

    for values, way in itertools.chain(*ways):
        import_json(agent, values)
        (tmp_path / "exported").write_bytes(raw(agent, "secrets", "export", *way))
        assert json.loads(raw(agent, "secrets", "import", str(tmp_path / "exported"), *way, "--identity", "elsewhere"))
        assert json.loads(raw(agent, "secrets", "export", "--json", "--identity", "elsewhere")) == values
        for cli in (agent, agent.at(RAVI_IDENTITY="elsewhere")):
            cli.ok("secrets", "delete", *values)


def test_an_import_with_one_wrong_line_sets_nothing(agent: Cli) -> None:
    (agent.cwd / ".env").write_text("GOOD=1\n\nBAD=a#b\n")

    problem = agent.fails(1, "secrets", "import", ".env")

    assert problem["error"].startswith(".env, line 3: ")
    assert agent.json("secrets", "list") == []
    assert agent.json("secrets", "import", ".env", "--reader", "python") == {"imported": ["BAD", "GOOD"]}
    assert agent.ok("secrets", "get", "BAD", "--plain").stdout == "a#b"


def test_fifty_processes_that_set_one_secret_at_once_make_one_and_all_succeed(agent: Cli) -> None:
    running = [agent.start("secrets", "set", "SHARED", f"value {number}", "--json") for number in range(50)]
    outcomes = [(process.communicate(timeout=120), process.returncode) for process in running]

    assert [code for _, code in outcomes] == [0] * 50, outcomes
    made = [json.loads(out) for (out, _), _ in outcomes]
    assert len({each["uuid"] for each in made}) == 1
    assert sorted(each["revision"] for each in made) == list(range(1, 51))
    (listed,) = agent.json("secrets", "list")
    last = next(number for number, each in enumerate(made) if each["revision"] == 50)
    assert listed["revision"] == 50
    assert agent.ok("secrets", "get", "SHARED", "--plain").stdout == f"value {last}"


def test_an_agent_with_its_own_keys_reaches_its_own_secrets_alone(
    owner: Cli, shared_server: Server, tmp_path: Path
) -> None:
    unlock(owner)
    agent, sibling = (hire(owner, shared_server, tmp_path, name) for name in ("agent", "sibling"))

    agent.ok("secrets", "set", "TOKEN", "the agent's")

    assert owner.ok("secrets", "get", "TOKEN", "--plain", "--identity", "agent").stdout == "the agent's"
    assert sibling.json("secrets", "export") == {}
    assert sibling.fails(4, "secrets", "get", "TOKEN")["code"] == "not_found"
    foreign = json.loads((sibling.cwd / ".ravi" / "config.json").read_text())["vault_key"]
    mistaken = agent.at(RAVI_VAULT_KEY=foreign)
    assert mistaken.fails(10, "secrets", "get", "TOKEN")["code"] == "vault.unreadable"
    assert mistaken.fails(10, "secrets", "set", "TOKEN", "x")["code"] == "vault.key_differs"
    assert agent.ok("secrets", "get", "TOKEN", "--plain").stdout == "the agent's"


def test_without_an_identity_nothing_is_set_or_exported(owner: Cli) -> None:
    unlock(owner)

    for words in (["set", "A", "x"], ["get", "A"], ["list"], ["export"], ["delete", "A"]):
        assert owner.fails(4, "secrets", *words)["code"] == "identity.required"


def test_reading_leaves_a_trace_with_names_and_without_values(agent: Cli) -> None:
    import_json(agent, {"A": "hunter2", "B": "hunter3"})
    agent.ok("secrets", "list")
    agent.ok("secrets", "get", "A")
    agent.ok("secrets", "export")

    events = [event for event in api(agent).get("/api/events/?limit=500").json["events"] if "secret." in event["type"]]

    assert [(event["type"], event["data"]["names"]) for event in events] == [
        ("secret.written", ["A", "B"]),
        ("secret.read", ["A"]),
        ("secret.read", ["A", "B"]),
    ]
    assert "hunter" not in json.dumps(events)


def test_at_a_terminal_values_are_asked_for_hidden_and_shown_bare(agent: Cli) -> None:
    setting = Terminal(agent, "secrets", "set", "TOKEN", "--stdin")
    setting.wait_for("value of TOKEN: ")
    setting.type("hunter2")
    assert setting.end() == 0
    assert "hunter2" not in setting.screen

    getting = Terminal(agent, "secrets", "get", "TOKEN")
    assert getting.end() == 0
    assert getting.screen == "hunter2\r\n"

    listing = Terminal(agent, "secrets", "list")
    assert listing.end() == 0
    assert "[hidden]" in listing.screen
    assert "hunter2" not in listing.screen

    told = Terminal(agent, "secrets", "set", "TOKEN", "x")
    assert told.end() == 0
    assert "--stdin" in told.screen

    deleting = Terminal(agent, "secrets", "delete", "TOKEN")
    deleting.wait_for("[y/N]")
    deleting.type("n")
    assert deleting.end() == 1
    assert agent.ok("secrets", "get", "TOKEN", "--plain").stdout == "x"


def test_a_locked_vault_lists_and_deletes_and_opens_nothing(agent: Cli) -> None:
    agent.ok("secrets", "set", "A", "x")
    agent.ok("secrets", "set", "B", "x")
    agent.ok("lock")

    assert [each["key"] for each in agent.json("secrets", "list")] == ["A", "B"]
    agent.ok("secrets", "delete", "B")
    for words in (["get", "A"], ["export"], ["set", "A", "y"]):
        assert agent.fails(10, "secrets", *words)["code"] == "vault.locked"

    agent.ok("unlock", "--pin-file", "-", stdin=PIN + "\n")
    assert agent.ok("secrets", "get", "A", "--plain").stdout == "x"
