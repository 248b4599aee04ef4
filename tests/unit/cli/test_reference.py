"""docs/reference says what the program does."""

import re
import sys
from pathlib import Path

import pytest

import ravi.settings
from ravi.cli.exit_codes import TABLE
from ravi.cli.help.environment import VARIABLES
from ravi.cli.options import GLOBAL_FLAGS
from ravi.cli.parser import build
from ravi.cli.table import COMMANDS
from ravi.errors import by_code
from ravi.wire import codes

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def sections() -> dict[str, str]:
    """The page, by heading."""
    parts = re.split(r"^#{2,3} (.+)$", (REFERENCE / "cli.md").read_text(), flags=re.MULTILINE)
    return {
        heading.strip("`").removeprefix("ravi "): text for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_its_section_with_usage_flags_and_examples(command: str) -> None:
    text = sections()[command]
    verb = sys.modules.get(COMMANDS[command][0]) or __import__(COMMANDS[command][0], fromlist=["run"])
    parser = build(command, verb)

    assert parser.synopsis() in text
    assert all(flag in text for action in parser.arguments for flag in action.option_strings)
    assert all(str(action.help).replace("|", "\\|") in text for action in parser.arguments)
    assert all(example in text for example in getattr(verb, "EXAMPLES", ()))
    assert str(verb.__doc__).strip() in text


def test_no_section_is_about_a_command_that_is_gone() -> None:
    headings = re.findall(r"^### `ravi (.+)`$", (REFERENCE / "cli.md").read_text(), flags=re.MULTILINE)

    assert sorted(headings) == sorted(COMMANDS)


def test_the_flags_for_every_command_are_listed() -> None:
    text = sections()["Flags for every command"]

    assert all(flag in text and meaning in text for flag, _, meaning in GLOBAL_FLAGS)


def test_the_page_of_exit_codes_repeats_the_table() -> None:
    page = (REFERENCE / "exit-codes.md").read_text()

    assert [row for row in TABLE if f"| {row[0]} | {row[1]} |" not in page] == []


def test_the_page_of_exit_codes_puts_each_code_where_it_ends() -> None:
    from ravi.cli.exit_codes import exit_code

    rows = re.findall(r"^\| (\d+) \|[^|]*\|([^|]*)\|$", (REFERENCE / "exit-codes.md").read_text(), flags=re.MULTILINE)
    known = {value for name, value in vars(codes).items() if name.isupper()}
    for number, words in rows:
        for code in known & set(re.findall(r"`([a-z_.]+)`", words)):
            assert exit_code(by_code()[code]("x")) == int(number), code


def test_every_variable_that_the_client_reads_is_explained() -> None:
    sources = [*Path(ravi.settings.__path__[0]).glob("*.py"), *Path(sys.modules["ravi.cli"].__path__[0]).rglob("*.py")]
    client = [path for path in sources if not path.name.startswith("server")]
    read = {name for path in client for name in re.findall(r"\bRAVI_(?!SERVER)[A-Z_]+\b", path.read_text())}
    read -= {"RAVI_EMAIL", "RAVI_PHONE"}  # written, into environment files, for other programs

    assert "RAVI_CONFIG_DIR" in read
    assert read <= {name for name, _ in VARIABLES}
