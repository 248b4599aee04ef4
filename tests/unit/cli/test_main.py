"""From argv to the command: modes, suggestions, the end of the process."""

import io
import os
import sys
from collections.abc import Callable

import pytest

from ravi.cli import main as entry
from ravi.cli.table import COMMANDS, GROUPS, TOPICS

Ravi = Callable[..., object]


def test_without_words_it_explains_itself(ravi) -> None:
    ran = ravi()

    assert (ran.code, ran.err) == (0, "")
    assert "USAGE\n  ravi <command> [flags]" in ran.out


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["help"], ["help", "help"], ["--json", "--help"]])
def test_every_way_to_ask_for_help_gives_the_same_page(ravi, argv: list[str]) -> None:
    assert ravi(*argv).out == ravi().out


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_one_page_however_it_is_asked_for(ravi, command: str) -> None:
    words = command.split()
    page = ravi("help", *words)

    assert (page.code, page.err) == (0, "")
    assert f"USAGE\n  ravi {command}" in page.out
    assert ravi(*words, "--help").out == page.out
    assert ravi(*words, "-h", "--json").out == page.out
    assert all(len(line) <= 100 for line in page.out.split("\n"))


@pytest.mark.parametrize("noun", GROUPS)
def test_each_group_lists_its_commands(ravi, noun: str) -> None:
    page = ravi(noun, "--help")

    assert page.out == ravi("help", noun).out
    assert all(f"  {command} " in page.out for command in COMMANDS if command.startswith(f"{noun} "))


@pytest.mark.parametrize("topic", TOPICS)
def test_topics_are_text_and_with_json_a_document(ravi, topic: str) -> None:
    assert not ravi("help", topic).out.startswith(("{", "["))
    assert ravi("help", topic, "--json").json


def test_help_and_the_page_of_exit_codes_come_from_one_table(ravi) -> None:
    codes = {row["exit_code"] for row in ravi("help", "exit-codes", "--json").json}

    assert codes == {*range(11), 130}


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["identiy", "list"], "did you mean: ravi identity"),
        (["identity", "lst"], "did you mean: ravi identity list"),
        (["delete"], "did you mean: ravi identity delete"),
        (["help", "get", "emial"], "did you mean: ravi get email"),
        (["identity", "list", "--perfix", "x"], "did you mean: --prefix"),
        (["identity"], "one of: ravi identity {list |"),
        (["--jsn", "get", "email"], "did you mean: --json"),
        (["xyzzy"], "see every command with: ravi help"),
    ],
)
def test_a_misspelled_word_is_a_usage_error_that_names_the_nearest(ravi, argv: list[str], hint: str) -> None:
    ran = ravi(*argv)

    assert (ran.code, ran.out) == (2, "")
    assert ran.error["code"] == "usage"
    assert hint in ran.error["hint"]


@pytest.mark.parametrize(
    "argv",
    [
        ["get", "email", "extra"],
        ["identity", "rename", "only-one"],
        ["identity", "create", "--ttl"],
        ["identity", "use"],
        ["completion", "tcsh"],
        ["version", "--frobnicate"],
        ["--json", "--human", "version"],
    ],
)
def test_a_wrong_call_prints_its_usage_line_and_nothing_on_stdout(ravi, argv: list[str]) -> None:
    ran = ravi(*argv)

    assert (ran.code, ran.out) == (2, "")
    assert ran.error["usage"].startswith("ravi ")
    human = ravi("--human", *[word for word in argv if word not in ("--json", "--human")])
    if "--json" not in argv:
        assert human.err.startswith("ravi: error: ")
        assert human.err.rstrip().split("\n")[-1].startswith("usage: ravi ")


def test_flags_are_not_abbreviated(ravi) -> None:
    assert "--pre" in ravi("identity", "list", "--pre", "x").error["error"]


def test_version_is_a_document_for_programs_and_a_line_for_people(ravi) -> None:
    from ravi.version import __version__

    assert ravi("version").json == {"version": __version__}
    assert ravi("--version").json == {"version": __version__}
    assert ravi("version", "--human").out == f"ravi {__version__}\n"


def test_ctrl_c_ends_with_130_and_no_traceback(ravi, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(args, io) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("ravi.cli.version.run", interrupted)

    ran = ravi("version")

    assert (ran.code, ran.out, ran.err) == (130, "", "")


def test_an_unforeseen_error_is_one_line_that_gives_nothing_away(ravi, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(args, io) -> int:
        raise ValueError("token ravi_at_secret is odd")

    monkeypatch.setattr("ravi.cli.version.run", broken)

    ran = ravi("version")

    assert (ran.code, ran.out) == (1, "")
    assert ran.error["error"] == "internal error: ValueError"
    assert "RAVI_DEBUG" in ran.error["hint"]
    assert "ravi_at_secret" not in ran.err
    monkeypatch.setenv("RAVI_DEBUG", "1")
    assert "Traceback" in ravi("version").err


def test_a_full_disk_is_said_in_words(ravi, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        code = entry.main(["version"])
        monkeypatch.undo()
        full.buffer.raw.close()

    assert code == 1
    assert "No space left on device" in capsys.readouterr().err


def test_a_reader_that_left_is_no_success_and_no_noise(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    gone = open(write, "w")  # noqa: SIM115 - closing it in the ordinary way would raise
    monkeypatch.setattr(sys, "stdout", gone)
    code = entry.main(["version"])
    monkeypatch.undo()
    gone.buffer.raw.close()

    assert code == 1
    assert capsys.readouterr().err == ""


def test_a_process_without_stdout_says_so(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    code = entry.main(["version"])
    monkeypatch.undo()

    assert code == 1
    assert "cannot write to standard output" in capsys.readouterr().err


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_words_and_json_only_when_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", screen)

    assert entry.main(["version"]) == 0
    assert entry.main(["version", "--json"]) == 0

    text = screen.buffer.getvalue().decode()
    assert text.startswith("ravi 0")
    assert text.endswith('"\n}\n')
