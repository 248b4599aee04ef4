"""What is written to auth.json about the vault, and what stays when it goes."""

import json
from pathlib import Path
from typing import Any

import pytest

from ravi.settings import vault_file
from ravi.settings.client import clear_tokens, save_login
from ravi.settings.vault_keys import encode_key

MINE, OTHERS = "aaaaaaaa-1111-4111-8111-111111111111", "bbbbbbbb-2222-4222-8222-222222222222"
ROOT, OTHER_ROOT = bytes(range(32)), bytes(range(1, 33))
PAIR = {"access": "ravi_at_1", "refresh": "ravi_rt_1", "server": "http://127.0.0.1:8787"}
#: No code is looked at here: that is the library's.
CODE, NEW_CODE, OTHER_CODE = "MY-CODE", "MY-NEW-CODE", "OTHER-CODE"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / ".ravi" / "auth.json")


def saved(path: str) -> dict[str, Any]:
    return json.loads(Path(path).read_text())


def codes(path: str, account_uuid: str = MINE) -> list[tuple[str, bool]]:
    return [(each.code, each.is_pending) for each in vault_file.find_codes(path, account_uuid)]


def save(path: str, account_uuid: str = MINE, root: bytes = ROOT, code: str | None = CODE, **more: Any) -> None:
    vault_file.save_keys(path, account_uuid=account_uuid, root_key=root, recovery_code=code, **more)


class TestSaving:
    def test_the_keys_stand_beside_what_was_there(self, path: str) -> None:
        save_login(str(Path(path).parent), **PAIR, account_uuid=MINE, more={"note": 1})
        save(path)

        assert saved(path) == {
            "access_token": "ravi_at_1",
            "refresh_token": "ravi_rt_1",
            "server": "http://127.0.0.1:8787",
            "note": 1,
            "account_uuid": MINE,
            "vault_account": MINE,
            "root_key": encode_key(ROOT),
            "secret_key": CODE,
        }
        assert Path(path).stat().st_mode & 0o777 == 0o600
        assert vault_file.is_unlocked(path, MINE)
        assert not vault_file.is_unlocked(path, OTHERS)

    def test_an_old_seed_is_kept_until_the_next_saving_without_one(self, path: str) -> None:
        save(path, code=None, legacy_seed=OTHER_ROOT)
        assert saved(path)["legacy_key"] == encode_key(OTHER_ROOT)

        save(path)
        assert "legacy_key" not in saved(path)

    def test_no_code_leaves_the_one_that_is_there(self, path: str) -> None:
        save(path)
        save(path, root=OTHER_ROOT, code=None)

        assert codes(path) == [(CODE, False)]

    def test_the_recovery_code_of_another_account_moves_aside_and_comes_back(self, path: str) -> None:
        save(path)
        save(path, OTHERS, OTHER_ROOT, OTHER_CODE)

        assert saved(path)["root_key"] == encode_key(OTHER_ROOT)
        assert saved(path)["other_secret_keys"] == {MINE: CODE}
        assert codes(path) == [(CODE, False)]
        assert not vault_file.is_unlocked(path, MINE)

        save(path, code=None)

        assert (saved(path)["secret_key"], saved(path)["other_secret_keys"]) == (CODE, {OTHERS: OTHER_CODE})


class TestForWhomItCounts:
    def test_a_sign_in_and_api_keys_share_the_same_root(self, path: str) -> None:
        save(path)
        save(path, mark="first key")
        save(path, mark="second key")
        save(path, mark="first key")

        assert saved(path)["unlocked_with"] == ["sign-in", "second key", "first key"]
        assert vault_file.is_unlocked(path, MINE)

    def test_another_root_is_for_the_last_alone(self, path: str) -> None:
        save(path)
        save(path, root=OTHER_ROOT, mark="a key")

        assert saved(path)["unlocked_with"] == ["a key"]
        assert not vault_file.is_unlocked(path, MINE)

    def test_another_account_with_the_same_root_is_too(self, path: str) -> None:
        save(path, OTHERS)
        save(path, mark="a key")

        assert saved(path)["unlocked_with"] == ["a key"]

    def test_the_list_does_not_grow_for_ever(self, path: str) -> None:
        for number in range(40):
            save(path, mark=f"key {number}")

        assert saved(path)["unlocked_with"] == [f"key {number}" for number in range(8, 40)]


class TestForgetting:
    def test_everything_that_opens_goes_and_the_recovery_code_stays(self, path: str) -> None:
        save_login(str(Path(path).parent), **PAIR, account_uuid=MINE)
        save(path, legacy_seed=OTHER_ROOT, mark="a key")

        assert vault_file.forget_keys(path) is True
        assert saved(path).keys() == {
            "access_token",
            "refresh_token",
            "server",
            "account_uuid",
            "vault_account",
            "secret_key",
        }
        assert vault_file.forget_keys(path) is False

    def test_where_there_is_no_file_none_is_made(self, path: str) -> None:
        assert vault_file.forget_keys(path) is False
        assert not Path(path).parent.exists()

    def test_signing_out_forgets_as_well(self, path: str) -> None:
        folder = str(Path(path).parent)
        save_login(folder, **PAIR, account_uuid=MINE)
        save(path, legacy_seed=OTHER_ROOT)

        assert clear_tokens(folder) is True
        assert saved(path).keys() == {"server", "vault_account", "secret_key"}


class TestSigningIn:
    def test_the_same_account_stays_unlocked(self, path: str) -> None:
        save(path)
        save_login(str(Path(path).parent), **PAIR, account_uuid=MINE)

        assert vault_file.is_unlocked(path, MINE)

    @pytest.mark.parametrize("account_uuid", [OTHERS, None])
    def test_another_account_or_one_that_is_not_known_is_locked(self, path: str, account_uuid: str | None) -> None:
        save(path)
        save_login(str(Path(path).parent), **PAIR, account_uuid=account_uuid)

        assert "root_key" not in saved(path)
        assert codes(path) == [(CODE, False)]

    def test_a_root_for_an_api_key_is_not_inherited(self, path: str) -> None:
        save(path, mark="a key")
        save_login(str(Path(path).parent), **PAIR, account_uuid=MINE)

        assert not vault_file.is_unlocked(path, MINE)
        assert saved(path)["unlocked_with"] == ["a key"]


class TestPending:
    def test_a_pending_code_is_found_behind_the_good_one_newest_first(self, path: str) -> None:
        save(path)
        vault_file.add_pending(path, MINE, "first")
        vault_file.add_pending(path, MINE, "second")

        assert codes(path) == [(CODE, False), ("second", True), ("first", True)]
        assert codes(path, OTHERS) == []

    def test_it_is_kept_where_there_is_nothing_else(self, path: str) -> None:
        vault_file.add_pending(path, MINE, "first")

        assert codes(path) == [("first", True)]
        assert Path(path).stat().st_mode & 0o777 == 0o600

    def test_dropping_one_leaves_the_others(self, path: str) -> None:
        for code in ("first", "second"):
            vault_file.add_pending(path, MINE, code)
        vault_file.add_pending(path, OTHERS, "theirs")
        vault_file.drop_pending(path, MINE, "second")

        assert (codes(path), codes(path, OTHERS)) == ([("first", True)], [("theirs", True)])
        vault_file.drop_pending(path, MINE, "first")
        vault_file.drop_pending(path, OTHERS, "theirs")
        assert saved(path) == {}

    def test_a_code_that_turns_out_good_ends_them_all(self, path: str) -> None:
        save(path)
        for code in ("first", "second"):
            vault_file.add_pending(path, MINE, code)
        vault_file.add_pending(path, OTHERS, "theirs")
        save(path, code="second")

        assert codes(path) == [("second", False)]
        assert codes(path, OTHERS) == [("theirs", True)]

    def test_while_the_old_code_is_good_they_stay_because_one_may_still_arrive(self, path: str) -> None:
        save(path)
        vault_file.add_pending(path, MINE, "first")
        save(path)

        assert codes(path) == [(CODE, False), ("first", True)]

    def test_signing_in_elsewhere_keeps_them(self, path: str) -> None:
        vault_file.add_pending(path, MINE, "first")
        save_login(str(Path(path).parent), **PAIR, account_uuid=OTHERS)

        assert codes(path) == [("first", True)]

    @pytest.mark.parametrize("broken", ["text", {MINE: "text"}, {MINE: [1, None]}, []])
    def test_what_is_no_list_of_codes_holds_none(self, path: str, broken: Any) -> None:
        Path(path).parent.mkdir()
        Path(path).write_text(json.dumps({"pending_secret_keys": broken}))

        assert codes(path) == []


class TestTheCodeAlone:
    def test_it_replaces_the_old_one_and_unlocks_nothing(self, path: str) -> None:
        save(path)
        vault_file.forget_keys(path)
        vault_file.add_pending(path, MINE, NEW_CODE)
        vault_file.save_code(path, account_uuid=MINE, recovery_code=NEW_CODE)

        assert saved(path) == {"vault_account": MINE, "secret_key": NEW_CODE}

    def test_what_is_unlocked_stays_so(self, path: str) -> None:
        save(path)
        vault_file.save_code(path, account_uuid=MINE, recovery_code=NEW_CODE)

        assert vault_file.is_unlocked(path, MINE)
        assert codes(path) == [(NEW_CODE, False)]

    def test_where_nothing_is_it_becomes_the_files(self, path: str) -> None:
        vault_file.save_code(path, account_uuid=MINE, recovery_code=CODE)

        assert saved(path) == {"vault_account": MINE, "secret_key": CODE}

    def test_the_vault_of_another_account_is_left_alone(self, path: str) -> None:
        save(path, OTHERS, OTHER_ROOT, OTHER_CODE)
        vault_file.add_pending(path, MINE, NEW_CODE)
        vault_file.save_code(path, account_uuid=MINE, recovery_code=NEW_CODE)

        assert vault_file.is_unlocked(path, OTHERS)
        assert codes(path) == [(NEW_CODE, False)]
        assert codes(path, OTHERS) == [(OTHER_CODE, False)]


def test_a_code_does_not_show_itself() -> None:
    assert CODE not in repr(vault_file.SavedCode(CODE, is_pending=True, path="here"))
