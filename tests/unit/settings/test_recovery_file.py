"""The recovery code in a file of its own, for its owner to put somewhere else."""

from pathlib import Path

import pytest

from ravi.errors import ConfigInvalid
from ravi.settings.recovery_file import write_recovery_file

MINE, OTHERS = "aaaaaaaa-1111-4111-8111-111111111111", "bbbbbbbb-2222-4222-8222-222222222222"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".ravi"


def write(folder: Path, code: str, account_uuid: str = MINE, **changes: str) -> Path:
    said = {"email": "ada@example.org", "server": "https://ravi.example", **changes}
    return Path(write_recovery_file(str(folder / "auth.json"), code, account_uuid=account_uuid, **said))


def first_line(path: Path) -> str:
    return path.read_text().partition("\n")[0]


def test_the_first_line_is_the_code_and_the_rest_says_whose_it_is(folder: Path) -> None:
    path = write(folder, "THE-CODE")

    assert path == folder / "recovery-code.txt"
    assert first_line(path) == "THE-CODE"
    assert f"account: {MINE}\nemail: ada@example.org\nserver: https://ravi.example\nmade: 20" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_new_code_of_the_same_account_replaces_the_old_one(folder: Path) -> None:
    write(folder, "OLD")
    path = write(folder, "NEW")

    assert first_line(path) == "NEW"
    assert [each.name for each in folder.glob("recovery-code*.txt")] == ["recovery-code.txt"]


def test_the_codes_of_other_accounts_are_kept_under_other_names(folder: Path) -> None:
    write(folder, "FIRST", OTHERS)
    write(folder, "SECOND", MINE)
    path = write(folder, "THIRD", OTHERS)

    found = {each.name: first_line(each) for each in folder.glob("recovery-code*.txt")}
    assert found == {"recovery-code.txt": "THIRD", "recovery-code-1.txt": "FIRST", "recovery-code-2.txt": "SECOND"}
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in path.parent.glob("*.txt"))


def test_a_file_that_is_not_ours_is_kept_too(folder: Path) -> None:
    folder.mkdir()
    (folder / "recovery-code.txt").write_text("my shopping list")
    write(folder, "CODE")

    assert (folder / "recovery-code-1.txt").read_text() == "my shopping list"


def test_what_a_server_says_cannot_pass_for_a_line_of_ours(folder: Path) -> None:
    path = write(folder, "FIRST", OTHERS, email=f"x\naccount: {MINE}\n")
    write(folder, "SECOND")

    assert first_line(folder / "recovery-code-1.txt") == "FIRST"
    assert path.exists()


def test_a_thing_that_is_no_file_is_not_replaced(folder: Path) -> None:
    (folder / "recovery-code.txt").mkdir(parents=True)

    with pytest.raises(ConfigInvalid, match="is not a regular file"):
        write(folder, "CODE")
