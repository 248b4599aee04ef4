"""What this machine remembers of accounts, so that a server that tells another story is not believed."""

import json
from pathlib import Path

import pytest

from ravi.settings import vault_file
from ravi.settings.client import clear_tokens, save_login
from ravi.settings.resolve import Sourced
from ravi.settings.values import SIGN_IN_KEYS, Credential, Settings
from ravi.settings.vault_keys import fingerprint

MINE, OTHERS = "aaaaaaaa-1111-4111-8111-111111111111", "bbbbbbbb-2222-4222-8222-222222222222"
ROOT = bytes(range(32))
URL = "http://127.0.0.1:8787"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / ".ravi" / "auth.json")


def sign_in(path: str, account_uuid: str | None = MINE) -> Settings:
    """The settings of somebody who has just signed in."""
    save_login(str(Path(path).parent), server=URL, access="ravi_at_1", refresh="ravi_rt_1", account_uuid=account_uuid)
    return settings(path, Credential("ravi_at_1", server=URL, source="auth.json", path=path, keys=SIGN_IN_KEYS))


def settings(path: str, credential: Credential) -> Settings:
    folder = str(Path(path).parent)
    server = Sourced(URL, "test")
    return Settings(
        server=server, identity=None, identity_name=None, credential=credential, home=folder, config_dir=folder
    )


def save(path: str, account_uuid: str, **more: object) -> None:
    vault_file.save_keys(path, account_uuid=account_uuid, root_key=ROOT, recovery_code="CODE", **more)  # type: ignore[arg-type]


class TestTheAccountOfACredential:
    def test_of_a_sign_in_it_is_the_one_that_was_signed_in_to_whichever_vault_is_open(self, path: str) -> None:
        there = sign_in(path)
        assert vault_file.find_account(there) == MINE

        save(path, OTHERS, mark="a key")
        assert vault_file.find_account(there) == MINE

    @pytest.mark.parametrize("account_uuid", [OTHERS, None])
    def test_signing_in_again_replaces_it(self, path: str, account_uuid: str | None) -> None:
        sign_in(path)

        assert vault_file.find_account(sign_in(path, account_uuid)) == account_uuid

    def test_signing_out_forgets_it(self, path: str) -> None:
        there = sign_in(path)
        clear_tokens(str(Path(path).parent))

        assert vault_file.find_account(there) is None

    def test_of_an_api_key_it_is_the_one_that_it_unlocked(self, path: str) -> None:
        with_key = settings(path, Credential("ravi_mgmt_1", server=URL, source="RAVI_API_KEY"))
        assert vault_file.find_account(with_key) is None
        save(path, OTHERS, mark="another")
        assert vault_file.find_account(with_key) is None

        save(path, MINE, mark=fingerprint("ravi_mgmt_1"))
        assert vault_file.find_account(with_key) == MINE


class TestWhatIsSettled:
    def test_it_outlives_locking_signing_out_and_another_account(self, path: str) -> None:
        sign_in(path)
        save(path, MINE, settled=True)
        vault_file.forget_keys(path)
        clear_tokens(str(Path(path).parent))
        sign_in(path, OTHERS)
        save(path, OTHERS)

        assert vault_file.is_settled(path, MINE)
        assert not vault_file.is_settled(path, OTHERS)

    def test_it_is_noted_once(self, path: str) -> None:
        for account in (MINE, OTHERS, MINE):
            save(path, account, settled=True)

        assert json.loads(Path(path).read_text())["settled_accounts"] == [OTHERS, MINE]

    @pytest.mark.parametrize("broken", ["text", MINE, {MINE: True}, None])
    def test_what_is_no_list_says_nothing(self, path: str, broken: object) -> None:
        Path(path).parent.mkdir()
        Path(path).write_text(json.dumps({"settled_accounts": broken}))

        assert not vault_file.is_settled(path, MINE)
        save(path, MINE, settled=True)
        assert vault_file.is_settled(path, MINE)
