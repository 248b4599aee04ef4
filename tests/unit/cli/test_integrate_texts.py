"""Files of other people: what is put in stands there once, and what is taken out again leaves every byte as it was."""

import json
import tomllib
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ravi.cli.integrate.json_text import parse
from ravi.cli.integrate.lines import MISSING, OK, STALE, Conflict, Values
from ravi.cli.integrate.parts import Command, FrontMatterLine, Item, Line, Target, TomlLine, Value
from ravi.cli.integrate.tools import TOOLS

HERE = Values("/usr/local/bin/ravi", "claude")
MOVED = Values("/opt/a place's/own/ravi", "claude")
TARGETS = [(name, target) for name, tool in TOOLS.items() for target in tool.targets]

every_target = pytest.mark.parametrize(
    ("name", "target"), TARGETS, ids=[f"{name}:{target.shown}" for name, target in TARGETS]
)


def kind(target: Target) -> str:
    first = target.edits[0]
    if target.is_script:
        return "script"
    return "toml" if isinstance(first, TomlLine) else "front matter" if isinstance(first, FrontMatterLine) else "json"


#: What may be in such a file already.
BEFORE = {
    "script": ["#!/bin/sh\nnpm install\n", "#!/usr/bin/env bash\nset -e\nexit 0", "npm ci\n", "#!/bin/sh", "", "\n\n"],
    "toml": [
        'version = 1\nname = "x"\n',
        "# nothing\n",
        "a = [\n  1,\n]",
        '[scripts]\nrun = "npm start"  # [setup]\n\n[setup]\nother = 1\n',
        "[scripts]",
        '[setup] # ours\nscript = "npm i"\n[scripts]\nsetup = """\nnpm i\nnpm run x\n"""\narchive = "true"\n',
        "[scripts]\nsetup = '''npm i'''\n[setup]\nscript = '''\nnpm i\n'''",
    ],
    "front matter": [
        "---\ntracker: x\n---\nThe prompt.\n",
        "---\n---\n",
        "---\nhooks:\n  after_create: |\n    git clone x .\n  before_run: |\n    npm i\n\n    npm t\n\nx: 3\n---\n",
        "---\nhooks:   # mine\n    before_remove: |-\n        true\ncodex: {}\n---\nPrompt, with\n---\nin it",
        "---\r\na: b\r\nhooks:\r\n  before_run: |\r\n    true\r\n---\r\n",
        "---\nhooks:\n---\n",
    ],
    "json": [
        "{}",
        "{ }\n",
        "{\n}\n",
        '{"a":1}',
        '{ "a": [], "b": {} }',
        '{\n  // keep\n  "a": 1, // and this\n  "b": [1, 2,],\n}\n',
        '\ufeff{\r\n\t"a": {\r\n\t\t"b": "ü"\r\n\t}\r\n}\r\n',
        '{\n    "setup-workspace": ["npm i"],\n    "setup-worktree": [ ],\n    "setup": [\n        "a",\n        "b"\n'
        '    ],\n    "teardown": [],\n    "archive": "x\\ny",\n    "profiles": [{"name": "claude"}]\n}',
        '{"hooks": {"SessionStart": [{"hooks": []}], "Stop": []}, "assistants": {}, "commands": [/* none */]}',
        '{"assistants": {"codex": {"command": "codex"}}, "archive": "", "setupScript": "a \\u00fc \\/ b"}',
        '{"postCreateCommand": "npm i", "remoteEnv": {"A": "b"}}',
        '{"postCreateCommand": {"npm": "npm i"}, "remoteEnv": {}}',
    ],
}
CASES = [(name, target, text) for name, target in TARGETS for text in BEFORE[kind(target)]]
every_case = pytest.mark.parametrize(
    ("name", "target", "text"),
    CASES,
    ids=[f"{name}:{target.shown}-{number}" for number, (name, target, _) in enumerate(CASES)],
)


def read(target: Target, text: str) -> Any:
    """What the tool makes of the file, with our parsers or not."""
    if kind(target) == "toml":
        return tomllib.loads(text)
    if kind(target) == "front matter":
        return yaml.safe_load(text.split("---")[1])
    return parse(text).value if kind(target) == "json" else text


@every_case
def test_what_was_put_in_is_found_once_and_taken_out_to_the_byte(name: str, target: Target, text: str) -> None:
    new = target.put(text, HERE)

    assert target.state(new, HERE) == OK
    assert target.put(new, HERE) == new
    assert new.count("/usr/local/bin/ravi'") == target.fresh(HERE).count("/usr/local/bin/ravi'")
    assert target.withdraw(new, HERE) == text
    read(target, new)


@every_case
def test_nothing_that_was_there_is_lost(name: str, target: Target, text: str) -> None:
    new = target.put(text, HERE)
    if kind(target) in ("json", "toml"):
        assert contains(read(target, new), read(target, text))
    else:
        lines = iter(new.splitlines())
        assert [line for line in text.splitlines() if line not in lines] == []


def contains(new: Any, old: Any) -> bool:
    """Whether *new* is *old* with more in it."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and contains(new[key], old[key]) for key in old)
    if isinstance(old, list):
        return isinstance(new, list) and new[len(new) - len(old) :] == old
    return new.endswith(old) if isinstance(old, str) else new == old


@pytest.mark.parametrize(("name", "target", "text"), [case for case in CASES if case[0] != "devcontainer"])
def test_a_ravi_that_moved_makes_it_stale_and_writing_again_mends_it(name: str, target: Target, text: str) -> None:
    """A dev container's names no path, because it is for another machine."""
    old = target.put(text, MOVED)

    assert target.state(old, HERE) == STALE
    assert target.state(target.put(old, HERE), HERE) == OK
    assert target.put(old, HERE) == target.put(text, HERE)
    assert target.withdraw(old, HERE) == text


@every_target
def test_a_file_that_we_made_is_gone_again(name: str, target: Target) -> None:
    text = target.fresh(MOVED)

    assert target.state(text, MOVED) == OK
    if kind(target) != "front matter":
        assert target.withdraw(text, HERE if name != "devcontainer" else MOVED) is None
    read(target, text)


@every_target
def test_a_file_that_was_written_with_other_things_in_it_is_missing_ours(name: str, target: Target) -> None:
    assert all(target.state(text, HERE) == MISSING for text in BEFORE[kind(target)][:2])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "list", "script"]), JSON), st.sampled_from([None, 0, 2, "\t"]))
def test_any_json_file_gets_its_bytes_back(data: dict[str, Any], indent: Any) -> None:
    text = json.dumps(data, indent=indent)
    target = Target("x", Item("list", "{ravi} a"), Line("script", "{ravi} b"), Value("deep.er", "{ravi} c"))
    try:
        new = target.put(text, HERE)
    except Conflict:
        assert not isinstance(data.get("list", []), list) or not isinstance(data.get("script", ""), str)
        return

    assert target.state(new, HERE) == OK
    assert target.withdraw(new, HERE) == text
    assert contains(json.loads(new), data)


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (Item("list", "{ravi}"), "[1]"),
        (Item("list", "{ravi}"), "{"),
        (Item("list", "{ravi}"), ""),
        (Item("list", "{ravi}"), '{"a": 1} x'),
        (Item("list", "{ravi}"), '{"a": 1, "a": 2}'),
        (Item("list", "{ravi}"), "[" * 5000),
        (Item("list", "{ravi}"), '{"list": "a.sh"}'),
        (Item("in.list", "{ravi}"), '{"in": 3}'),
        (Line("script", "{ravi}"), '{"script": ["a"]}'),
        (Value("agent", "{ravi} exec -- {agent}"), '{"agent": "claude"}'),
        (Command("command", "{ravi}"), '{"command": ["npm", "i"]}'),
        (TomlLine("scripts", "setup", "{ravi}"), "scripts"),
        (TomlLine("scripts", "setup", "{ravi}"), "scripts = 3"),
        (TomlLine("scripts", "setup", "{ravi}"), "[scripts]\nsetup = ['a']"),
        (TomlLine("scripts", "setup", "{ravi}"), "[scripts]\nsetup = 'a'"),
        (TomlLine("scripts", "setup", "{ravi}"), "scripts.setup = 'a'"),
        (TomlLine("scripts", "setup", "{ravi}"), "scripts = {setup = 'a'}"),
        (TomlLine("scripts", "setup", "{ravi}"), "scripts.run = 'a'"),
        (FrontMatterLine("hooks", "before_run", "{ravi}"), "no front matter"),
        (FrontMatterLine("hooks", "before_run", "{ravi}"), "---\nhooks: {}\n---\n"),
        (FrontMatterLine("hooks", "before_run", "{ravi}"), "---\nhooks:\n  before_run: npm i\n---\n"),
        (FrontMatterLine("hooks", "before_run", "{ravi}"), "---\nhooks:\n  before_run: >\n    npm i\n---\n"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else type(value).__name__,
)
def test_what_leaves_no_place_is_left_to_a_person(edit: Any, text: str) -> None:
    with pytest.raises(Conflict):
        edit.put(text, HERE)


def test_no_script_in_another_language_is_touched() -> None:
    target = TOOLS["dmux"].targets[0]

    for text in ("#!/usr/bin/env node\nlet a\n", "#!/usr/bin/python3\n", "#!/usr/bin/fish\n", "#!/bin/sh\r\ntrue\r\n"):
        with pytest.raises(Conflict):
            target.put(text, HERE)


def test_what_the_user_added_around_ours_stays() -> None:
    claude = TOOLS["claude-code"].targets[0]
    data = json.loads(claude.fresh(MOVED))
    data["hooks"]["SessionStart"][0]["matcher"] = "startup"
    data["hooks"]["SessionStart"].insert(0, {"hooks": [{"type": "command", "command": "date"}]})
    mended = json.loads(claude.put(json.dumps(data, indent=1), HERE))

    assert mended["hooks"]["SessionStart"][0] == {"hooks": [{"type": "command", "command": "date"}]}
    assert mended["hooks"]["SessionStart"][1]["matcher"] == "startup"
    left = claude.withdraw(json.dumps(mended), HERE)
    assert left == '{"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "date"}]}]}}'


def test_the_agents_own_flags_are_the_users() -> None:
    amux = TOOLS["amux"].targets[1]
    text = amux.fresh(MOVED).replace("-- claude", "-- claude --model opus")

    assert amux.state(text, MOVED) == OK
    assert "workspace exec --label tool=amux -- claude --model opus" in amux.put(text, HERE)
    assert amux.state(amux.put(text, HERE), HERE) == OK
