"""Project files: found by walking up, good for a selection, and for nothing else unless approved."""

import grp
import os
import pwd

import pytest

from ravi.errors import ConfigError, ConfigInvalid, ConfigUntrusted
from ravi.settings import discovery
from ravi.settings.client import find_project_file

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
HERE = "http://127.0.0.1:8787"
EVIL = "https://evil.example"


def test_the_nearest_file_above_selects(machine) -> None:
    deep = machine.project / "a" / "b"
    deep.mkdir(parents=True)
    machine.write("./.ravi/config.json", {"identity_uuid": ONE})
    above = machine.home / "src" / ".ravi"
    above.mkdir()
    (above / "config.json").write_text(f'{{"identity_uuid": "{TWO}"}}')

    found = machine.resolve(cwd=deep).require_identity()

    assert (found.value, found.source) == (ONE, str(machine.path("./.ravi/config.json")))


def test_an_empty_folder_named_ravi_is_passed_over(machine) -> None:
    machine.write("./.ravi/config.json", {"identity_uuid": ONE})
    below = machine.project / "sub"
    (below / ".ravi").mkdir(parents=True)

    assert machine.resolve(cwd=below).require_identity().value == ONE


def test_the_walk_stops_at_the_home_directory(machine) -> None:
    outside = machine.home.parent / ".ravi"
    outside.mkdir()
    (outside / "config.json").write_text("this would be an error")

    assert machine.resolve().identity is None
    assert machine.resolve(cwd=machine.home).identity is None
    assert find_project_file(environ=machine.environ, cwd=str(machine.project)) is None


def test_the_homes_own_file_is_the_global_one_and_not_discovered(machine) -> None:
    machine.write("~/.ravi/config.json", {"identity_uuid": ONE, "identity_key": "ravi_id_k", "server": HERE})

    for cwd in (machine.home, machine.home / ".ravi", machine.project):
        settings = machine.resolve(cwd=cwd)
        assert settings.require_identity().source == "~/.ravi/config.json"
        assert settings.require_credential().token == "ravi_id_k"


def test_a_home_that_is_a_link_still_stops_the_walk(machine) -> None:
    link = machine.home.parent / "link"
    link.symlink_to(machine.home)
    outside = machine.home.parent / ".ravi"
    outside.mkdir()
    (outside / "config.json").write_text("this would be an error")
    machine.write("~/.ravi/config.json", {"identity_uuid": ONE})

    settings = machine.resolve(env={"HOME": str(link)})

    assert settings.require_identity().value == ONE


def test_outside_the_home_the_walk_goes_up_to_the_root(machine, tmp_path) -> None:
    deep = tmp_path / "workspace" / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "workspace" / ".ravi").mkdir()
    (tmp_path / "workspace" / ".ravi" / "config.json").write_text(f'{{"identity_uuid": "{ONE}"}}')

    assert machine.resolve(cwd=deep).require_identity().value == ONE


@pytest.mark.parametrize(
    "keys",
    [
        {"identity_key": "ravi_id_SECRET", "server": HERE},
        {"management_key": "ravi_mgmt_SECRET"},
        {"access_token": "SECRET"},
        {"refresh_token": "SECRET"},
        {"bound_access_token": "SECRET"},
        {"bound_refresh_token": "SECRET"},
        {"vault_key": "SECRET"},
        {"root_key": "SECRET"},
        {"secret_key": "SECRET"},
        {"private_key": "SECRET"},
        {"identity_key": ""},
        {"server": EVIL},
        {"base_url": EVIL},
        {"api_url": EVIL},
        {"API_URL": EVIL},
        {"proxy": EVIL},
        {"https_proxy": EVIL},
        {"ca_bundle": "evil.pem"},
        {"insecure": True},
    ],
    ids=lambda keys: next(iter(keys)),
)
def test_a_planted_key_is_refused_by_name(machine, keys) -> None:
    machine.write("~/.ravi/auth.json", {"access_token": "mine", "server": HERE})
    machine.write("./.ravi/config.json", {"identity_uuid": ONE, **keys})

    with pytest.raises(ConfigUntrusted) as caught:
        machine.resolve()

    message = caught.value.message
    assert message.startswith("./.ravi/config.json ")
    assert all(key in message for key in keys)
    assert "SECRET" not in message
    assert "evil" not in message
    assert "ravi trust" in caught.value.hint


def test_harmless_keys_beside_the_selection_are_left_alone(machine) -> None:
    harmless = {"identity_name": "x", "workspace": None, "binding": False, "note": "ours", "colour": 3}
    machine.write("./.ravi/config.json", {"identity_uuid": ONE, **harmless})

    assert machine.resolve().require_identity().value == ONE


def test_an_approved_files_key_goes_to_its_own_server(machine) -> None:
    machine.write("~/.ravi/auth.json", {"access_token": "mine", "server": HERE})
    machine.write("./.ravi/config.json", {"identity_uuid": ONE, "identity_key": "ravi_id_k", "server": EVIL})
    machine.trust("./.ravi/config.json")

    credential = machine.resolve().require_credential()

    assert (credential.token, credential.server, credential.source) == ("ravi_id_k", EVIL, "./.ravi/config.json")


def test_an_approved_key_without_its_server_goes_nowhere(machine) -> None:
    machine.write("./.ravi/config.json", {"identity_uuid": ONE, "identity_key": "ravi_id_k"})
    machine.trust("./.ravi/config.json")

    with pytest.raises(ConfigInvalid, match="does not say which server"):
        machine.resolve()


def test_an_approved_files_server_does_not_redirect_the_users_own_sign_in(machine) -> None:
    machine.write("~/.ravi/auth.json", {"access_token": "mine", "server": HERE})
    machine.write("./.ravi/config.json", {"identity_uuid": ONE, "server": EVIL, "proxy": EVIL, "base_url": EVIL})
    machine.trust("./.ravi/config.json")

    settings = machine.resolve()

    assert settings.server.value == HERE
    assert settings.require_credential().server == HERE


@pytest.mark.parametrize("key", ["management_key", "access_token"])
def test_a_project_file_never_lends_an_account_credential(machine, key) -> None:
    machine.write("./.ravi/config.json", {"identity_uuid": ONE, key: "theirs", "server": EVIL})
    machine.trust("./.ravi/config.json")

    assert machine.resolve().credential is None


def test_one_changed_byte_ends_the_approval(machine) -> None:
    keys = {"identity_uuid": ONE, "identity_key": "ravi_id_k", "server": HERE}
    machine.write("./.ravi/config.json", keys)
    machine.trust("./.ravi/config.json")
    machine.write("./.ravi/config.json", {**keys, "server": EVIL})

    with pytest.raises(ConfigUntrusted):
        machine.resolve()


def test_an_approval_does_not_travel_with_a_copy(machine) -> None:
    keys = {"identity_uuid": ONE, "identity_key": "ravi_id_k", "server": HERE}
    machine.write("./.ravi/config.json", keys)
    machine.trust("./.ravi/config.json")
    copy = machine.home / "copy"
    (copy / ".ravi").mkdir(parents=True)
    (copy / ".ravi" / "config.json").write_bytes(machine.path("./.ravi/config.json").read_bytes())

    with pytest.raises(ConfigUntrusted):
        machine.resolve(cwd=copy)


def test_the_same_file_named_by_the_variable_needs_no_approval(machine) -> None:
    machine.write("./.ravi/config.json", {"identity_uuid": ONE, "identity_key": "ravi_id_k", "server": HERE})

    credential = machine.resolve(env={"RAVI_CONFIG_DIR": ".ravi"}).require_credential()

    assert (credential.token, credential.server) == ("ravi_id_k", HERE)


@pytest.mark.parametrize(
    ("name", "members", "selects"),
    [
        ("own", [], True),
        ("own", ["own"], True),
        ("own", ["mallory"], False),
        ("users", [], False),
        (None, [], False),
    ],
)
def test_a_group_may_write_only_if_it_is_the_owners_private_one(machine, monkeypatch, name, members, selects) -> None:
    """A umask of 002 with a group of one's own is the custom of large distributions."""

    def group(number: int) -> grp.struct_group:
        if name is None:
            raise KeyError(number)
        return grp.struct_group((name, "x", number, members))

    monkeypatch.setattr("pwd.getpwuid", lambda number: pwd.struct_passwd(("own", "x", number, number, "", "/", "")))
    monkeypatch.setattr("grp.getgrgid", group)
    machine.write("./.ravi/config.json", {"identity_uuid": ONE}, mode=0o664)

    if selects:
        assert machine.resolve().require_identity().value == ONE
    else:
        with pytest.raises(ConfigUntrusted, match="can be written by other users"):
            machine.resolve()


@pytest.mark.parametrize("mode", [0o646, 0o666])
def test_a_file_that_others_can_write_is_refused(machine, mode) -> None:
    path = machine.write("./.ravi/config.json", {"identity_uuid": ONE}, mode=mode)

    with pytest.raises(ConfigUntrusted, match="can be written by other users") as caught:
        machine.resolve()
    assert caught.value.hint.endswith(f"chmod go-w {path}")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to give files away")
def test_another_users_file_is_refused(machine, as_user) -> None:
    machine.write("./.ravi/config.json", {"identity_uuid": ONE})
    os.chown(machine.path("./.ravi/config.json"), 1234, 1234)
    as_user(4321)

    with pytest.raises(ConfigUntrusted, match="belongs to another user"):
        machine.resolve()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to give files away")
@pytest.mark.parametrize("owner", [0, 4321])
def test_ones_own_file_and_roots_may_select(machine, as_user, owner) -> None:
    machine.write("./.ravi/config.json", {"identity_uuid": ONE})
    os.chown(machine.path("./.ravi/config.json"), owner, owner)
    as_user(4321)

    assert machine.resolve().require_identity().value == ONE


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to give files away")
def test_root_takes_a_selection_from_a_users_checkout_and_never_a_key(machine) -> None:
    path = machine.write("./.ravi/config.json", {"identity_uuid": ONE})
    os.chown(path, 1234, 1234)
    assert machine.resolve().require_identity().value == ONE

    machine.write("./.ravi/config.json", {"identity_uuid": ONE, "identity_key": "ravi_id_k", "server": HERE})
    machine.trust("./.ravi/config.json")
    with pytest.raises(ConfigUntrusted, match="belongs to another user"):
        machine.resolve()


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_link_out_of_the_project_is_refused(machine, what) -> None:
    elsewhere = machine.home / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "config.json").write_text(f'{{"identity_uuid": "{ONE}"}}')
    folder = machine.project / ".ravi"
    if what == "folder":
        folder.symlink_to(elsewhere)
    else:
        folder.mkdir()
        (folder / "config.json").symlink_to(elsewhere / "config.json")

    with pytest.raises(ConfigUntrusted, match="link out of its project"):
        machine.resolve()


def test_a_link_within_the_project_is_followed(machine) -> None:
    conf = machine.project / "conf"
    conf.mkdir()
    (conf / "config.json").write_text(f'{{"identity_uuid": "{ONE}"}}')
    (machine.project / ".ravi").symlink_to("conf")

    assert machine.resolve().require_identity().value == ONE


def test_a_file_that_vanishes_under_us_is_not_passed_over(machine, monkeypatch) -> None:
    machine.write("~/.ravi/config.json", {"identity_uuid": TWO})
    machine.write("./.ravi/config.json", {"identity_uuid": ONE})
    monkeypatch.setattr(discovery, "find_file", lambda *_: None)

    with pytest.raises(ConfigInvalid, match="vanished"):
        machine.resolve()


def test_a_file_hostile_to_the_list_of_approvals_is_not_approved(machine) -> None:
    machine.write("~/.ravi/trust.json", {"files": []})
    machine.write("./.ravi/config.json", {"identity_uuid": ONE, "identity_key": "k", "server": HERE})

    with pytest.raises(ConfigError, match=r"trust\.json has no list of files"):
        machine.resolve()
