"""Which identity is selected, and from where: every row of docs/adr/0006."""

import pytest

from ravi.errors import ConfigInvalid, IdentityRequired, UsageError

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
THREE = "33333333-3333-4333-8333-333333333333"
FOUR = "44444444-4444-4444-8444-444444444444"
FIVE = "55555555-5555-4555-8555-555555555555"

EVERYWHERE = {
    "~/.ravi/config.json": {"identity_uuid": ONE},
    "./.ravi/config.json": {"identity_uuid": TWO},
    "$/config.json": {"identity_uuid": THREE},
}
NO_EXPLICIT = {name: file for name, file in EVERYWHERE.items() if not name.startswith("$")}
ONLY_HOME = {"~/.ravi/config.json": {"identity_uuid": ONE}}

ROWS = {
    "the flag beats everything": (EVERYWHERE, {"RAVI_IDENTITY": FOUR}, FIVE, FIVE, "--identity"),
    "the flag may be a name": (EVERYWHERE, {}, "Research Agent", "Research Agent", "--identity"),
    "the variable beats every file": (EVERYWHERE, {"RAVI_IDENTITY": FOUR}, None, FOUR, "RAVI_IDENTITY"),
    "an empty variable is unset": (NO_EXPLICIT, {"RAVI_IDENTITY": ""}, None, TWO, "./.ravi/config.json"),
    "uuids are compared in lower case": ({}, {"RAVI_IDENTITY": FOUR.upper()}, None, FOUR, "RAVI_IDENTITY"),
    "RAVI_CONFIG_DIR beats project and home": (EVERYWHERE, {}, None, THREE, "<config_dir>/config.json"),
    "an empty RAVI_CONFIG_DIR is unset": (NO_EXPLICIT, {"RAVI_CONFIG_DIR": ""}, None, TWO, "./.ravi/config.json"),
    "a relative RAVI_CONFIG_DIR starts here": (
        {**ONLY_HOME, "./conf/config.json": {"identity_uuid": FOUR}},
        {"RAVI_CONFIG_DIR": "conf"},
        None,
        FOUR,
        "<project>/conf/config.json",
    ),
    "RAVI_CONFIG_DIR may be the project's own": (
        NO_EXPLICIT,
        {"RAVI_CONFIG_DIR": ".ravi"},
        None,
        TWO,
        "./.ravi/config.json",
    ),
    "the project beats the home": (NO_EXPLICIT, {}, None, TWO, "./.ravi/config.json"),
    "the home is last": (ONLY_HOME, {}, None, ONE, "~/.ravi/config.json"),
    "nothing selects nothing": ({}, {}, None, None, None),
}


@pytest.mark.parametrize(("files", "env", "flag", "value", "source"), ROWS.values(), ids=ROWS)
def test_the_first_source_that_speaks_selects(machine, files, env, flag, value, source) -> None:
    for name, content in files.items():
        machine.write(name, content)

    settings = machine.resolve(identity=flag, env=env)

    if value is None:
        assert settings.identity is None
        return
    assert settings.identity is not None
    expected = source.replace("<config_dir>", str(machine.config_dir)).replace("<project>", str(machine.project))
    assert (settings.identity.value, settings.identity.source) == (value, expected)


def test_the_name_in_the_selecting_file_comes_along_for_display(machine) -> None:
    machine.write("./.ravi/config.json", {"identity_uuid": TWO, "identity_name": "finance-agent"})
    machine.write("~/.ravi/config.json", {"identity_uuid": ONE, "identity_name": "other"})

    assert machine.resolve().identity_name == "finance-agent"
    assert machine.resolve(identity=FOUR).identity_name is None


def test_a_config_dir_without_a_file_selects_nothing_although_project_and_home_have_one(machine) -> None:
    for name, content in NO_EXPLICIT.items():
        machine.write(name, content)
    machine.config_dir.mkdir(parents=True)

    settings = machine.resolve()

    assert settings.identity is None
    with pytest.raises(IdentityRequired, match="RAVI_CONFIG_DIR") as caught:
        settings.require_identity()
    assert str(machine.config_dir) in caught.value.message
    assert "ravi identity use" in caught.value.hint


def test_a_config_dir_that_does_not_exist_selects_nothing(machine) -> None:
    machine.write("~/.ravi/config.json", {"identity_uuid": ONE})

    assert machine.resolve(env={"RAVI_CONFIG_DIR": "/nowhere/at/all"}).identity is None


def test_the_file_of_the_guide_written_with_echo_selects(machine) -> None:
    machine.write("$/config.json", f'{{"identity_uuid": "{THREE}"}}\n'.encode(), mode=0o644)

    assert machine.resolve().require_identity().value == THREE


@pytest.mark.parametrize("told", [{"identity": ""}, {"identity": "  "}, {"server": ""}, {"api_key": " "}])
def test_an_empty_argument_is_an_error_and_not_the_next_source(machine, told) -> None:
    machine.write("~/.ravi/config.json", {"identity_uuid": ONE})

    with pytest.raises(UsageError, match="is empty"):
        machine.resolve(**told)


def test_a_variable_of_white_space_is_an_error_and_not_the_next_source(machine) -> None:
    machine.write("~/.ravi/config.json", {"identity_uuid": ONE})

    with pytest.raises(ConfigInvalid, match="RAVI_IDENTITY holds only white space"):
        machine.resolve(env={"RAVI_IDENTITY": " \t"})


@pytest.mark.parametrize("keys", [{"management_key": "ravi_mgmt_x"}, {"user_email": "a@example.com"}, {}])
def test_a_home_file_about_other_things_selects_nothing(machine, keys) -> None:
    machine.write("~/.ravi/config.json", keys)

    settings = machine.resolve(env={"RAVI_API_KEY": "k"})

    assert settings.identity is None
    assert "~/.ravi/config.json names none" in settings.no_identity


def test_a_deleted_working_directory_selects_nothing_by_guess(machine) -> None:
    machine.write("~/.ravi/config.json", {"identity_uuid": ONE})
    gone = machine.home / "worktree"
    gone.mkdir()
    script = "import os,sys; os.chdir(sys.argv[1]); os.rmdir(sys.argv[1]);"
    script += "from ravi.settings.client import resolve\n"
    script += "try: resolve()\nexcept Exception as e: print(type(e).__name__, e)\n"
    script += "print(resolve(need_identity=False).identity, resolve(identity='x').identity.value)"
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", script, str(gone)], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == [
        "ConfigInvalid the working directory no longer exists, so its project cannot be known",
        "None x",
    ]


def test_resolving_changes_no_file(machine) -> None:
    for name, content in EVERYWHERE.items():
        machine.write(name, content)
    machine.write("~/.ravi/auth.json", {"access_token": "t", "server": "http://127.0.0.1:1"}, mode=0o600)
    before = machine.snapshot()

    machine.resolve()

    assert machine.snapshot() == before
