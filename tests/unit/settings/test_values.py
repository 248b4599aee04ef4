"""Settings and credentials as values."""

import copy
import pickle

import pytest

from ravi.errors import IdentityRequired, NotSignedIn
from ravi.settings.resolve import Sourced
from ravi.settings.values import Credential, Settings


def test_a_credential_never_shows_its_secrets() -> None:
    credential = Credential("SECRET-A", refresh="SECRET-R", server="http://localhost", source="RAVI_API_KEY")

    shown = f"{credential!r} {credential} {[credential]}"

    assert "SECRET" not in shown
    assert "RAVI_API_KEY" in shown


def test_a_credential_is_not_serialised() -> None:
    credential = Credential("SECRET", server="http://localhost", source="x")

    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not serialised"):
            way(credential)


@pytest.mark.parametrize(("token", "names"), [("ravi_id_x", True), ("ravi_mgmt_x", False), ("ravi_at_x", False)])
def test_only_an_identitys_key_says_which_identity_it_is(token, names) -> None:
    assert Credential(token, server="http://localhost", source="x").names_identity is names


def test_what_is_missing_is_said_with_the_way_to_get_it() -> None:
    settings = Settings(
        server=Sourced("http://localhost", "default"),
        identity=None,
        identity_name=None,
        credential=None,
        home="/h/.ravi",
        config_dir="/h/.ravi",
    )

    with pytest.raises(NotSignedIn) as unsigned:
        settings.require_credential()
    with pytest.raises(IdentityRequired) as unselected:
        settings.require_identity()
    assert "ravi auth login" in unsigned.value.hint
    assert "ravi identity use" in unselected.value.hint
