"""Files and directories that other users could write to lend neither a credential nor an identity."""

import grp
import os
import pwd
from pathlib import Path

import pytest

from ravi.errors import ConfigInvalid

ONE = "11111111-1111-4111-8111-111111111111"
HERE = "http://127.0.0.1:8787"
SELECTION = {"identity_uuid": ONE}
LOGIN = {"access_token": "ravi_at_a", "refresh_token": "ravi_rt_a", "server": HERE}
FILES = {
    "~/.ravi/config.json": SELECTION,
    "~/.ravi/auth.json": LOGIN,
    "$/config.json": SELECTION,
    "$/auth.json": LOGIN,
}
STICKY = 0o1777


def write_private(machine, name: str) -> Path:
    """The file as we write it, in a directory as we make it."""
    path = machine.write(name, FILES[name], mode=0o600)
    path.parent.chmod(0o700)
    return path


def assert_refused(machine, path: Path, culprit: Path) -> None:
    """Every way of asking names the file, and the one command that ends the refusal."""
    for told in ({}, {"need_identity": False}, {"sign_in": True}):
        if "config" in path.name and told:
            continue  # it chooses nothing then
        with pytest.raises(ConfigInvalid) as caught:
            machine.resolve(**told)
        assert path.name in caught.value.message
        assert "other users" in caught.value.message
        assert caught.value.hint.endswith(f"chmod go-w {culprit}")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("mode", [0o602, 0o622, 0o646, 0o666, 0o777])
def test_a_file_that_others_can_write_is_refused_until_the_hint_is_followed(machine, name, mode) -> None:
    path = write_private(machine, name)
    path.chmod(mode)

    assert_refused(machine, path, path)

    assert path.stat().st_mode & 0o777 == mode, "it was closed, and looks as if nobody had ever been able to write it"
    path.chmod(mode & ~0o022)
    machine.resolve()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("mode", [0o702, 0o773, 0o777])
def test_a_file_in_a_directory_that_others_can_write_to_is_refused(machine, name, mode) -> None:
    path = write_private(machine, name)
    path.parent.chmod(mode)

    assert_refused(machine, path, path.parent)

    path.parent.chmod(0o755)
    machine.resolve()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("of_file", "of_folder"), [(0o600, 0o700), (0o644, 0o755), (0o640, 0o750), (0o400, 0o555)])
def test_what_others_can_only_read_works_as_before(machine, name, of_file, of_folder) -> None:
    path = write_private(machine, name)
    path.chmod(of_file)
    path.parent.chmod(of_folder)

    found = machine.resolve(need_identity=False)

    assert (found.credential is not None) == ("auth" in name)


@pytest.mark.parametrize("name", FILES)
def test_a_link_is_followed_to_a_private_file_and_not_out_of_a_shared_directory(machine, name) -> None:
    path = write_private(machine, name)
    elsewhere = machine.home / "dotfiles"
    elsewhere.mkdir(mode=0o700)
    path.rename(elsewhere / "mine.json")
    path.symlink_to(elsewhere / "mine.json")
    machine.resolve()

    elsewhere.chmod(0o777)

    assert_refused(machine, path, elsewhere)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to give files away")
@pytest.mark.parametrize(("owner", "works"), [(0, True), (4321, True), (1234, False)])
def test_in_a_directory_like_tmp_only_ones_own_file_counts(machine, as_user, owner, works) -> None:
    path = write_private(machine, "$/config.json")
    machine.config_dir.chmod(STICKY)
    os.chown(path, owner, owner)
    as_user(4321)

    if works:
        assert machine.resolve().require_identity().value == ONE
    else:
        with pytest.raises(ConfigInvalid, match="belongs to another user"):
            machine.resolve()


@pytest.mark.parametrize(("members", "works"), [([], True), (["own"], True), (["own", "mallory"], False)])
def test_a_umask_of_002_with_a_group_of_ones_own_is_no_reason_to_refuse(machine, monkeypatch, members, works) -> None:
    monkeypatch.setattr("pwd.getpwuid", lambda number: pwd.struct_passwd(("own", "x", number, number, "", "/", "")))
    monkeypatch.setattr("grp.getgrgid", lambda number: grp.struct_group(("own", "x", number, members)))
    path = write_private(machine, "~/.ravi/auth.json")
    path.chmod(0o660)
    path.parent.chmod(0o770)

    if works:
        assert machine.resolve(need_identity=False).require_credential().token == "ravi_at_a"
        assert path.stat().st_mode & 0o777 == 0o600
    else:
        assert_refused(machine, path, path)


def test_approvals_that_others_could_have_written_approve_nothing(machine) -> None:
    machine.write("./.ravi/config.json", {**SELECTION, "identity_key": "ravi_id_k", "server": HERE})
    machine.trust("./.ravi/config.json")
    assert machine.resolve().require_credential().token == "ravi_id_k"

    machine.path("~/.ravi/trust.json").chmod(0o666)

    with pytest.raises(ConfigInvalid, match=r"trust\.json can be written by other users"):
        machine.resolve()


def test_a_root_key_that_others_could_have_written_opens_nothing(machine) -> None:
    from ravi.settings.vault_file import save_keys
    from ravi.settings.vault_keys import find_root, fingerprint

    path = machine.path("~/.ravi/auth.json")
    save_keys(str(path), account_uuid=ONE, root_key=bytes(32), recovery_code=None, mark=fingerprint("ravi_mgmt_k"))
    settings = machine.resolve(need_identity=False, env={"RAVI_API_KEY": "ravi_mgmt_k"})
    assert find_root(settings).root_key == bytes(32)

    path.chmod(0o606)

    with pytest.raises(ConfigInvalid, match="can be written by other users"):
        find_root(settings)
