"""
The resolver against a model of it: whatever combination of flags, variables and files there is, both come to the same.

The model is the promise of docs/reference/configuration.md once more, as short as it can be said, on a world in which
every file is one of a few kinds.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ravi.errors import ConfigError
from ravi.settings.client import Settings

#: Where a file may lie, the project's nearest first; each has an identity, a token and a server of its own.
PROJECT = ("here", "above", "top")
PLACES = (*PROJECT, "home", "named")
UUID = {place: f"{number}1111111-1111-4111-8111-111111111111" for number, place in enumerate(PLACES, 1)}
SERVER = {place: f"http://127.0.0.1:900{number}" for number, place in enumerate(PLACES, 1)}
DEFAULT, ELSEWHERE = "http://127.0.0.1:8787", "http://127.0.0.1:9999"

#: Kinds of config.json. What is not selecting is broken.
SELECTING = ("plain", "key", "greedy")
BROKEN = ("empty", "malformed", "malformed key", "no uuid", "binding", "binding key", "copied", "copied key")
#: Kinds of auth.json.
LOGINS = ("absent", "login", "no server", "malformed", "nothing")


@dataclass
class World:
    """What a process was told and finds. `config` and `auth` are kinds by place; `approved` places were trusted."""

    flag: str | None
    variable: str | None
    key: str | None
    url: str | None
    server_flag: str | None
    named: bool
    config: dict[str, str]
    auth: dict[str, str]
    approved: set[str]
    need_identity: bool


class Broken(Exception):
    """The model's only error."""


def model(world: World) -> tuple[str | None, str | None, str]:
    """The identity, the token and the server. Raises Broken where a source that was reached cannot be used."""
    wished = world.server_flag or world.url
    if world.flag is None and world.variable == " ":
        raise Broken
    try:
        identity, selecting = _identity(world)
    except Broken:
        if world.need_identity:
            raise
        identity, selecting = None, None
    if world.key:
        return identity, world.key, wished or DEFAULT
    lending = selecting if world.need_identity or world.named else None
    for token, server in _saved(world, lending):
        if wished not in (None, server):
            raise Broken
        return identity, token, server
    return identity, None, wished or next((SERVER[at] for at in _folders(world) if world.auth[at] == "login"), DEFAULT)


def _identity(world: World) -> tuple[str | None, str | None]:
    """Who, and the place of the file that said so."""
    if world.flag is not None or world.variable:
        return world.flag or world.variable, None
    candidates = ["named"] if world.named else [*PROJECT, "home"]
    place = next((each for each in candidates if world.config[each] != "absent"), None)
    if place is None:
        return None, None
    if world.config[place] not in SELECTING:
        raise Broken
    if place in PROJECT and world.config[place] != "plain" and place not in world.approved:
        raise Broken
    return UUID[place], place


def _folders(world: World) -> list[str]:
    return ["named", "home"] if world.named else ["home"]


def _saved(world: World, selecting: str | None) -> Any:
    fence = "named" if world.named else selecting
    if fence is not None and "key" in world.config[fence]:
        if world.config[fence] != "key":
            raise Broken
        yield f"ravi_id_{fence}", SERVER[fence]
    for place in _folders(world):
        if world.auth[place] in ("no server", "malformed"):
            raise Broken
        if world.auth[place] == "login":
            yield f"ravi_at_{place}", SERVER[place]
        if "key" in world.config[place]:
            # Beside nothing else, a key in the home's file is the published clients' way to be signed in.
            if world.config[place] == "malformed key":
                raise Broken
            yield f"ravi_id_{place}", SERVER[place]


def config_of(kind: str, place: str) -> bytes:
    said: dict[str, Any] = {"identity_uuid": UUID[place]}
    if "key" in kind:
        said |= {"identity_key": f"ravi_id_{place}", "server": SERVER[place]}
    if kind == "greedy":
        said |= {"server": SERVER[place], "https_proxy": "http://evil.example", "ca_bundle": "/tmp/evil.pem"}
    if "binding" in kind:
        said["binding"] = True
    if "copied" in kind:
        said["workspace"] = {"host": "h", "path": "/where/it/was/made"}
    if kind == "no uuid":
        said["identity_uuid"] = ""
    content = json.dumps(said).encode()
    return {"empty": b" \n", "malformed": content[:-2], "malformed key": content[:-2]}.get(kind, content)


def auth_of(kind: str, place: str) -> bytes:
    said = {"access_token": f"ravi_at_{place}", "refresh_token": "ravi_rt_x", "server": SERVER[place]}
    if kind == "no server":
        del said["server"]
    return {"malformed": b'{"access_token": "ravi_at', "nothing": b"{}"}.get(kind, json.dumps(said).encode())


def kinds(*favoured: str) -> st.SearchStrategy[str]:
    return st.sampled_from(["absent", *favoured, "absent", *SELECTING, "absent", *favoured, *BROKEN])


WORLDS = st.builds(
    World,
    flag=st.sampled_from([None, None, None, "scout", UUID["top"]]),
    variable=st.sampled_from([None, None, None, "", " ", "scribe"]),
    key=st.sampled_from([None, None, "ravi_mgmt_given"]),
    url=st.sampled_from([None, None, *SERVER.values(), ELSEWHERE]),
    server_flag=st.sampled_from([None, None, None, SERVER["home"], ELSEWHERE]),
    named=st.booleans(),
    config=st.fixed_dictionaries({place: kinds("plain" if place in PROJECT else "key") for place in PLACES}),
    auth=st.fixed_dictionaries(
        {
            place: st.sampled_from(("login", *LOGINS) if place in ("home", "named") else ("absent", "login"))
            for place in PLACES
        }
    ),
    approved=st.sets(st.sampled_from(PROJECT)),
    need_identity=st.booleans(),
)
OFTEN = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)


@pytest.fixture(autouse=True)
def without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of homes are written here, and none has to survive a loss of power."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def build(world: World, machine: Any) -> dict[str, Any]:
    """Make the files of *world*; return what `machine.resolve` is told."""
    shutil.rmtree(machine.home)
    folders: dict[str, Path] = {"named": machine.home / "agents" / "one", "home": machine.home / ".ravi"}
    at = machine.home / "src"
    for place in reversed(PROJECT):
        at /= place
        folders[place] = at / ".ravi"
    at.mkdir(parents=True)
    for place, folder in folders.items():
        for name, kind, content in (
            ("config.json", world.config[place], config_of),
            ("auth.json", world.auth[place], auth_of),
        ):
            if kind != "absent":
                folder.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content(kind, place))
    machine.config_dir = folders["named"]
    from ravi.settings.trust import approve

    for place in world.approved:
        if world.config[place] != "absent":
            approve(str(folders[place] / "config.json"), ravi_dir=str(folders["home"]))
    told = {
        "RAVI_CONFIG_DIR": str(folders["named"]) if world.named else "",
        "RAVI_IDENTITY": world.variable,
        "RAVI_API_KEY": world.key,
        "RAVI_API_URL": world.url,
    }
    return {
        "env": {name: value for name, value in told.items() if value is not None},
        "cwd": at,
        "identity": world.flag,
        "server": world.server_flag,
        "need_identity": world.need_identity,
    }


def resolved(world: World, machine: Any) -> Settings | None:
    try:
        found: Settings = machine.resolve(**build(world, machine))
    except ConfigError as error:
        said = f"{error.message} {error.hint}"
        assert "ravi_at_" not in said, "a message shows a credential"
        assert "ravi_id_" not in said
        return None
    return found


def outcome(found: Settings | None) -> Any:
    if found is None:
        return "refused"
    credential = found.credential
    return (
        found.identity.value if found.identity else None,
        credential.token if credential else None,
        found.server.value,
    )


@OFTEN
@given(WORLDS)
def test_the_resolver_does_what_the_model_says(machine, world: World) -> None:
    try:
        expected: Any = model(world)
    except Broken:
        expected = "refused"

    found = resolved(world, machine)

    assert outcome(found) == expected
    if found is not None and found.credential is not None and not world.key:
        place = found.credential.token[len("ravi_id_") :]
        assert found.server.value == found.credential.server == SERVER[place], "it went where it was not saved with"
        assert place not in PROJECT or place in world.approved


@settings(OFTEN, max_examples=70)
@given(WORLDS, st.sampled_from(BROKEN))
def test_a_broken_hit_is_never_a_reason_to_look_further(machine, world: World, kind: str) -> None:
    world.flag = world.variable = None
    world.need_identity = True
    candidates = ["named"] if world.named else [*PROJECT, "home"]
    hit = next((place for place in candidates if world.config[place] != "absent"), candidates[0])
    world.config[hit] = kind

    assert resolved(world, machine) is None


@settings(OFTEN, max_examples=70)
@given(WORLDS)
def test_what_nobody_approved_changes_nothing_but_who_or_refuses(machine, world: World) -> None:
    """Of a discovered file remove everything but the selection: server, credential and vault key are the same."""
    world.approved = set()
    found = resolved(world, machine)
    for place in PROJECT:
        if world.config[place] in ("key", "greedy"):
            world.config[place] = "plain"
        world.auth[place] = "absent"
    without = resolved(world, machine)

    if found is not None:
        assert without is not None
        assert outcome(found)[1:] == outcome(without)[1:]
        assert found.vault_key == without.vault_key
        assert found.home == without.home


def test_the_model_is_tried_on_enough_that_differs() -> None:
    """If nearly everything were refused, nothing would be shown."""
    seen: set[Any] = set()

    @settings(OFTEN, max_examples=500, database=None, derandomize=True)
    @given(WORLDS)
    def look(world: World) -> None:
        try:
            seen.add(model(world))
        except Broken:
            seen.add("refused")

    look()
    tokens = {each[1] for each in seen if each != "refused"}
    assert "refused" in seen
    assert {None, "ravi_mgmt_given", "ravi_at_home"} <= tokens
    assert {"ravi_id_home", "ravi_id_named", "ravi_at_named"} & tokens


@pytest.mark.parametrize("place", ["~/.ravi/auth.json", "$/auth.json", "~/.ravi/trust.json", "$/config.json"])
@settings(OFTEN, max_examples=50)
@given(st.data())
def test_no_bytes_in_our_files_raise_anything_else_or_are_quoted(machine, place: str, data: st.DataObject) -> None:
    secret = "ravi_at_SECRETsecret"
    keys = st.sampled_from(["access_token", "refresh_token", "server", "identity_key", "identity_uuid", "files", "x"])
    values = st.sampled_from([secret, "\ud800", "", None, 7, [secret], {"a": secret}, 1e308, SERVER["home"]])
    whole = json.dumps(data.draw(st.dictionaries(keys, values, max_size=4))).encode()
    cut = data.draw(st.integers(0, len(whole)))
    machine.write(place, data.draw(st.sampled_from([whole, whole[:cut], whole[cut:], whole + whole, b"\xff" + whole])))
    machine.write("./.ravi/config.json", {"identity_uuid": UUID["here"], "identity_key": "k", "server": DEFAULT})
    for told in ({}, {"need_identity": False}, {"sign_in": True}):
        refused = _error_of(machine, told)
        assert refused is None or secret not in f"{refused.message} {refused.hint} {refused.details}"


def _error_of(machine: Any, told: dict[str, Any]) -> ConfigError | None:
    try:
        machine.resolve(**told)
    except ConfigError as error:
        return error
    return None
