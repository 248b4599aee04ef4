"""A file that is hit and broken is an error, wherever it lies: an agent never silently acts as somebody else."""

import json
import os

import pytest

from ravi.errors import ConfigError, ConfigInvalid

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"

BROKEN = {
    "empty": (b"", "is empty"),
    "white space": (b" \n\n", "is empty"),
    "truncated": (b'{"identity_uuid": "1111', "is not valid JSON"),
    "not JSON": (b"identity_uuid = x", "is not valid JSON"),
    "not an object": (b'["' + ONE.encode() + b'"]', "is not a JSON object"),
    "null": (b"null", "is not a JSON object"),
    "not UTF-8": (b'{"identity_uuid": "\xff"}', "is not UTF-8"),
    "UTF-16": (json.dumps({"identity_uuid": ONE}).encode("utf-16"), "is not UTF-8"),
    "named twice": (b'{"identity_uuid": "%b", "identity_uuid": "%b"}' % (ONE.encode(), TWO.encode()), "twice"),
    "another key twice": (b'{"identity_uuid": "%b", "note": 1, "note": 2}' % ONE.encode(), "twice"),
    "too deep": (b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "is not valid JSON"),
    "huge number": (b'{"identity_uuid": "%b", "n": %b}' % (ONE.encode(), b"9" * 5000), "is not valid JSON"),
    "too large": (b'{"identity_uuid": "%b"}' % ONE.encode() + b" " * 70_000, "is larger than 64 KiB"),
    "empty uuid": (b'{"identity_uuid": ""}', "has an empty identity_uuid"),
    "null uuid": (b'{"identity_uuid": null}', "not a string"),
    "number for a uuid": (b'{"identity_uuid": 7}', "not a string"),
    "jq's null": (b'{"identity_uuid": "null"}', "not a uuid"),
    "malformed uuid": (b'{"identity_uuid": "%b"}' % ONE[:-1].encode(), "not a uuid"),
    "padded uuid": (b'{"identity_uuid": " %b"}' % ONE.encode(), "not a uuid"),
    "a name without a uuid": (b'{"identity_name": "x"}', "has no identity_uuid"),
    "misspelled": (b'{"identity_uid": "%b"}' % ONE.encode(), "has no identity_uuid (it has 'identity_uid'"),
    "name is a list": (b'{"identity_uuid": "%b", "identity_name": []}' % ONE.encode(), "identity_name"),
    "binding": (b'{"binding": true, "identity_uuid": "%b"}' % ONE.encode(), "only a marker"),
    "binding alone": (b'{"binding": true}', "only a marker"),
    "binding is odd": (b'{"binding": "yes", "identity_uuid": "%b"}' % ONE.encode(), "only a marker"),
    "elsewhere": (
        b'{"identity_uuid": "%b", "workspace": {"host": "h", "path": "/some/other/place"}}' % ONE.encode(),
        "was written for the workspace '/some/other/place'",
    ),
    "workspace is odd": (b'{"identity_uuid": "%b", "workspace": 5}' % ONE.encode(), "workspace"),
    "workspace without path": (b'{"identity_uuid": "%b", "workspace": {"host": "h"}}' % ONE.encode(), "workspace"),
    "workspace that cannot be": (
        b'{"identity_uuid": "%b", "workspace": {"path": "/\\ud800"}}' % ONE.encode(),
        "workspace",
    ),
}
PLACES = ("$/config.json", "./.ravi/config.json", "~/.ravi/config.json")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("content", "problem"), BROKEN.values(), ids=BROKEN)
def test_a_broken_hit_is_an_error_that_names_the_file(machine, place, content, problem) -> None:
    machine.write("~/.ravi/config.json", {"identity_uuid": TWO})
    path = machine.write(place, content)

    with pytest.raises(ConfigInvalid) as caught:
        machine.resolve()

    assert problem in caught.value.message
    assert caught.value.message.startswith((str(path), place))
    assert caught.value.hint


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["fifo", "directory", "link to nothing", "folder is a link to nothing", "unreadable"])
def test_something_that_is_no_readable_file_is_an_error(machine, place, kind, monkeypatch) -> None:
    machine.write("~/.ravi/config.json", {"identity_uuid": TWO})
    path = machine.write(place, {"identity_uuid": ONE})
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "link to nothing":
        path.symlink_to("/nowhere/at/all")
    elif kind == "folder is a link to nothing":
        for file in path.parent.iterdir():
            file.unlink()
        path.parent.rmdir()
        path.parent.symlink_to("/nowhere/at/all")
        machine.environ["RAVI_CONFIG_DIR"] = str(machine.config_dir) if place.startswith("$") else ""
    else:
        path.write_text(json.dumps({"identity_uuid": ONE}))
        path.chmod(0)
        _deny(monkeypatch, path)

    with pytest.raises(ConfigInvalid, match=r"config\.json"):
        machine.resolve()


def test_a_file_where_the_folder_should_be_is_an_error(machine) -> None:
    machine.write("~/.ravi/config.json", {"identity_uuid": TWO})
    (machine.project / ".ravi").write_text("hello")

    with pytest.raises(ConfigInvalid, match="not a directory"):
        machine.resolve()


def test_a_nearer_broken_file_hides_a_good_one_above(machine) -> None:
    machine.write("./.ravi/config.json", {"identity_uuid": ONE})
    below = machine.project / "sub"
    (below / ".ravi").mkdir(parents=True)
    (below / ".ravi" / "config.json").write_text("{")

    with pytest.raises(ConfigInvalid):
        machine.resolve(cwd=below)


def test_a_workspace_file_is_good_where_it_was_written_for(machine) -> None:
    workspace = {"host": "elsewhere", "path": str(machine.project)}
    machine.write("./.ravi/config.json", {"identity_uuid": ONE, "workspace": workspace, "binding": False})

    assert machine.resolve().require_identity().value == ONE
    assert machine.resolve(env={"RAVI_CONFIG_DIR": ".ravi"}).require_identity().value == ONE


def test_a_workspace_may_be_named_through_a_link(machine) -> None:
    link = machine.home / "link"
    link.symlink_to(machine.project)
    machine.write("./.ravi/config.json", {"identity_uuid": ONE, "workspace": {"host": "h", "path": str(link)}})

    assert machine.resolve().require_identity().value == ONE


def test_a_config_dir_of_another_name_is_its_own_workspace(machine) -> None:
    workspace = {"host": "h", "path": str(machine.config_dir)}
    machine.write("$/config.json", {"identity_uuid": ONE, "workspace": workspace})

    assert machine.resolve().require_identity().value == ONE


def test_no_message_quotes_what_the_file_holds(machine) -> None:
    machine.write("$/config.json", b'{"identity_key": "ravi_id_SECRET", "identity_uuid": "ravi_id_SECRET"')

    with pytest.raises(ConfigError) as caught:
        machine.resolve()

    assert "SECRET" not in f"{caught.value.message} {caught.value.hint}"


def _deny(monkeypatch: pytest.MonkeyPatch, path: object) -> None:
    """Root reads everything, so the refusal is played where mode 0 would not cause it."""
    real = os.open

    def refuse(name, *more, **options):
        if str(name) == str(path):
            raise PermissionError(13, "Permission denied")
        return real(name, *more, **options)

    monkeypatch.setattr(os, "open", refuse)
