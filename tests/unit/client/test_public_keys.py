"""When the public half of an identity's key is registered, and by which root."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ravi import Client
from ravi.crypto import derive, legacy
from tests.support.fake_servers import ONE, Api, problem

ROOT = bytes(range(32))
SEED = bytes(range(100, 132))
MADE = "/api/identities/"
KEYS = "/api/vault/public-keys/"
META = "/api/encryption/"


def key_of(uuid: str, root: bytes = ROOT) -> str:
    return base64.b64encode(derive.public_key(derive.identity_key(root, uuid))).decode()


def identity(uuid: str = ONE, **more: Any) -> dict[str, Any]:
    return {"uuid": uuid, "name": "n", "email": "n@in.ravi.localhost", "public_key": None, **more}


def meta(**more: Any) -> dict[str, Any]:
    return {"account_uuid": ONE, "format": 1, "upgrading": False, "root_version": 0, "wrapped_root": None, **more}


@pytest.fixture
def unlocked(api: Api, client_for, tmp_path: Path):
    """`unlocked(root, seed)` makes a client whose auth.json holds these; without any it is locked."""

    def make(root: bytes | None = ROOT, seed: bytes | None = None) -> Client:
        path = tmp_path / "auth.json"
        held = {"root_key": root, "legacy_key": seed}
        path.write_text(json.dumps({n: base64.b64encode(key).decode() for n, key in held.items() if key}))
        os.chmod(path, 0o600)
        return client_for(api.url, token="t", refresh="r", path=str(path))

    return make


@pytest.fixture
def registering(api: Api) -> Api:
    """A server that makes identities as it is told and remembers public keys."""
    api.routes["POST", MADE] = lambda asked: (201, identity(asked.body.get("uuid", ONE), public_key=key_in(asked.body)))
    api.routes["PUT", KEYS] = {"set": 1}
    return api


def key_in(body: dict[str, Any]) -> str | None:
    return body.get("public_key")


def test_a_new_identity_gets_a_uuid_and_its_key_from_whoever_holds_the_root(registering: Api, unlocked) -> None:
    made = unlocked().identities.create(name="n")

    (asked,) = registering.requests
    assert asked.body.keys() == {"name", "api_key", "uuid", "public_key"}
    assert made["uuid"] == asked.body["uuid"]
    assert made["uuid"] == made["uuid"].lower()
    assert made["uuid"][14] == "4"
    assert made["uuid"][19] in "89ab"
    assert asked.body["public_key"] == key_of(made["uuid"])


def test_two_creations_choose_two_uuids(registering: Api, unlocked) -> None:
    client = unlocked()

    assert client.identities.create()["uuid"] != client.identities.create()["uuid"]


def test_without_a_root_nothing_is_sent_that_was_not_asked_for(registering: Api, unlocked, client_for) -> None:
    unlocked(None).identities.create(name="n")
    client_for(registering.url).identities.create(name="n")

    assert [asked.body for asked in registering.requests] == [{"name": "n", "api_key": False}] * 2


def test_an_older_identity_that_was_found_again_has_its_key_filled_in(registering: Api, unlocked) -> None:
    registering.routes["POST", MADE] = (200, identity())

    found = unlocked().identities.create(name="n", reuse=True)

    assert found["public_key"] == key_of(ONE)
    assert registering.seen() == [("POST", MADE), ("PUT", KEYS)]
    assert registering.requests[1].body == {"public_keys": {ONE: key_of(ONE)}}


@pytest.mark.parametrize("registered", [key_of(ONE), "somebody else's"])
def test_a_key_that_is_registered_already_is_left_alone(registering: Api, unlocked, registered: str) -> None:
    registering.routes["POST", MADE] = (200, identity(public_key=registered))

    assert unlocked().identities.create(name="n", reuse=True)["public_key"] == registered
    assert registering.seen() == [("POST", MADE)]


def test_a_server_that_knows_no_public_keys_is_not_asked_to_keep_one(registering: Api, unlocked) -> None:
    older = identity()
    del older["public_key"]
    registering.routes["POST", MADE] = (201, older)

    assert unlocked().identities.create(name="n") == older
    assert registering.seen() == [("POST", MADE)]


def test_filling_in_that_is_refused_is_no_error(api: Api, unlocked) -> None:
    api.routes["GET", f"{MADE}{ONE}/"] = identity()
    api.routes["PUT", KEYS] = (409, problem("vault.key_differs", "another was registered meanwhile"))
    client = unlocked()

    assert client.identities.fill_public_key(client.identities.get(ONE)) == identity()


def test_a_broken_root_does_not_stop_one_from_looking(api: Api, unlocked, tmp_path: Path) -> None:
    client = unlocked()
    (tmp_path / "auth.json").write_text('{"root_key": "broken"}')

    assert client.identities.fill_public_key(identity()) == identity()
    assert api.seen() == []


class TestInAnAccountOfThePublishedClient:
    OLD = legacy.root_key(SEED)

    def test_the_root_made_of_the_pin_counts_as_long_as_there_is_no_other(self, registering: Api, unlocked) -> None:
        registering.routes["GET", META] = lambda _: meta()

        made = unlocked(self.OLD, SEED).identities.create()

        assert made["public_key"] == key_of(made["uuid"], self.OLD)
        assert registering.seen() == [("GET", META), ("POST", MADE)]

    @pytest.mark.parametrize("upgrading", [True, False])
    def test_once_another_machine_upgraded_it_no_key_is_made_of_the_old_root(
        self, registering: Api, unlocked, upgrading: bool
    ) -> None:
        registering.routes["GET", META] = lambda _: meta(format=2, upgrading=upgrading, wrapped_root="root2::x")

        assert unlocked(self.OLD, SEED).identities.create(name="n")["public_key"] is None
        assert [asked.body for asked in registering.requests if asked.body] == [{"name": "n", "api_key": False}]

    def test_the_machine_that_is_upgrading_uses_the_new_root_and_need_not_ask(self, registering: Api, unlocked) -> None:
        made = unlocked(ROOT, SEED).identities.create()

        assert made["public_key"] == key_of(made["uuid"], ROOT)
        assert registering.seen() == [("POST", MADE)]
