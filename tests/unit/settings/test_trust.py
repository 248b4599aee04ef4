"""Approvals: by path and content, until either changes."""

import os

import pytest

from ravi.errors import ConfigInvalid
from ravi.settings.trust import approve, approve_content, is_approved, list_approved, withdraw


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "config.json"
    path.write_bytes(b"{}")
    return path


def test_a_file_is_approved_as_it_is(file, home) -> None:
    assert not is_approved(str(file), b"{}")

    assert approve(str(file)) == str(file)

    assert is_approved(str(file), b"{}")
    assert not is_approved(str(file), b"{} ")
    assert not is_approved(str(file) + "2", b"{}")
    assert list_approved() == [str(file)]
    assert (home / ".ravi" / "trust.json").stat().st_mode & 0o777 == 0o600


def test_an_approval_belongs_to_the_real_path(file, tmp_path) -> None:
    (tmp_path / "link").symlink_to(file)

    assert approve(str(tmp_path / "link")) == str(file)

    assert is_approved(str(file), b"{}")


def test_it_can_be_taken_back(file) -> None:
    approve(str(file))

    assert withdraw(str(file)) is True
    assert withdraw(str(file)) is False
    assert not is_approved(str(file), b"{}")


def test_a_missing_file_cannot_be_approved(tmp_path) -> None:
    with pytest.raises(ConfigInvalid, match="does not exist"):
        approve(str(tmp_path / "nothing"))


def test_approvals_of_many_files_stand_beside_each_other(tmp_path) -> None:
    folder = str(tmp_path / ".ravi")
    for n in range(3):
        approve_content(f"/p{n}", b"x", ravi_dir=folder)

    assert list_approved(ravi_dir=folder) == ["/p0", "/p1", "/p2"]


@pytest.mark.parametrize("content", ["[]", "{", '{"files": 5}', "{}"])
def test_a_broken_list_approves_nothing_and_is_an_error(file, home, content) -> None:
    (home / ".ravi").mkdir()
    (home / ".ravi" / "trust.json").write_text(content)

    with pytest.raises(ConfigInvalid, match=r"trust\.json"):
        is_approved(str(file), b"{}")


def test_reading_makes_no_file(home) -> None:
    assert not is_approved("/x", b"")
    assert os.listdir(home) == []
