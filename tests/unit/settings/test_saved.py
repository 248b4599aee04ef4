"""Writing sign-ins and selections."""

import json
import os

import pytest

from ravi.errors import ConfigInvalid, ConfigUntrusted, UsageError
from ravi.settings.client import clear_tokens, resolve, save_login, selection_path, write_selection
from ravi.settings.saved import read_tokens, save_renewed
from ravi.settings.trust import approve, is_approved

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
HERE = "http://127.0.0.1:8787"
PAIR = {"access": "ravi_at_a", "refresh": "ravi_rt_r", "expires_at": "2030-01-01T00:00:00Z"}


@pytest.fixture
def folder(home):
    return str(home / ".ravi")


def read(folder: str, name: str = "auth.json") -> dict:
    with open(os.path.join(folder, name)) as file:
        return json.load(file)


def test_a_sign_in_is_what_the_resolver_finds(folder) -> None:
    path = save_login(folder, server=HERE + "/api/", email="ada@example.com", **PAIR)

    assert path == os.path.join(folder, "auth.json")
    assert read(folder) == {
        "access_token": "ravi_at_a",
        "refresh_token": "ravi_rt_r",
        "server": HERE,
        "expires_at": "2030-01-01T00:00:00Z",
        "user_email": "ada@example.com",
    }
    credential = resolve().require_credential()
    assert (credential.token, credential.refresh, credential.server) == ("ravi_at_a", "ravi_rt_r", HERE)
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(folder).st_mode & 0o777 == 0o700


def test_other_keys_survive_a_sign_in_and_a_sign_out(folder) -> None:
    save_login(folder, server=HERE, more={"secret_key": "s", "future": [1]}, **PAIR)
    save_login(folder, server=HERE, **PAIR)

    assert clear_tokens(folder) is True

    assert read(folder) == {"server": HERE, "secret_key": "s", "future": [1]}
    assert clear_tokens(folder) is False


def test_signing_out_of_nothing_makes_no_file(home, folder) -> None:
    assert clear_tokens(folder) is False
    assert os.listdir(home) == []


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_broken_file_is_not_overwritten(folder, content) -> None:
    os.mkdir(folder)
    path = os.path.join(folder, "auth.json")
    with open(path, "w") as file:
        file.write(content)

    for write in (lambda: save_login(folder, server=HERE, **PAIR), lambda: clear_tokens(folder)):
        with pytest.raises(ConfigInvalid, match=r"auth\.json"):
            write()
    with open(path) as file:
        assert file.read() == content


def test_what_a_server_sends_as_a_token_must_be_one(folder) -> None:
    with pytest.raises(ConfigInvalid, match="the server's answer has a access token"):
        save_login(folder, server=HERE, access="two\r\nlines", refresh="r")
    assert not os.path.exists(os.path.join(folder, "auth.json"))


def test_a_renewed_pair_replaces_the_old_one_and_nothing_else(folder) -> None:
    save_login(folder, server=HERE, email="ada@example.com", more={"secret_key": "s"}, **PAIR)
    old = resolve().require_credential()

    new = save_renewed(old, "a2", "r2", "2031-01-01T00:00:00Z")

    assert (new.token, new.refresh, new.server, new.source) == ("a2", "r2", HERE, "~/.ravi/auth.json")
    assert new.expires_at == 1924992000.0
    assert read(folder)["access_token"] == "a2"
    assert read(folder)["secret_key"] == "s"
    again = read_tokens(old)
    assert again is not None
    assert again.token == "a2"


def test_bound_tokens_are_renewed_under_their_own_names_and_stay_approved(machine) -> None:
    bound = {"identity_uuid": ONE, "bound_access_token": "b", "bound_refresh_token": "br", "server": HERE}
    path = machine.write("./.ravi/config.json", bound)
    approve(str(path))
    credential = machine.resolve().require_credential()

    save_renewed(credential, "b2", "br2", "2031-01-01T00:00:00Z")

    assert json.loads(path.read_text()) == {
        **bound,
        "bound_access_token": "b2",
        "bound_refresh_token": "br2",
        "bound_expires_at": "2031-01-01T00:00:00Z",
    }
    assert is_approved(str(path), path.read_bytes())
    assert machine.resolve().require_credential().token == "b2"


def test_a_selection_is_what_the_resolver_finds(folder) -> None:
    path = os.path.join(folder, "config.json")

    write_selection(path, ONE, "research-agent")

    assert read(folder, "config.json") == {"identity_uuid": ONE, "identity_name": "research-agent"}
    assert resolve().require_identity().value == ONE
    write_selection(path, TWO)
    assert read(folder, "config.json") == {"identity_uuid": TWO}


def test_a_selection_keeps_the_other_keys(machine) -> None:
    machine.write("~/.ravi/config.json", {"identity_uuid": ONE, "user_email": "a@b.c", "colour": "blue"})
    path = str(machine.path("~/.ravi/config.json"))

    write_selection(path, TWO, "x")

    kept = read(str(machine.home / ".ravi"), "config.json")
    assert kept == {"identity_uuid": TWO, "identity_name": "x", "user_email": "a@b.c", "colour": "blue"}
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_selecting_another_identity_does_not_lose_the_only_key_of_the_first(machine) -> None:
    content = {"identity_uuid": ONE, "identity_key": "ravi_id_k", "server": HERE}
    path = machine.write("$/config.json", content)

    with pytest.raises(ConfigInvalid, match="which selecting another would lose"):
        write_selection(str(path), TWO)

    assert json.loads(path.read_text()) == content
    write_selection(str(path), ONE, "same")
    assert json.loads(path.read_text()) == {**content, "identity_name": "same"}


def test_beside_the_accounts_key_the_former_identitys_key_goes(machine) -> None:
    content = {"identity_uuid": ONE, "identity_key": "ravi_id_k", "management_key": "m", "server": HERE}
    path = machine.write("~/.ravi/config.json", content)

    write_selection(str(path), TWO)

    assert json.loads(path.read_text()) == {"identity_uuid": TWO, "management_key": "m", "server": HERE}


@pytest.mark.parametrize("content", [b"", b"{", b'{"binding": true}'])
def test_a_file_that_is_not_understood_is_not_overwritten(machine, content) -> None:
    path = machine.write("~/.ravi/config.json", content)

    with pytest.raises(ConfigInvalid, match=r"config\.json"):
        write_selection(str(path), ONE)

    assert path.read_bytes() == content


def test_a_projects_folder_that_leads_elsewhere_is_not_followed(machine) -> None:
    elsewhere = machine.home / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    (machine.project / ".ravi").symlink_to(elsewhere)

    with pytest.raises(ConfigUntrusted, match="link out of its project"):
        write_selection(str(machine.path("./.ravi/config.json")), ONE)

    assert os.listdir(elsewhere) == []
    assert elsewhere.stat().st_mode & 0o777 == 0o755


def test_the_homes_folder_may_be_a_link(machine, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(machine.home))
    (machine.home / "dotfiles").mkdir()
    (machine.home / ".ravi").symlink_to("dotfiles")

    write_selection(str(machine.path("~/.ravi/config.json")), ONE)

    assert machine.resolve().require_identity().value == ONE


def test_a_selection_is_by_uuid(folder) -> None:
    with pytest.raises(UsageError):
        write_selection(os.path.join(folder, "config.json"), "research-agent")


def test_the_file_that_decides_here_is_the_one_to_write(machine) -> None:
    def where(**env):
        found = selection_path(environ={**machine.environ, **env}, cwd=str(machine.cwd))
        return found.value, found.source

    assert where() == (str(machine.path("~/.ravi/config.json")), "home")
    machine.write("./.ravi/config.json", b"broken, and still the one that decides")
    assert where() == (str(machine.path("./.ravi/config.json")), "project")
    assert where(RAVI_CONFIG_DIR="/x") == ("/x/config.json", "RAVI_CONFIG_DIR")
