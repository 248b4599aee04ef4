"""Which keys this machine holds, and for whom they count."""

import base64

import pytest

from ravi.errors import ConfigInvalid
from ravi.settings.vault_keys import HeldKeys, decode_key, encode_key, find_keys, fingerprint

SERVER = "http://127.0.0.1:8787"
ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
ROOT, LEGACY, OWN = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
API_KEY = "ravi_mgmt_somebody"
SIGN_IN = {"access_token": "ravi_at_1", "refresh_token": "ravi_rt_1", "server": SERVER}


def held(machine, uuid: str | None = ONE, **told) -> HeldKeys:
    return find_keys(machine.resolve(need_identity=False, **told), uuid)


class TestTheOwner:
    def test_the_root_beside_the_sign_in_counts_for_it(self, machine) -> None:
        machine.write("~/.ravi/auth.json", {**SIGN_IN, "root_key": encode_key(ROOT), "legacy_key": encode_key(LEGACY)})

        found = held(machine)

        assert (found.root_key, found.legacy_seed, found.identity_key) == (ROOT, LEGACY, None)
        assert found.source == "~/.ravi/auth.json"

    def test_without_one_the_silence_names_the_file(self, machine) -> None:
        machine.write("~/.ravi/auth.json", SIGN_IN)

        assert held(machine).root_key is None
        assert held(machine).silence == "~/.ravi/auth.json holds no root key"

    def test_nobody_signed_in_holds_nothing(self, machine) -> None:
        assert held(machine).silence == "not signed in"

    def test_a_root_for_an_api_key_is_not_the_sign_ins(self, machine) -> None:
        marks = [fingerprint(API_KEY)]
        machine.write("~/.ravi/auth.json", {**SIGN_IN, "root_key": encode_key(ROOT), "unlocked_with": marks})

        assert held(machine).root_key is None
        assert held(machine, env={"RAVI_API_KEY": API_KEY}).root_key == ROOT

    def test_one_root_may_serve_the_sign_in_and_an_api_key(self, machine) -> None:
        marks = ["sign-in", fingerprint(API_KEY)]
        machine.write("~/.ravi/auth.json", {**SIGN_IN, "root_key": encode_key(ROOT), "unlocked_with": marks})

        assert held(machine).root_key == ROOT
        assert held(machine, env={"RAVI_API_KEY": API_KEY}).root_key == ROOT

    @pytest.mark.parametrize("marks", [None, [], ["sign-in"], [fingerprint("ravi_mgmt_other")], "text", {}, [1]])
    def test_an_api_key_that_the_root_was_not_unlocked_for_gets_none(self, machine, marks) -> None:
        saved = {**SIGN_IN, "root_key": encode_key(ROOT)} | ({} if marks is None else {"unlocked_with": marks})
        machine.write("~/.ravi/auth.json", saved)

        found = held(machine, env={"RAVI_API_KEY": API_KEY})

        assert found.root_key is None
        assert "was not unlocked for the credential from RAVI_API_KEY" in found.silence

    def test_the_root_for_an_api_key_is_looked_for_in_both_folders(self, machine) -> None:
        mine = {"root_key": encode_key(ROOT), "unlocked_with": [fingerprint(API_KEY)]}
        machine.write("~/.ravi/auth.json", mine)
        machine.write("$/auth.json", {"root_key": encode_key(LEGACY), "unlocked_with": ["sign-in"]})

        assert held(machine, env={"RAVI_API_KEY": API_KEY}).root_key == ROOT

    def test_a_file_with_a_root_is_closed_to_others(self, machine) -> None:
        path = machine.write(
            "~/.ravi/auth.json", {"root_key": encode_key(ROOT), "unlocked_with": [fingerprint(API_KEY)]}, mode=0o644
        )

        assert held(machine, env={"RAVI_API_KEY": API_KEY}).root_key == ROOT
        assert path.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("broken", ["nearly", base64.b64encode(bytes(31)).decode(), encode_key(ROOT) + "!", 7, [1]])
    def test_a_key_that_is_none_is_an_error_that_does_not_show_it(self, machine, broken) -> None:
        machine.write("~/.ravi/auth.json", {**SIGN_IN, "root_key": encode_key(ROOT), "legacy_key": broken})

        with pytest.raises(ConfigInvalid) as caught:
            held(machine)
        assert caught.value.message == "~/.ravi/auth.json has a legacy_key that is not one (32 bytes in base64)"


class TestAnAgent:
    def test_the_key_in_the_variable_counts_for_whoever_is_selected(self, machine) -> None:
        for uuid in (ONE, TWO, None):
            found = held(machine, uuid, env={"RAVI_VAULT_KEY": encode_key(OWN) + "\n"})
            assert (found.identity_key, found.source) == (OWN, "RAVI_VAULT_KEY")

    def test_the_key_in_a_config_file_is_its_identitys_alone(self, machine) -> None:
        machine.write("~/.ravi/auth.json", {**SIGN_IN, "root_key": encode_key(ROOT)})
        machine.write("$/config.json", {"identity_uuid": ONE, "vault_key": encode_key(OWN)})

        assert held(machine, ONE).identity_key == OWN
        assert held(machine, None).identity_key == OWN
        assert (held(machine, TWO).identity_key, held(machine, TWO).root_key) == (None, ROOT)

    def test_a_config_file_with_a_key_is_closed_to_others(self, machine) -> None:
        path = machine.write("$/config.json", {"identity_uuid": ONE, "vault_key": encode_key(OWN)}, mode=0o644)

        assert held(machine, ONE).identity_key == OWN
        assert path.stat().st_mode & 0o777 == 0o600

    def test_the_variable_comes_before_the_file(self, machine) -> None:
        machine.write("$/config.json", {"identity_uuid": ONE, "vault_key": encode_key(LEGACY)})

        assert held(machine, env={"RAVI_VAULT_KEY": encode_key(OWN)}).identity_key == OWN

    def test_a_credential_that_is_one_identitys_does_not_reach_the_owners_root(self, machine) -> None:
        machine.write("~/.ravi/auth.json", {**SIGN_IN, "root_key": encode_key(ROOT)})

        found = held(machine, env={"RAVI_API_KEY": "ravi_id_agent"})

        assert (found.root_key, found.identity_key) == (None, None)
        assert found.silence == "the credential from RAVI_API_KEY is one identity's own, and no vault key is beside it"

    def test_bound_tokens_do_not_either(self, machine) -> None:
        machine.write("~/.ravi/auth.json", {**SIGN_IN, "root_key": encode_key(ROOT)})
        bound = {"identity_uuid": ONE, "bound_access_token": "ravi_at_b", "server": SERVER}
        machine.write("$/config.json", bound)

        assert held(machine).root_key is None
        assert "is one identity's own" in held(machine).silence

    def test_a_variable_that_holds_no_key_is_an_error_that_does_not_show_it(self, machine) -> None:
        with pytest.raises(ConfigInvalid, match="RAVI_VAULT_KEY has a vault key that is not one") as caught:
            held(machine, env={"RAVI_VAULT_KEY": "nearly-a-key"})
        assert "nearly" not in str(caught.value) + caught.value.hint

    def test_a_project_file_with_a_key_must_be_approved(self, machine) -> None:
        from ravi.errors import ConfigUntrusted

        machine.write("./.ravi/config.json", {"identity_uuid": ONE, "vault_key": encode_key(OWN)})

        with pytest.raises(ConfigUntrusted, match="vault_key"):
            find_keys(machine.resolve(), ONE)
        machine.trust("./.ravi/config.json")
        assert find_keys(machine.resolve(), ONE).identity_key == OWN


def test_keys_are_standard_base64_of_32_bytes() -> None:
    assert decode_key(encode_key(ROOT), "key", "here") == ROOT
    assert encode_key(b"\xfb\xff" * 16) == "+//7//v/+//7//v/+//7//v/+//7//v/+//7//v/+/8="


def test_nothing_that_is_held_is_shown() -> None:
    keys = HeldKeys(source="here", identity_key=OWN, root_key=ROOT, legacy_seed=LEGACY)

    assert repr(keys) == "HeldKeys(<hidden>, source='here')"


def test_a_fingerprint_tells_credentials_apart_and_not_what_they_are() -> None:
    mark = fingerprint(API_KEY)

    assert len(mark) == 64
    assert mark == fingerprint(API_KEY) != fingerprint(API_KEY + "x")
    assert "somebody" not in mark
