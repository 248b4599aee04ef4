"""Whom a command acts as: the first of flag, variable and files that speaks, and never a guess."""

import concurrent.futures
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.journey import api, make_workspace, unchanged


@pytest.fixture
def made(owner: Cli) -> dict[str, dict[str, Any]]:
    """An identity for every place that may select one."""
    return {place: owner.json("identity", "create", "--name", place) for place in ("home", "project", "explicit")}


@pytest.fixture
def standing(owner: Cli, workspace: Path, made: dict[str, dict[str, Any]]) -> Cli:
    """The owner in a project directory that selects one identity, with a home that selects another."""
    owner.ok("identity", "use", "home")
    make_workspace(workspace, made["project"]["uuid"])
    return owner.at(workspace)


def address(cli: Cli, *arguments: str) -> str:
    return cli.json("get", "email", *arguments)["email"]


def test_the_nearest_source_decides(standing: Cli, made: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    explicit = make_workspace(tmp_path / "explicit", made["explicit"]["uuid"]) / ".ravi"

    with unchanged(standing.home):
        assert address(standing.at(standing.home)) == made["home"]["inbox"]
        assert address(standing) == made["project"]["inbox"]
        told = standing.at(RAVI_CONFIG_DIR=explicit)
        assert address(told) == made["explicit"]["inbox"]
        assert address(told.at(RAVI_IDENTITY="project")) == made["project"]["inbox"]
        assert address(told.at(RAVI_IDENTITY="project"), "--identity", "home") == made["home"]["inbox"]
        assert address(standing, "--identity", made["explicit"]["uuid"].upper()) == made["explicit"]["inbox"]


def test_an_explicit_directory_without_a_file_means_nobody_although_project_and_home_name_somebody(
    standing: Cli, made: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    for folder in (tmp_path / "empty", tmp_path / "never-made"):
        told = standing.at(RAVI_CONFIG_DIR=folder)
        if folder.name == "empty":
            folder.mkdir()

        with unchanged(standing.home):
            for command in (("get", "email"), ("get", "phone"), ("get", "owner"), ("identity", "show")):
                error = told.fails(4, *command)
                assert error["code"] == "identity.required"
                assert str(folder) in error["error"]
                assert "ravi identity use" in error["hint"]
            status = told.json("status")
            assert (status["identity"], status["identity_uuid"]) == (None, None)

            # What the owner's account does needs no identity.
            assert len(told.json("identity", "list")) == 3
            uuid = told.json("identity", "create", "--name", "made here")["uuid"]
            assert told.json("identity", "show", uuid)["name"] == "made here"
            assert told.json("domains")
            assert told.json("keys", "list") == []
            assert told.json("auth", "status")["authenticated"] is True
            assert told.json("identity", "delete", uuid)["status"] == "deleted"
            # And one that is named outright is not looked for in files.
            assert address(told, "--identity", "home") == made["home"]["inbox"]

        assert not folder.exists() or list(folder.iterdir()) == []


def test_without_any_selection_nothing_is_asked_of_the_server(owner: Cli) -> None:
    owner.ok("identity", "create", "--name", "only-one")

    error = owner.fails(4, "get", "email")

    # The one that there is would be a guess: an agent must not act as somebody by accident.
    assert error["code"] == "identity.required"


def test_using_a_name_that_two_identities_have_is_refused_and_both_are_listed(standing: Cli) -> None:
    twins = [standing.json("identity", "create", "--name", "twin") for _ in range(2)]
    assert twins[0]["inbox"] != twins[1]["inbox"]

    with unchanged(standing.home):
        for command in (
            ("identity", "use", "twin"),
            ("identity", "delete", "twin"),
            ("identity", "show", "twin"),
            ("get", "email", "--identity", "twin"),
        ):
            error = standing.fails(5, *command)
            assert error["code"] == "identity.ambiguous"
            assert {each["uuid"] for each in error["details"]} == {each["uuid"] for each in twins}
            assert all(each["uuid"] in error["error"] and each["inbox"] in error["error"] for each in twins)
            assert "uuid" in error["hint"]
        for_people = standing.run("identity", "use", "twin", "--human")
        assert for_people.code == 5
        assert all(each["uuid"] in for_people.stderr for each in twins)

    assert len(standing.json("identity", "list", "--name", "twin")) == 2
    there = standing.at(standing.home)
    there.ok("identity", "use", twins[1]["uuid"])
    assert address(there) == twins[1]["inbox"]


def test_a_name_is_compared_whole_and_literally(owner: Cli) -> None:
    names = ["research", "research-agent", "Research", "re%", "名前 ☃", 'it\'s "quoted"', "-dash"]
    made = {name: owner.json("identity", "create", f"--name={name}") for name in names}

    for name, identity in made.items():
        assert owner.json("identity", "show", f"--identity={name}")["uuid"] == identity["uuid"]
        assert owner.ok("identity", "show", "--", name).json["uuid"] == identity["uuid"]
    assert owner.fails(4, "identity", "use", "resear")["code"] == "identity.not_found"
    assert [each["name"] for each in owner.json("identity", "list", "--prefix", "re")] == [
        "research",
        "research-agent",
        "re%",
    ]
    assert [each["name"] for each in owner.json("identity", "list", "--prefix", "re%")] == ["re%"]


def test_an_empty_identity_flag_is_an_error_and_an_empty_variable_is_no_variable(
    standing: Cli, made: dict[str, dict[str, Any]]
) -> None:
    assert standing.fails(2, "get", "email", "--identity", "")["code"] == "usage"
    assert standing.fails(2, "get", "email", "--identity=")["code"] == "usage"
    assert address(standing.at(RAVI_IDENTITY="", RAVI_CONFIG_DIR="")) == made["project"]["inbox"]
    # White space is what is left of a variable that was assembled from empty ones.
    assert standing.at(RAVI_IDENTITY=" ").fails(1, "get", "email")["code"] == "config.invalid"


def test_using_an_identity_writes_the_file_that_decides_here(
    standing: Cli, workspace: Path, made: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    with unchanged(standing.home):
        document = standing.json("identity", "use", "explicit")
        assert document["config_file"] == str(workspace / ".ravi" / "config.json")
        assert address(standing) == made["explicit"]["inbox"]

        elsewhere = standing.at(RAVI_CONFIG_DIR=tmp_path / "elsewhere")
        elsewhere.ok("identity", "use", "project")
        assert json.loads((tmp_path / "elsewhere" / "config.json").read_text())["identity_name"] == "project"
        assert address(elsewhere) == made["project"]["inbox"]

        fresh = tmp_path / "fresh"
        fresh.mkdir()
        standing.at(fresh).ok("identity", "use", "home", "--local")
        assert address(standing.at(fresh)) == made["home"]["inbox"]

    standing.ok("identity", "use", "project", "--global")
    assert address(standing.at(standing.home)) == made["project"]["inbox"]
    assert address(standing) == made["explicit"]["inbox"], "the nearer file still decides here"


def test_fifty_that_choose_and_act_at_once_each_find_one_whole_choice(
    standing: Cli, made: dict[str, dict[str, Any]]
) -> None:
    """Whoever shares a directory shares its choice; nobody ever finds half a file, or somebody whom nobody chose."""
    chosen = ("project", "explicit")
    addresses = {made[name]["inbox"] for name in chosen}

    def act(number: int) -> tuple[str, str]:
        if number % 2:
            return "", address(standing)
        name = chosen[number // 2 % 2]
        return standing.json("identity", "use", name)["identity_uuid"], made[name]["uuid"]

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        done = list(pool.map(act, range(50)))

    assert {found for told, found in done if not told} <= addresses
    assert all(told == chose for told, chose in done if told)
    assert address(standing) in addresses
    assert [path.name for path in (standing.cwd / ".ravi").iterdir() if path.suffix != ".lock"] == ["config.json"]


def test_status_tells_where_every_value_comes_from(
    standing: Cli, workspace: Path, made: dict[str, dict[str, Any]]
) -> None:
    status = standing.json("status")
    assert (status["identity"], status["identity_uuid"]) == ("project", made["project"]["uuid"])
    assert (status["address"], status["number"]) == (made["project"]["inbox"], made["project"]["phone"])
    assert status["sources"] == {
        "server": "~/.ravi/auth.json",
        "credential": "~/.ravi/auth.json",
        "identity": "./.ravi/config.json",
    }
    assert standing.at(RAVI_IDENTITY="home").json("status")["sources"]["identity"] == "RAVI_IDENTITY"
    assert standing.json("status", "--identity", "home")["sources"]["identity"] == "--identity"
    assert standing.at(standing.home).json("status")["sources"]["identity"] == "~/.ravi/config.json"
    told = standing.at(RAVI_CONFIG_DIR=workspace / ".ravi", RAVI_API_KEY=api(standing).token)
    assert told.at(RAVI_API_URL=status["server"]).json("status")["sources"] == {
        "server": "RAVI_API_URL",
        "credential": "RAVI_API_KEY",
        "identity": "./.ravi/config.json",
    }
    for_people = standing.ok("status", "--human").stdout
    assert made["project"]["inbox"] in for_people
    assert "./.ravi/config.json" in for_people
