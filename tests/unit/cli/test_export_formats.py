"""The formats beside `.env`, read back by what they are written for, and what is said when one cannot hold a value."""

import json
import shutil

import pytest
from hypothesis import given

from ravi.client.exports import docker, shell, yaml
from ravi.client.exports import formats as exports
from ravi.errors import ExportImpossible
from tests.support.awkward_values import FILES, SPELLED_FOR_ALL, SPELLED_FOR_NONE, numbered, repeatably
from tests.support.readers import SHELLS, Readers

EVERYTHING = [*SPELLED_FOR_ALL, *SPELLED_FOR_NONE]


@given(found=FILES)
@repeatably
@pytest.mark.parametrize("program", [*SHELLS, "zsh"])
def test_shells_read_back_every_value(readers: Readers, program: str, found: list[str]) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    values = numbered([*found, *EVERYTHING])

    text = exports.write(values, "shell")

    assert readers.shell(program, text, values.keys()) == values


def test_a_shell_gets_the_values_from_eval_too(readers: Readers) -> None:
    values = numbered(EVERYTHING)
    stored = exports.write(values, "shell").replace("'", "'\\''")

    assert readers.shell("sh", f"eval '{stored}'", values.keys()) == values


@given(found=FILES)
@repeatably
def test_yaml_of_either_version_reads_back_every_value(readers: Readers, found: list[str]) -> None:
    values = numbered([*found, *EVERYTHING, "a\0b", "no", "1e3", "~", "2001-01-01"])

    text = exports.write(values, "yaml")

    assert readers.pyyaml(text) == readers.node("js-yaml", text) == values


def test_yaml_names_stay_names(readers: Readers) -> None:
    """To YAML 1.1 these are false, null, true and so on, where they stand without quotes."""
    values = dict.fromkeys(["NO", "OFF", "N", "NULL", "TRUE", "Y", "YES", "ON"], "x")

    text = exports.write(values, "yaml")

    assert readers.pyyaml(text) == readers.node("js-yaml", text) == values


def test_docker_takes_a_line_as_it_is() -> None:
    values = numbered(["", "plain", " both ends\t", "'open", 'it\'s "x" # $HOME \\n', "a\rb", "é😀\u2028\ufeff", "x=y"])

    assert exports.write(values, "docker") == "".join(f"{key}={value}\n" for key, value in values.items())


@pytest.mark.parametrize("value", ["two\nlines", "ends in one\r", "'quoted'", '"quoted"', "''", "a\0b"])
def test_docker_cannot_hold_what_its_versions_would_change(value: str) -> None:
    assert docker.spell("KEY", value) is None


def test_docker_reads_lines_of_64_kib_and_no_longer() -> None:
    assert docker.spell("KEY", "x" * (65536 - len("KEY=\n"))) is not None
    assert docker.spell("KEY", "é" * 32768) is None


@pytest.mark.parametrize("form", ["dotenv", "shell", "docker"])
def test_without_secrets_there_is_nothing_to_write(form: str) -> None:
    assert exports.write({}, form) == ""


def test_without_secrets_yaml_is_an_empty_mapping(readers: Readers) -> None:
    assert readers.pyyaml(exports.write({}, "yaml")) == {}


@pytest.mark.parametrize(
    ("value", "form", "reader", "instead"),
    [
        ('it\'s "x"', "dotenv", None, "--reader python, --reader npm, --format shell, --format docker"),
        ("both ' \"\nlines #", "dotenv", None, "--reader python, --reader npm, --format shell"),
        ("a' \" ` \n#", "dotenv", "npm", "--reader python, --format shell"),
        ("C:\\dir\\", "dotenv", None, "--reader python, --reader npm, --format shell, --format docker"),
        ("one\ntwo", "docker", None, "--format dotenv, --reader python, --reader npm, --format shell"),
        ("a\0b", "dotenv", None, ""),
        ("a\0b", "dotenv", "python", ""),
        ("a\0b", "shell", None, ""),
    ],
)
def test_the_ways_that_are_named_instead_are_those_that_work(
    value: str, form: str, reader: str | None, instead: str
) -> None:
    with pytest.raises(ExportImpossible) as caught:
        exports.write({"GOOD": "x", "BAD_ONE": value}, form, reader)

    assert caught.value.message.startswith("BAD_ONE: ")
    assert value not in caught.value.message + caught.value.hint
    everything = "--format yaml, --format json"
    assert caught.value.hint.partition(": ")[2] == (f"{instead}, {everything}" if instead else everything)


def test_a_way_is_named_only_if_it_holds_the_other_values_too() -> None:
    with pytest.raises(ExportImpossible) as caught:
        exports.write({"A": 'it\'s "x"', "B": "one\ntwo", "C": "C:\\dir\\"}, "dotenv")

    assert caught.value.message.startswith("A, C: ")
    assert "docker" not in caught.value.hint


def test_a_name_that_bash_would_evaluate_is_not_written_for_shells() -> None:
    """In bash an assignment to RANDOM evaluates the value, and runs what `$( )` in it says."""
    assert shell.spell("RANDOM", "a[$(id)]") is None
    with pytest.raises(ExportImpossible, match=r"^RANDOM: "):
        exports.write({"RANDOM": "x"}, "dotenv")


def test_yaml_is_ascii_but_for_what_can_be_seen() -> None:
    assert yaml.spell("KEY", "é😀\u200b\U000e0041") == '"KEY": "é😀\\u200b\\U000e0041"\n'
    assert json.loads(yaml.spell("KEY", 'a"\\\n')[len('"KEY": ') :]) == 'a"\\\n'
