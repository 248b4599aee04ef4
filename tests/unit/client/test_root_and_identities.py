"""What the account's root is for: identities' keys and their public halves. And how long it may take to get it."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from ravi import AsyncClient, Client, errors
from ravi.crypto import derive
from ravi.crypto import pin as pins
from ravi.settings.client import resolve
from ravi.settings.vault_keys import encode_key, find_root
from tests.support.account_keys import ACCOUNT, PIN, Keys
from tests.support.fake_servers import ONE, Api

API_KEY = "ravi_mgmt_owner"


def root_of(client: Client) -> bytes:
    root_key = find_root(client.settings).root_key
    assert root_key is not None
    return root_key


class TestPublicKeys:
    def test_those_that_are_missing_are_registered_a_thousand_at_a_time(self, api: Api, keys: Keys, signed_in) -> None:
        uuids = [f"{number:08x}-1111-4111-8111-111111111111" for number in range(1003)]
        rows = [{"uuid": uuid, "name": "n", "email": "e", "public_key": None} for uuid in uuids]
        rows[5]["public_key"] = "already there"
        api.routes["GET", "/api/identities/"] = lambda _: rows
        api.routes["PUT", "/api/vault/public-keys/"] = lambda request: {"set": len(request.body["public_keys"])}
        client = signed_in()
        client.vault.set_up(PIN)

        assert client.vault.register_public_keys() == 1002

        sent = [request.body["public_keys"] for request in api.requests if "public-keys" in request.target]
        assert [len(each) for each in sent] == [1000, 2]
        key = derive.identity_key(root_of(client), uuids[-1])
        assert sent[-1][uuids[-1]] == encode_key(derive.public_key(key))

    def test_a_machine_that_is_locked_has_none_to_tell(self, api: Api, signed_in) -> None:
        with pytest.raises(errors.VaultLocked):
            signed_in().vault.register_public_keys()
        assert api.requests == []


class TestAnIdentitysKey:
    @pytest.fixture
    def row(self, api: Api) -> dict[str, Any]:
        row = {"uuid": ONE, "name": "agent", "email": "e", "public_key": None}
        api.routes["GET", f"/api/identities/{ONE}/"] = row
        api.routes["GET", "/api/identities/?name=agent"] = lambda _: [row]
        return row

    def test_is_made_of_the_root(self, keys: Keys, signed_in, row) -> None:
        client = signed_in()
        client.vault.set_up(PIN)
        key = derive.identity_key(root_of(client), ONE)

        for ref in (ONE, "agent"):
            assert client.vault.identity_key(ref) == {"identity_uuid": ONE, "vault_key": encode_key(key)}

    def test_that_is_not_the_registered_one_is_not_handed_out(self, keys: Keys, signed_in, row) -> None:
        client = signed_in()
        client.vault.set_up(PIN)
        row["public_key"] = encode_key(bytes(32))

        with pytest.raises(errors.VaultKeyDiffers):
            client.vault.identity_key(ONE)

    def test_is_its_own_to_know(self, signed_in, row) -> None:
        key = encode_key(bytes(range(32)))
        agent = signed_in(RAVI_API_KEY="ravi_id_agent", RAVI_VAULT_KEY=key, RAVI_IDENTITY=ONE)

        assert agent.vault.identity_key() == {"identity_uuid": ONE, "vault_key": key}

    def test_is_not_passed_off_as_anothers(self, api: Api, signed_in) -> None:
        other = {"uuid": ACCOUNT, "name": "other", "email": "e", "public_key": None}
        api.routes["GET", f"/api/identities/{ACCOUNT}/"] = other
        agent = signed_in(RAVI_API_KEY=API_KEY, RAVI_VAULT_KEY=encode_key(bytes(32)), RAVI_IDENTITY=ONE)

        with pytest.raises(errors.VaultLocked, match="may be another's"):
            agent.vault.identity_key(ACCOUNT)


async def test_the_asynchronous_client_lets_its_loop_run_while_it_computes(
    keys: Keys, signed_in, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, loop_ran = threading.Event(), threading.Event()
    really = pins.crypto_pwhash_alg

    def watched(*arguments: Any) -> bytes:
        started.set()
        assert loop_ran.wait(20), "the event loop stood still"
        return really(*arguments)

    monkeypatch.setattr(pins, "crypto_pwhash_alg", watched)

    async def bystander() -> None:
        while not started.is_set():
            await asyncio.sleep(0)
        loop_ran.set()

    settings = resolve(environ={"HOME": str(home)}, need_identity=False)
    async with AsyncClient(settings) as client:
        code, _ = await asyncio.gather(client.vault.set_up(PIN), bystander())
        assert (await client.vault.status()).unlocked
        assert await client.vault.lock()
        await client.vault.unlock(PIN, code)
        assert (await client.vault.status()).unlocked
