"""One record at a time: what is sealed anew, what is left alone, and what is reported."""

import base64
from typing import Any

import pytest
from nacl.public import PrivateKey, SealedBox

from ravi.client.resealing import Resealer
from ravi.crypto import derive, field, legacy
from ravi.errors import VaultUnreadable
from tests.support.fake_servers import ONE
from tests.support.published_client import key_pair

TWO = "22222222-2222-4222-8222-222222222222"
ROOT = bytes(range(32))
SEED = bytes(range(100, 132))
OLD_ROOT = legacy.root_key(SEED)
BOX = SealedBox(PrivateKey.from_seed(SEED).public_key)


def boxed(text: str | bytes) -> str:
    """As the published client seals."""
    content = text.encode() if isinstance(text, str) else text
    return "e2e::" + base64.b64encode(BOX.encrypt(content)).decode()


def sealed(root: bytes, text: str, name: str = "value", *, entry: str = "KEY", uuid: str = ONE) -> str:
    return field.seal(derive.vault_key(derive.identity_key(root, uuid)), uuid, "secret", entry, name, text)


def opened(text: str, name: str = "value", *, entry: str = "KEY", uuid: str = ONE) -> str:
    return field.open_(derive.vault_key(derive.identity_key(ROOT, uuid)), uuid, "secret", entry, name, text)


def record(entry: str = "KEY", uuid: str = ONE, **fields: str) -> Any:
    return {
        "record": "s:7",
        "kind": "secret",
        "identity_uuid": uuid,
        "entry": entry,
        "revision": 3,
        "fields": fields,
    }


@pytest.fixture
def resealer() -> Resealer:
    return Resealer(ROOT, SEED, keep_unreadable=False)


def test_a_box_of_the_published_client_is_opened_and_sealed_for_its_place(resealer: Resealer) -> None:
    changed, unreadable = resealer.reseal(record(value=boxed("sk-1"), notes=boxed("häß")))

    assert changed is not None
    assert (changed["record"], changed["revision"]) == ("s:7", 3)
    assert {name: opened(text, name) for name, text in changed["fields"].items()} == {"value": "sk-1", "notes": "häß"}
    assert unreadable == []


def test_so_is_what_was_sealed_with_the_root_that_is_made_of_the_pin(resealer: Resealer) -> None:
    changed, _ = resealer.reseal(record(value=sealed(OLD_ROOT, "sk-2")))

    assert changed is not None
    assert opened(changed["fields"]["value"]) == "sk-2"


def test_what_opens_with_the_present_root_is_left_alone(resealer: Resealer) -> None:
    assert resealer.reseal(record(value=sealed(ROOT, "sk-3"))) == (None, [])


def test_only_the_fields_that_need_it_are_written(resealer: Resealer) -> None:
    changed, _ = resealer.reseal(record(value=sealed(ROOT, "a"), notes=boxed("b")))

    assert changed is not None
    assert changed["fields"].keys() == {"notes"}


def test_each_identity_has_keys_of_its_own(resealer: Resealer) -> None:
    changed, _ = resealer.reseal(record(uuid=TWO, value=boxed("sk-4")))

    assert changed is not None
    assert opened(changed["fields"]["value"], uuid=TWO) == "sk-4"
    with pytest.raises(VaultUnreadable):
        opened(changed["fields"]["value"])


UNREADABLE = {
    "a box for another key": "e2e::"
    + base64.b64encode(SealedBox(key_pair("654321", bytes(16)).public_key).encrypt(b"x")).decode(),
    "a box that is no text": boxed(b"\xff\xfe"),
    "a box of the old client that was cut": boxed("sk")[:-8],
    "sealed for another entry": sealed(OLD_ROOT, "x", entry="OTHER"),
    "sealed for another identity": sealed(ROOT, "x", uuid=TWO),
    "sealed for another field": sealed(ROOT, "x", "notes"),
    "readable text": "plain",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_what_nothing_opens_is_reported_by_its_place_and_not_touched(resealer: Resealer, text: str) -> None:
    changed, unreadable = resealer.reseal(record(value=text, notes=boxed("fine")))

    assert unreadable == [{"identity_uuid": ONE, "kind": "secret", "entry": "KEY", "field": "value"}]
    assert changed is not None
    assert changed["fields"].keys() == {"notes"}


def test_a_box_that_is_to_be_kept_unreadable_loses_nothing_but_its_old_prefix() -> None:
    resealer = Resealer(ROOT, SEED, keep_unreadable=True)
    text = UNREADABLE["a box for another key"]

    changed, unreadable = resealer.reseal(record(value=text))

    assert changed is not None
    assert changed["fields"] == {"value": "e2e2::" + text.removeprefix("e2e::")}
    assert len(unreadable) == 1
    again = resealer.reseal(record(value=changed["fields"]["value"]))
    assert again == (None, unreadable)


def test_a_place_that_is_not_an_identity_is_refused(resealer: Resealer) -> None:
    with pytest.raises(VaultUnreadable):
        resealer.reseal(record(uuid="../etc", value=boxed("x")))


def test_the_public_key_is_that_of_the_new_root(resealer: Resealer) -> None:
    present = base64.b64encode(derive.public_key(derive.identity_key(ROOT, ONE))).decode()

    assert resealer.public_key(ONE) == present
