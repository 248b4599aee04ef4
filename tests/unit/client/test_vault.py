"""The owner's keys: what is asked of the server, what is saved, and what becomes of them when an answer is lost."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from nacl.public import SealedBox

from ravi import Client, errors
from ravi.crypto import recovery
from ravi.settings.vault_keys import encode_key, find_root
from ravi.wire import codes
from tests.support.account_keys import ACCOUNT, META, PIN, Keys
from tests.support.fake_servers import ONE, Api, problem
from tests.support.published_client import key_pair

NEW_PIN = "sesame-8"
API_KEY = "ravi_mgmt_owner"


@pytest.fixture
def auth_file(home: Path) -> Path:
    return home / ".ravi" / "auth.json"


def saved(auth_file: Path) -> dict[str, Any]:
    return json.loads(auth_file.read_text())


def root_of(client: Client) -> bytes | None:
    return find_root(client.settings).root_key


class TestSettingUp:
    def test_the_code_that_is_returned_opens_it_with_the_pin_elsewhere(self, keys: Keys, signed_in, auth_file) -> None:
        client = signed_in()
        code = client.vault.set_up(PIN)
        mine = root_of(client)
        auth_file.write_text(json.dumps({**saved(auth_file), "secret_key": None, "root_key": None}))

        client.vault.unlock(PIN, code.lower().replace("-", " "))

        assert mine is not None
        assert root_of(client) == mine
        assert saved(auth_file)["secret_key"] == code
        assert "pending_secret_keys" not in saved(auth_file)

    def test_the_server_is_told_neither_pin_nor_code_nor_root(self, api: Api, keys: Keys, signed_in) -> None:
        client = signed_in()
        code = client.vault.set_up(PIN)

        sent = json.dumps([request.body for request in api.requests])
        secret_key = recovery.decode(code)
        for secret in (PIN, code, encode_key(secret_key), secret_key.hex(), encode_key(root_of(client) or b"")):
            assert secret not in sent
        assert api.requests[-1].body.keys() == {"root_salt", "wrapped_root", "expected_version"}

    @pytest.mark.parametrize("bad", ["12345", " sesame-7", "sesame-7\n", ""])
    def test_a_pin_that_may_not_be_chosen_is_refused_before_anything_is_sent(self, api: Api, signed_in, bad) -> None:
        with pytest.raises(errors.UsageError):
            signed_in().vault.set_up(bad)
        assert api.requests == []

    def test_an_account_that_has_a_vault_is_not_set_up_again(self, keys: Keys, signed_in) -> None:
        keys.set_up(bytes(32), bytes(20))

        with pytest.raises(errors.VaultSetUp):
            signed_in().vault.set_up(PIN)

    def test_of_two_machines_at_once_the_slower_is_told_and_keeps_no_code(
        self, api: Api, keys: Keys, signed_in, auth_file
    ) -> None:
        api.routes[META] = [dict(keys.meta), lambda _: dict(keys.meta)]
        keys.set_up(bytes(32), bytes(20))
        before = saved(auth_file)

        with pytest.raises(errors.VaultSetUp):
            signed_in().vault.set_up(PIN)
        assert saved(auth_file) == before


class TestALostAnswer:
    def test_a_root_that_arrived_all_the_same_is_recognised(self, keys: Keys, signed_in) -> None:
        keys.fail, keys.takes_what_fails = lambda: (409, problem(codes.VAULT_SET_UP, "somebody was faster: we")), True
        client = signed_in()

        code = client.vault.set_up(PIN)

        assert code
        assert root_of(client) is not None

    def test_what_became_of_it_is_found_out_at_the_next_unlocking(
        self, api: Api, keys: Keys, signed_in, auth_file
    ) -> None:
        keys.fail, keys.takes_what_fails = lambda: (500, problem(codes.SERVER_ERROR, "fell over")), True
        client = signed_in()
        with pytest.raises(errors.ServerFault):
            client.vault.set_up(PIN)
        (pending,) = saved(auth_file)["pending_secret_keys"][ACCOUNT]
        assert root_of(client) is None

        opened = client.vault.open(PIN)
        assert opened.was_pending
        client.vault.keep(opened)

        assert root_of(client) is not None
        assert saved(auth_file)["secret_key"] == pending
        assert "pending_secret_keys" not in saved(auth_file)

    def test_if_it_never_arrived_setting_up_again_works(self, keys: Keys, signed_in, auth_file) -> None:
        keys.fail = lambda: (500, problem(codes.SERVER_ERROR, "fell over"))
        client = signed_in()
        with pytest.raises(errors.ServerFault):
            client.vault.set_up(PIN)

        code = client.vault.set_up(PIN)

        assert saved(auth_file)["secret_key"] == code
        assert "pending_secret_keys" not in saved(auth_file)

    def test_a_new_code_of_which_nobody_heard_again_is_tried_beside_the_old_one(
        self, keys: Keys, signed_in, auth_file
    ) -> None:
        client = signed_in()
        old = client.vault.set_up(PIN)
        for arrives in (False, True):
            keys.fail, keys.takes_what_fails = lambda: (500, problem(codes.SERVER_ERROR, "fell over")), arrives
            with pytest.raises(errors.ServerFault):
                client.vault.new_recovery_code(PIN)
        assert saved(auth_file)["secret_key"] == old
        second = saved(auth_file)["pending_secret_keys"][ACCOUNT][-1]

        client.vault.unlock(PIN)

        assert saved(auth_file)["secret_key"] == second
        assert "pending_secret_keys" not in saved(auth_file)

    def test_a_pin_that_was_changed_all_the_same_is_no_error(self, keys: Keys, signed_in) -> None:
        client = signed_in()
        client.vault.set_up(PIN)
        keys.fail, keys.takes_what_fails = lambda: (409, problem(codes.VAULT_CHANGED, "by ourselves")), True

        client.vault.change_pin(PIN, NEW_PIN)

        client.vault.unlock(NEW_PIN)


class TestUnlocking:
    def test_a_wrong_pin_changes_no_file(self, keys: Keys, signed_in, auth_file) -> None:
        client = signed_in()
        client.vault.set_up(PIN)
        client.vault.lock()
        before = auth_file.read_bytes()

        with pytest.raises(errors.VaultPinWrong, match="the PIN is wrong, or the recovery code was renewed"):
            client.vault.unlock("sesame-6")
        with pytest.raises(errors.VaultPinWrong, match="PIN and recovery code do not fit together"):
            client.vault.unlock(PIN, recovery.encode(bytes(20)))

        assert auth_file.read_bytes() == before

    def test_a_mistyped_code_is_refused_before_anything_is_sent(self, api: Api, signed_in) -> None:
        code = recovery.encode(bytes(20))
        with pytest.raises(errors.RecoveryCodeInvalid):
            signed_in().vault.unlock(PIN, "1" + code[1:])
        assert api.requests == []

    def test_without_a_code_the_pin_is_not_even_tried(self, keys: Keys, signed_in) -> None:
        keys.set_up(bytes(32), bytes(20))

        with pytest.raises(errors.VaultLocked, match="does not hold the account's recovery code") as caught:
            signed_in().vault.unlock(PIN)
        assert "--recovery-code-file" in caught.value.hint

    def test_an_account_without_a_vault_is_said(self, keys: Keys, signed_in) -> None:
        with pytest.raises(errors.VaultLocked, match="not set up yet"):
            signed_in().vault.unlock(PIN)

    def test_an_api_key_and_the_sign_in_are_unlocked_side_by_side(self, keys: Keys, signed_in) -> None:
        owner, script = signed_in(), signed_in(RAVI_API_KEY=API_KEY)
        owner.vault.set_up(PIN)
        assert root_of(script) is None

        script.vault.unlock(PIN)

        assert root_of(script) == root_of(owner) is not None
        assert owner.vault.lock() is True
        assert (root_of(script), root_of(owner), owner.vault.lock()) == (None, None, False)

    def test_damaged_key_material_opens_nothing(self, keys: Keys, signed_in) -> None:
        client = signed_in()
        client.vault.set_up(PIN)
        keys.meta["root_salt"] = "AAAA"

        with pytest.raises(errors.VaultPinWrong):
            client.vault.unlock(PIN)

    def test_a_damaged_code_in_the_file_is_named_and_not_shown(self, keys: Keys, signed_in, auth_file) -> None:
        client = signed_in()
        code = client.vault.set_up(PIN)
        auth_file.write_text(json.dumps({**saved(auth_file), "secret_key": code[:-1] + "!"}))

        with pytest.raises(errors.ConfigInvalid, match=r"auth\.json is damaged") as caught:
            client.vault.unlock(PIN)
        assert code[:9] not in str(caught.value)

    @pytest.mark.parametrize(
        "nonsense", [{"format": 3}, {"format": "2"}, {"wrapped_root": 7}, {"account_uuid": None}, {"root_version": "1"}]
    )
    def test_an_answer_that_makes_no_sense_is_said_to(self, keys: Keys, signed_in, nonsense) -> None:
        keys.set_up(bytes(32), bytes(20))
        keys.meta.update(nonsense)

        with pytest.raises(errors.ServerNonsense):
            signed_in().vault.unlock(PIN)


class TestAnUpgradeUnderWay:
    OLD_PIN, SECRET_KEY = "123456", bytes(range(20))
    CODE = recovery.encode(SECRET_KEY)

    @pytest.fixture
    def upgrading(self, keys: Keys, signed_in) -> Client:
        """The account has a root, and what a PIN was checked against before."""
        keys.set_up(bytes(range(32)), self.SECRET_KEY, self.OLD_PIN)
        private = key_pair(self.OLD_PIN, bytes(16))
        keys.meta.update(
            upgrading=True,
            salt=base64.b64encode(bytes(16)).decode(),
            public_key=base64.b64encode(bytes(private.public_key)).decode(),
            verifier=base64.b64encode(SealedBox(private.public_key).encrypt(b"ravi-e2e-verify")).decode(),
        )
        return signed_in()

    def test_the_pin_opens_the_old_values_as_well(self, upgrading: Client) -> None:
        opened = upgrading.vault.open(self.OLD_PIN, self.CODE)
        upgrading.vault.keep(opened)

        assert opened.legacy_seed is not None
        assert not opened.old_pin_differs
        assert find_root(upgrading.settings).legacy_seed == opened.legacy_seed

    def test_another_pin_opens_the_root_and_it_is_said_that_the_rest_stays_closed(
        self, upgrading: Client, keys: Keys
    ) -> None:
        keys.set_up(bytes(range(32)), self.SECRET_KEY, NEW_PIN)

        opened = upgrading.vault.open(NEW_PIN, self.CODE)

        assert opened.root_key == bytes(range(32))
        assert (opened.legacy_seed, opened.old_pin_differs) == (None, True)

    def test_neither_pin_nor_code_is_changed_meanwhile(self, upgrading: Client) -> None:
        with pytest.raises(errors.VaultNotUpgraded):
            upgrading.vault.change_pin(self.OLD_PIN, NEW_PIN, self.CODE)
        with pytest.raises(errors.VaultNotUpgraded):
            upgrading.vault.new_recovery_code(self.OLD_PIN, self.CODE)


class TestAServerThatGoesBack:
    """Played back from an old state, it would have new values sealed with a key that it can guess."""

    @pytest.mark.parametrize("format", [0, 1])
    def test_is_not_believed_by_a_machine_that_knows_better(self, keys: Keys, signed_in, format: int) -> None:
        client = signed_in()
        client.vault.set_up(PIN)
        keys.meta.update(format=format, wrapped_root=None, root_salt=None, salt="c2FsdA==", public_key="cGs=")

        with pytest.raises(errors.VaultLocked, match="this machine holds the account's recovery code"):
            client.vault.set_up(PIN) if format == 0 else client.vault.unlock(PIN)


class TestChanging:
    def test_a_new_pin_opens_it_and_the_old_one_does_not(self, keys: Keys, signed_in, auth_file) -> None:
        client = signed_in()
        client.vault.set_up(PIN)
        before, mine = auth_file.read_bytes(), root_of(client)

        client.vault.change_pin(PIN, NEW_PIN)

        assert auth_file.read_bytes() == before
        with pytest.raises(errors.VaultPinWrong):
            client.vault.unlock(PIN)
        client.vault.unlock(NEW_PIN)
        assert root_of(client) == mine

    def test_a_new_code_leaves_what_is_locked_locked(self, keys: Keys, signed_in, auth_file) -> None:
        client = signed_in()
        old = client.vault.set_up(PIN)
        client.vault.lock()

        new = client.vault.new_recovery_code(PIN)

        assert (root_of(client), saved(auth_file)["secret_key"]) == (None, new)
        assert old != new
        with pytest.raises(errors.VaultPinWrong):
            client.vault.unlock(PIN, old)
        client.vault.unlock(PIN)

    def test_somebody_else_in_between_is_a_conflict_and_changes_nothing(self, keys: Keys, signed_in, auth_file) -> None:
        client = signed_in()
        client.vault.set_up(PIN)
        opened = client.vault.open(PIN)
        client.vault.change_pin(PIN, NEW_PIN)
        before = auth_file.read_bytes()

        for new_code in (False, True):
            with pytest.raises(errors.VaultChanged):
                client.vault.wrap_anew(opened, PIN, new_code=new_code)

        assert auth_file.read_bytes() == before
        client.vault.unlock(NEW_PIN)


class TestWhoMayNot:
    @pytest.mark.parametrize("token", ["ravi_id_agent"])
    def test_an_identitys_own_key_is_told_before_anything_is_sent(self, api: Api, signed_in, token: str) -> None:
        with pytest.raises(errors.VaultLocked, match="is one identity's own") as caught:
            signed_in(RAVI_API_KEY=token).vault.unlock(PIN)
        assert "RAVI_VAULT_KEY" in caught.value.hint
        assert api.requests == []

    def test_a_bound_token_in_a_variable_shows_by_what_is_withheld(self, keys: Keys, signed_in) -> None:
        keys.meta.update(format=2, root_version=1)

        with pytest.raises(errors.VaultLocked, match="RAVI_ACCESS_TOKEN is one identity's own"):
            signed_in(RAVI_ACCESS_TOKEN="ravi_at_bound").vault.unlock(PIN)

    def test_where_nothing_could_be_withheld_the_server_is_asked(self, api: Api, keys: Keys, signed_in) -> None:
        who = {"kind": "bound_session", "email": "ada@example.org", "identity_uuid": ONE}
        api.routes["GET", "/api/auth/whoami/"] = who

        with pytest.raises(errors.VaultLocked, match="is one identity's own"):
            signed_in(RAVI_ACCESS_TOKEN="ravi_at_bound").vault.status()
        who["identity_uuid"] = None
        assert signed_in(RAVI_ACCESS_TOKEN="ravi_at_whole").vault.status().format == 0


def test_the_status_is_about_server_and_machine(keys: Keys, signed_in, auth_file) -> None:
    client = signed_in()
    names = ("account_uuid", "format", "upgrading", "root_version", "unlocked", "knows_code", "auth_file")

    def status() -> tuple[Any, ...]:
        found = client.vault.status()
        return tuple(getattr(found, name) for name in names)

    assert status() == (ACCOUNT, 0, False, 0, False, False, str(auth_file))
    client.vault.set_up(PIN)
    assert status() == (ACCOUNT, 2, False, 1, True, True, str(auth_file))
    client.vault.lock()
    assert status() == (ACCOUNT, 2, False, 1, False, True, str(auth_file))
