"""docs/reference/server.md has everything that there is to say to `ravi-server`, and nothing that there is not."""

import re
from pathlib import Path

import pytest

from ravi.server.command import exit_codes
from ravi.server.command.flags import build
from ravi.server.command.words import COMMANDS, split
from ravi.settings.server_table import CONFIG_FLAG, CONFIG_VARIABLE, SETTINGS, Setting

PAGE = (Path(__file__).parents[4] / "docs/reference/server.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]


def flags_of(command: str) -> set[str]:
    parser = build(command, split(command.split()).load())
    return {flag for action in parser._actions for flag in action.option_strings if flag.startswith("--")}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_has_its_row_and_its_paragraph(setting: Setting):
    (row,) = [row for row in ROWS if row[0] == f"`{setting.name}`"]
    assert row[1].startswith(f"`{f'{setting.flag} {setting.placeholder}'.strip()}`")
    assert row[2] == f"`{setting.variable}`"
    assert row[3].replace("`", "") == (setting.default or setting.otherwise)
    assert f"**`{setting.name}`**" in PAGE


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_each_of_its_flags_is_there(command: str):
    assert any(row[0].startswith(f"`ravi-server {command}") for row in ROWS)
    assert not [flag for flag in flags_of(command) if f"`{flag}" not in PAGE and flag != "--help"]


def test_nothing_is_there_that_does_not_exist():
    flags = {flag for command in COMMANDS for flag in flags_of(command)}
    variables = {setting.variable for setting in SETTINGS} | {CONFIG_VARIABLE, "RAVI_SERVER_SERVICE_HOST"}
    commands = {
        row[0].removeprefix("`ravi-server ").strip("`").removesuffix(" EMAIL")
        for row in ROWS
        if "`ravi-server" in row[0]
    }
    assert set(re.findall(r"`(--[a-z-]+)", PAGE)) <= flags
    assert {CONFIG_FLAG, "--json", "--human"} <= set(re.findall(r"`(--[a-z-]+)", PAGE))
    assert set(re.findall(r"RAVI_SERVER_[A-Z_]+[A-Z]", PAGE)) == variables
    assert commands == set(COMMANDS)


def test_every_exit_code_is_there_with_its_meaning():
    assert {int(row[0]): row[1] for row in ROWS if row[0].isdigit()} == exit_codes.MEANINGS
