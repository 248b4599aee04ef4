"""Commands for the account work where a workspace is gone, broken or hostile, and stay inside a workspace's fence."""

import pytest

from ravi.errors import ConfigInvalid

ONE = "11111111-1111-4111-8111-111111111111"
HERE = "http://127.0.0.1:8787"
LOGIN = {"access_token": "mine", "server": HERE}
HOSTILE = {"identity_uuid": ONE, "identity_key": "theirs", "server": "https://evil.example"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"identity_uuid": ""}', b'{"binding": true}', HOSTILE])
@pytest.mark.parametrize("place", ["./.ravi/config.json", "~/.ravi/config.json"])
def test_a_broken_or_hostile_file_is_ignored(machine, place, content) -> None:
    machine.write("~/.ravi/auth.json", LOGIN)
    machine.write(place, content)

    settings = machine.resolve(need_identity=False)

    assert settings.require_credential().source == "~/.ravi/auth.json"


def test_an_approved_project_key_is_not_used_for_the_account(machine) -> None:
    machine.write("~/.ravi/auth.json", LOGIN)
    machine.write("./.ravi/config.json", HOSTILE)
    machine.trust("./.ravi/config.json")

    assert machine.resolve().require_credential().token == "theirs"
    assert machine.resolve(need_identity=False).require_credential().token == "mine"


def test_the_home_files_identity_key_does_not_narrow_the_account(machine) -> None:
    machine.write("~/.ravi/auth.json", LOGIN)
    machine.write("~/.ravi/config.json", {"identity_uuid": ONE, "identity_key": "narrow", "server": HERE})

    assert machine.resolve().require_credential().token == "narrow"
    assert machine.resolve(need_identity=False).require_credential().token == "mine"


def test_a_harmless_selection_is_still_shown(machine) -> None:
    machine.write("~/.ravi/auth.json", LOGIN)
    machine.write("./.ravi/config.json", {"identity_uuid": ONE})

    assert machine.resolve(need_identity=False).require_identity().source == "./.ravi/config.json"


def test_an_empty_config_dir_uses_the_homes_sign_in(machine) -> None:
    machine.write("~/.ravi/auth.json", LOGIN)
    machine.config_dir.mkdir(parents=True)

    assert machine.resolve(need_identity=False).require_credential().token == "mine"


def test_an_agent_in_its_workspace_stays_inside_its_fence(machine) -> None:
    machine.write("~/.ravi/auth.json", LOGIN)
    machine.write("$/config.json", {"identity_uuid": ONE, "identity_key": "fenced", "server": HERE})

    assert machine.resolve(need_identity=False).require_credential().token == "fenced"
    assert machine.resolve(need_identity=False, identity="other").require_credential().token == "fenced"


@pytest.mark.parametrize(
    "content",
    [
        b'{"identity_uuid": "%b", "identity_key": "fen' % ONE.encode(),
        b'{"identity_uuid": "%b", "identity_key": ""}' % ONE.encode(),
        b'{"identity_uuid": "%b", "identity_key": "k"}' % ONE.encode(),
        b'{"binding": true, "identity_key": "k", "server": "http://localhost"}',
        b'{"identity_key": "k", "server": "http://localhost"}',
        b'{"identity_uuid": "%b", "identity_key": "k", "server": "http://localhost", "workspace": {"path": "/x"}}'
        % ONE.encode(),
    ],
)
def test_a_broken_fence_is_an_error_and_not_the_owners_sign_in(machine, content) -> None:
    machine.write("~/.ravi/auth.json", LOGIN)
    machine.write("$/config.json", content)

    for told in ({"need_identity": False}, {"need_identity": True, "identity": ONE}):
        with pytest.raises(ConfigInvalid, match=r"config\.json"):
            machine.resolve(**told)


@pytest.mark.parametrize("content", [b"", b"{", b'{"identity_uuid": ""}', b'{"binding": true}'])
def test_a_broken_file_that_was_no_fence_is_ignored(machine, content) -> None:
    machine.write("~/.ravi/auth.json", LOGIN)
    machine.write("$/config.json", content)

    assert machine.resolve(need_identity=False).require_credential().token == "mine"
    with pytest.raises(ConfigInvalid):
        machine.resolve()
