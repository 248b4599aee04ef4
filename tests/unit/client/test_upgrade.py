"""An upgrade against a server that is not what it should be."""

from typing import Any

import pytest

from ravi import Client
from ravi.client.nouns import upgrade
from ravi.client.owner_keys import OpenedVault
from ravi.errors import IdentityNotFound, ServerNonsense, VaultPinWrong, VaultUnreadable
from tests.support.fake_servers import ONE, Api, problem

SEALED = "/api/vault/sealed/"
KEYS = "/api/vault/public-keys/"
LIST = "/api/identities/"
RECORD = {"record": "s1", "kind": "secret", "identity_uuid": ONE, "entry": "KEY", "revision": 1, "fields": {}}
META: Any = {"account_uuid": ONE, "format": 2, "upgrading": True, "root_version": 1}


@pytest.fixture
def reseal(api: Api, client_for):
    """`reseal()` runs the second half of an upgrade at `api`."""
    api.routes["GET", LIST] = lambda _: []
    client: Client = client_for(api.url)

    def run(seed: bytes | None = bytes(32)) -> Any:
        opened = OpenedVault(META, bytes(range(32)), legacy_seed=seed)
        return client._run(lambda core: upgrade.reseal(core, opened, leave_unreadable=False, progress=None))

    return run


def page(*records: Any, after: str | None = None) -> dict[str, Any]:
    return {"records": list(records), "next": after}


def test_a_list_that_never_ends_is_not_followed_for_ever(api: Api, reseal) -> None:
    api.routes["GET", f"{SEALED}?limit=200"] = page(RECORD, after="s1")
    api.routes["GET", f"{SEALED}?after=s1&limit=200"] = page(RECORD, after="s1")

    with pytest.raises(ServerNonsense, match="no end"):
        reseal()


def test_empty_pages_for_ever_are_not_followed_either(api: Api, reseal) -> None:
    api.routes["GET", f"{SEALED}?limit=200"] = page(after="s1")

    with pytest.raises(ServerNonsense, match="no end"):
        reseal()


@pytest.mark.parametrize(
    "record",
    [
        "text",
        {**RECORD, "revision": "1"},
        {**RECORD, "fields": ["e2e::"]},
        {**RECORD, "fields": {"value": None}},
        {name: value for name, value in RECORD.items() if name != "entry"},
        {**RECORD, "identity_uuid": 7},
    ],
)
def test_records_that_are_none_are_refused_before_anything_is_written(api: Api, reseal, record: Any) -> None:
    api.routes["GET", f"{SEALED}?limit=200"] = page(record)

    with pytest.raises(ServerNonsense, match="sealed records"):
        reseal()
    assert {method for method, _ in api.seen()} == {"GET"}


def test_an_identity_by_a_name_that_no_key_is_made_of_is_refused(api: Api, reseal) -> None:
    api.routes["GET", f"{SEALED}?limit=200"] = page({**RECORD, "identity_uuid": "\ud800"})

    with pytest.raises(VaultUnreadable):
        reseal()


def test_without_the_old_seed_nothing_is_begun(api: Api, reseal) -> None:
    with pytest.raises(VaultPinWrong):
        reseal(None)
    assert api.seen() == []


def test_an_identity_that_was_deleted_meanwhile_is_left_out(api: Api, reseal) -> None:
    row = {"uuid": ONE, "name": "n", "email": "e", "public_key": None}
    api.routes["GET", LIST] = [[row], []]
    api.routes["PUT", KEYS] = (404, problem("identity.not_found", "no such identity"))
    api.routes["GET", f"{SEALED}?limit=200"] = page()
    api.routes["POST", "/api/encryption/upgraded/"] = {"format": 2, "root_version": 1}

    assert reseal() == {"upgraded": True, "resealed": 0, "unreadable": []}


def test_a_server_that_denies_every_identity_it_lists_is_not_asked_for_ever(api: Api, reseal) -> None:
    row = {"uuid": ONE, "name": "n", "email": "e", "public_key": None}
    api.routes["GET", LIST] = lambda _: [row]
    api.routes["PUT", KEYS] = (404, problem("identity.not_found", "no such identity"))

    with pytest.raises(IdentityNotFound):
        reseal()
