"""Finding the command in argv."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.command.words import COMMANDS, split


@pytest.mark.parametrize(
    "argv",
    [
        "owner add ada@example.org --data DIR --json",
        "--data DIR owner add ada@example.org --json",
        "--json --data DIR owner add ada@example.org",
        "owner --data DIR add --json ada@example.org",
    ],
)
def test_flags_may_stand_before_between_and_after(argv: str):
    words = split(argv.split())

    assert words.command == "owner add"
    assert words.mode == "json"
    assert sorted(words.rest) == sorted(["--data", "DIR", "ada@example.org"])
    assert words.rest.index("DIR") == words.rest.index("--data") + 1
    assert not words.problem


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_found_and_can_be_loaded(command: str):
    words = split(command.split())
    assert words.command == command
    assert callable(words.load().run)


@pytest.mark.parametrize(
    ("argv", "problem", "hint"),
    [
        ("owner ad", "there is no command 'owner ad'", "did you mean: ravi-server owner add"),
        ("rnu", "there is no command 'rnu'", "did you mean: ravi-server run"),
        (
            "owner",
            "ravi-server owner needs to know what to do",
            "one of: ravi-server owner add, ravi-server owner list",
        ),
        ("config frobnicate", "there is no command 'config frobnicate'", "did you mean: ravi-server config check"),
        ("zzz", "there is no command 'zzz'", "see every command with: ravi-server --help"),
        ("--data DIR", "unexpected --data: no command is given", "see every command with: ravi-server --help"),
    ],
)
def test_what_is_no_command_is_told_with_the_nearest(argv: str, problem: str, hint: str):
    words = split(argv.split())
    assert (words.command, words.problem, words.hint) == (None, problem, hint)


def test_the_two_ways_of_printing_exclude_each_other():
    assert split(["version", "--json", "--human"]).problem == "--json and --human exclude each other"


@pytest.mark.parametrize("argv", [["--version"], ["-V"]])
def test_the_version_can_be_asked_for_as_a_flag(argv: list[str]):
    assert split(argv).command == "version"


@pytest.mark.parametrize("argv", [["help", "run"], ["run", "--help"], ["-h", "run"]])
def test_help_can_be_asked_for_in_every_way(argv: list[str]):
    words = split(argv)
    assert (words.wants_help, words.command) == (True, "run")


def test_the_value_of_a_flag_is_never_a_command():
    words = split(["--data", "run", "version"])
    assert (words.command, words.rest) == ("version", ["--data", "run"])


@given(st.lists(st.text(max_size=12), max_size=6))
def test_no_argv_breaks_it(argv: list[str]):
    words = split(argv)
    assert words.command in COMMANDS or words.command is None
