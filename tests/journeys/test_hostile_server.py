"""The server is somebody else's by now. Whatever it hands out, no wrong value is shown and none is written over."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from tests.support.cli import Cli, Result
from tests.support.hostile import Asked, rows_changed
from tests.support.taken_over import (
    IDENTITIES,
    KEY,
    OTHER_SEED,
    PASSWORDS,
    SECRETS,
    TOTPS,
    World,
    at_once,
    silent,
    world,
)

__all__ = ["world"]

#: Exit codes: a value does not open; the answer is no answer to what was asked.
CLOSED, NONSENSE = 10, 1

GET, EXPORT, RUN = ("secrets", "get", "API_KEY"), ("secrets", "export"), ("run", "--", "env")
SECRET = (GET, EXPORT, RUN)
BY_SITE, BY_UUID = ("passwords", "get", "bank.example"), ("passwords", "get", "{bank}")
UPDATE = ("passwords", "update", "bank.example", "--generate")
HISTORY, LIST = ("passwords", "history", "bank.example"), ("passwords", "list")
CODE, CODE_BY_UUID = ("totp", "code", "bank"), ("totp", "code", "{seed}")
EVIL, SHOP = {"domain": "evil.example"}, {"service_name": "shop"}

#: From the path that was asked and the row that an honest server would have sent to the one that is sent.
Change = Callable[[World, str, Any], Any]


@pytest.fixture(autouse=True)
def _nothing_is_written(world: World) -> Iterator[None]:
    before = world.stored()
    yield
    assert world.stored() == before


def flipped(sealed: str, at: int) -> str:
    prefix, _, text = sealed.partition("::")
    data = bytearray(base64.b64decode(text))
    data[at] ^= 1
    return f"{prefix}::{base64.b64encode(data).decode()}"


def boxed(world: World) -> str:
    """A value in the format of the published client, for the one public key that the server knows."""
    key = base64.b64decode(world.public_key)
    return "e2e::" + base64.b64encode(SealedBox(PublicKey(key)).encrypt(b"planted")).decode()


#: What a sealed text may be replaced by, given what it was; and the exit code.
INSTEAD: dict[str, tuple[int, Callable[[World, str], Any]]] = {
    "nothing": (CLOSED, lambda *_: ""),
    "readable text": (CLOSED, lambda *_: "planted"),
    "a flipped bit of the nonce": (CLOSED, lambda _, text: flipped(text, 0)),
    "a flipped bit of the ciphertext": (CLOSED, lambda _, text: flipped(text, 24)),
    "a flipped bit of the tag": (CLOSED, lambda _, text: flipped(text, -1)),
    "a byte less": (CLOSED, lambda _, text: "e2e2::" + base64.b64encode(base64.b64decode(text[6:])[:-1]).decode()),
    "its first half": (CLOSED, lambda _, text: text[: len(text) // 2]),
    "the prefix alone": (CLOSED, lambda *_: "e2e2::"),
    "no prefix": (CLOSED, lambda _, text: text[6:]),
    "an unknown prefix": (CLOSED, lambda _, text: "e2e3::" + text[6:]),
    "the prefix in capitals": (CLOSED, lambda _, text: "E2E2::" + text[6:]),
    "the old prefix": (CLOSED, lambda _, text: "e2e::" + text[6:]),
    "the prefix twice": (CLOSED, lambda _, text: "e2e2::" + text),
    "a line break behind it": (CLOSED, lambda _, text: text + "\n"),
    "an old sealed box": (CLOSED, lambda world, _: boxed(world)),
    "half a surrogate pair": (CLOSED, lambda *_: "e2e2::\ud800"),
    "null": (NONSENSE, lambda *_: None),
    "a number": (NONSENSE, lambda *_: 4711),
    "a list": (NONSENSE, lambda _, text: [text]),
    "an object": (NONSENSE, lambda _, text: {text: text}),
}


@pytest.mark.parametrize("name", INSTEAD)
def test_what_stands_in_the_place_of_a_value_is_not_taken_for_one(world: World, name: str) -> None:
    code, instead = INSTEAD[name]

    def put(field: str) -> Callable[[list[Any]], None]:
        def change(rows: list[Any]) -> None:
            for row in rows:
                row[field] = instead(world, row[field])

        return change

    fields = ((SECRETS, "value"), (PASSWORDS, "password"), (TOTPS, "secret"))
    commands = [(world.mine, words) for words in (GET, BY_SITE, CODE)]
    commands += [(world.agent, words) for words in (EXPORT, RUN, BY_SITE, CODE)]
    with world.hostile.lying(*(rows_changed(path, put(field)) for path, field in fields)):
        results = at_once(*commands)

    for result in results:
        refused(result, code)


def refused(result: Result, code: int) -> None:
    """Fails unless the command of *result* ended with *code*, with an error document, and with no value shown."""
    assert result.code == code, str(result)
    assert result.error["code"] == {CLOSED: "vault.unreadable", NONSENSE: "server.nonsense"}[code], str(result)
    silent(result)


def taking(*fields: str, whose: str = "a", **like: str) -> Change:
    """These fields of another row, in the row that was asked for."""

    def change(world: World, path: str, row: Any) -> Any:
        found = world.row(path, whose, **like)
        return {**row, **{field: found[field] for field in fields}}

    return change


def another(*but: str, whose: str = "a", **like: str) -> Change:
    """Another row, but for these fields, which stay those of the row that was asked for."""
    return lambda world, path, row: {**world.row(path, whose, **like), **{field: row[field] for field in but}}


def exchanged(field: str, other: str) -> Change:
    """Two fields, each in the place of the other."""
    return lambda _, __, row: {**row, field: row[other], other: row[field]}


#: What is said instead of the (first) row that was asked for, to which commands, and how they end.
SWAPPED: dict[str, tuple[int, str, Change, tuple[tuple[str, ...], ...]]] = {
    "another secret's value": (CLOSED, SECRETS, taking("value", key="DB_URL"), SECRET),
    "another secret's notes": (CLOSED, SECRETS, taking("value", whose="b", key="API_KEY"), SECRET),
    "a secret's notes as its value": (CLOSED, SECRETS, exchanged("value", "notes"), SECRET),
    "a secret's value as its notes": (CLOSED, SECRETS, lambda _, __, row: {**row, "notes": row["value"]}, SECRET),
    "another secret under this name": (CLOSED, SECRETS, another("key", key="DB_URL"), SECRET),
    "another identity's value": (CLOSED, SECRETS, taking("value", whose="b", key="API_KEY"), SECRET),
    "another identity's secret": (NONSENSE, SECRETS, another(whose="b", key="API_KEY"), SECRET),
    "another identity's secret as its own": (
        CLOSED,
        SECRETS,
        another("identity_uuid", whose="b", key="API_KEY"),
        SECRET,
    ),
    "another site's password": (CLOSED, PASSWORDS, taking("password", **EVIL), (BY_SITE, BY_UUID)),
    "a username as a password": (CLOSED, PASSWORDS, exchanged("username", "password"), (BY_SITE, BY_UUID, UPDATE)),
    "notes as a password": (CLOSED, PASSWORDS, exchanged("notes", "password"), (BY_SITE, BY_UUID)),
    "a site as a password": (CLOSED, PASSWORDS, exchanged("site", "password"), (BY_SITE, BY_UUID, UPDATE)),
    "another entry's sealed site": (CLOSED, PASSWORDS, taking("site", **EVIL), (BY_SITE, BY_UUID, UPDATE, HISTORY)),
    "another entry under this site": (CLOSED, PASSWORDS, another("domain", **EVIL), (BY_SITE, UPDATE, HISTORY)),
    "another entry for this uuid": (NONSENSE, PASSWORDS, another(**EVIL), (BY_UUID,)),
    "another entry under this uuid": (CLOSED, PASSWORDS, another("uuid", "domain", **EVIL), (BY_UUID, BY_SITE, UPDATE)),
    "no sealed site": (CLOSED, PASSWORDS, lambda _, __, row: {**row, "site": ""}, (BY_SITE, BY_UUID, HISTORY)),
    "another entry under this site, unsealed": (
        CLOSED,
        PASSWORDS,
        lambda world, path, row: {**another("domain", **EVIL)(world, path, row), "site": ""},
        (BY_SITE, HISTORY),
    ),
    "another label": (CLOSED, PASSWORDS, lambda _, __, row: {**row, "domain": "evil.example"}, (BY_UUID,)),
    "another entry's username in a list": (CLOSED, PASSWORDS, taking("username", **EVIL), (LIST,)),
    "another identity's password": (
        NONSENSE,
        PASSWORDS,
        another("uuid", whose="b", domain="bank.example"),
        (BY_SITE, BY_UUID, UPDATE, LIST),
    ),
    "another identity's password as its own": (
        CLOSED,
        PASSWORDS,
        another("uuid", "identity_uuid", whose="b", domain="bank.example"),
        (BY_SITE, BY_UUID, UPDATE, LIST),
    ),
    "another site's seed": (CLOSED, TOTPS, taking("secret", **SHOP), (CODE, CODE_BY_UUID)),
    "another entry under this name": (CLOSED, TOTPS, another("service_name", **SHOP), (CODE,)),
    "another seed for this uuid": (NONSENSE, TOTPS, another(**SHOP), (CODE_BY_UUID,)),
    "another seed under this uuid": (CLOSED, TOTPS, another("uuid", "service_name", **SHOP), (CODE, CODE_BY_UUID)),
    "another name": (CLOSED, TOTPS, lambda _, __, row: {**row, "service_name": "shop"}, (CODE_BY_UUID,)),
    "a username as a seed": (CLOSED, TOTPS, exchanged("username", "secret"), (CODE, CODE_BY_UUID)),
    "another identity's seed": (NONSENSE, TOTPS, another("uuid", whose="b"), (CODE, CODE_BY_UUID)),
    "another identity's seed as its own": (
        CLOSED,
        TOTPS,
        another("uuid", "identity_uuid", whose="b"),
        (CODE, CODE_BY_UUID),
    ),
}


@pytest.mark.parametrize("name", SWAPPED)
def test_what_belongs_elsewhere_opens_nowhere_else(world: World, name: str) -> None:
    code, path, change, commands = SWAPPED[name]

    def swap(rows: list[Any]) -> None:
        if "uuid" in rows[0]:  # not a former version: those are another test's
            rows[0] = change(world, path, rows[0])

    with world.hostile.lying(rows_changed(path, swap)):
        results = at_once(*((reader, world.words(*words)) for reader in world.readers for words in commands))

    for result in results:
        refused(result, code)
    assert {asked.method for asked in world.hostile.asked} == {"GET"}, "something was written after a lie"


def versions_of(site: str) -> Callable[[World], Any]:
    return lambda world: world.honest.get(f"{PASSWORDS}{world.row(PASSWORDS, domain=site)['uuid']}/history/").json


def test_another_site_s_former_passwords_are_not_shown_as_this_one_s(world: World) -> None:
    evil = versions_of("evil.example")(world)
    assert evil

    def history(rows: list[Any]) -> None:
        if "replaced_dt" in rows[0]:
            rows[0] = evil[0]

    with world.hostile.lying(rows_changed(PASSWORDS, history)):
        results = at_once(
            *(
                (reader, world.words("passwords", "history", ref))
                for reader in world.readers
                for ref in ("bank.example", "{bank}")
            )
        )

    for result in results:
        refused(result, CLOSED)


def test_what_was_just_stored_is_not_answered_with_something_else(world: World) -> None:
    """An agent signs up somewhere and takes the password from the answer: it must not be another site's."""
    bank, seed = world.row(PASSWORDS, domain="bank.example"), world.row(TOTPS, service_name="bank")
    kept = {path: {row["uuid"] for row in world.rows[path]} for path in (PASSWORDS, TOTPS)}

    def instead(rows: list[Any]) -> None:
        rows[0] = bank if "domain" in rows[0] else seed

    answers = [rows_changed(path, instead) for path in (PASSWORDS, TOTPS)]
    for reader in world.readers:
        with world.hostile.lying(*answers):
            results = at_once((reader, ("passwords", "create", "evil.example")))
            results.append(reader.run("totp", "add", "new", "--stdin", stdin=OTHER_SEED))
        for path in (PASSWORDS, TOTPS):
            for row in world.honest.get(path).json:
                if row["uuid"] not in kept[path]:
                    assert world.honest.delete(f"{path}{row['uuid']}/").status == 204
        for result in results:
            refused(result, NONSENSE)


def test_the_key_of_another_identity_is_not_handed_out(world: World) -> None:
    theirs = world.honest.get(f"{IDENTITIES}{world.b}/").json

    def of_b(rows: list[Any]) -> None:
        rows[0] = theirs

    def key_of_b(rows: list[Any]) -> None:
        rows[0]["public_key"] = theirs["public_key"]

    words = [("vault", "key", "--identity", world.a), ("vault", "key", "--identity", world.a, "--plain")]
    with world.hostile.lying(rows_changed(IDENTITIES, of_b)):
        results = at_once(*((world.owner, each) for each in words))
    with world.hostile.lying(rows_changed(IDENTITIES, key_of_b)):
        differing = at_once(*((world.owner, each) for each in words))

    for result in results:
        refused(result, NONSENSE)
    for result in differing:
        assert result.code == 10, str(result)
        assert result.error["code"] == "vault.key_differs"


def test_what_the_server_says_of_public_keys_has_nothing_sealed_for_somebody_else(world: World) -> None:
    stranger = PrivateKey.generate()

    def keys_of_the_stranger(rows: list[Any]) -> None:
        for row in rows:
            row["public_key"] = base64.b64encode(bytes(stranger.public_key)).decode()

    with world.hostile.lying(rows_changed(IDENTITIES, keys_of_the_stranger)):
        world.mine.ok("secrets", "set", "NEW", "--stdin", stdin=KEY)
    (row,) = world.honest.get(f"{SECRETS}?key=NEW", headers={"X-Ravi-Identity": world.a}).json
    try:
        assert row["value"].startswith("e2e2::")
        with pytest.raises(CryptoError):
            SealedBox(stranger).decrypt(base64.b64decode(row["value"].removeprefix("e2e2::")))
        assert world.agent.ok("secrets", "get", "NEW", "--plain").stdout == KEY
    finally:
        world.mine.ok("secrets", "delete", "NEW")


def test_a_server_that_takes_what_was_sealed_with_a_wrong_key_harms_nobody_s_secrecy(world: World) -> None:
    """An honest one refuses by `sealed_for`. Otherwise the value is lost, and neither identity is shown it."""
    config = json.loads((world.agent.cwd / ".ravi" / "config.json").read_text())
    theirs = world.owner.json("vault", "key", "--identity", world.b)["vault_key"]
    mistaken = world.agent.at(RAVI_VAULT_KEY=theirs)
    assert mistaken.fails(10, "secrets", "set", "NEW", "x")["code"] == "vault.key_differs"

    def without_proof(asked: Asked) -> Asked:
        body = {name: value for name, value in (asked.body or {}).items() if name != "sealed_for"}
        return replace(asked, body=body or None)

    with world.hostile.meddling(without_proof):
        mistaken.ok("secrets", "set", "NEW", "--stdin", stdin=KEY)
    try:
        stored = world.honest.get(f"{SECRETS}?key=NEW", headers={"X-Ravi-Identity": world.a}).json
        of_b = {"identity_uuid": world.b}
        results = at_once(*((reader, ("secrets", "get", "NEW")) for reader in world.readers))
        with world.hostile.lying(rows_changed(SECRETS, lambda rows: rows.append({**stored[0], **of_b}))):
            results += at_once((world.owner, ("secrets", "get", "NEW", "--identity", world.b)))
    finally:
        world.mine.ok("secrets", "delete", "NEW")
    assert config["vault_key"] != theirs
    for result in results:
        refused(result, CLOSED)


def test_one_identity_s_key_opens_nothing_of_another_where_the_server_alone_says_who_is_who(world: World) -> None:
    """An agent in a container: an API key, a vault key, and no word about which identity it is."""
    config = json.loads((world.agent.cwd / ".ravi" / "config.json").read_text())
    contained = Cli(
        world.agent.home,
        world.agent.home,
        {
            "RAVI_API_KEY": config["identity_key"],
            "RAVI_VAULT_KEY": config["vault_key"],
            "RAVI_API_URL": world.hostile.url,
        },
    )
    assert contained.ok("secrets", "get", "API_KEY", "--plain").stdout == KEY

    def whole(path: str) -> Callable[[list[Any]], None]:
        return lambda rows: rows.__setitem__(slice(None), [world.row(path, "b")])

    with world.hostile.lying(*(rows_changed(path, whole(path)) for path in (SECRETS, PASSWORDS, TOTPS))):
        results = at_once(*((contained, words) for words in (*SECRET, BY_SITE, LIST, CODE)))

    for result in results:
        refused(result, CLOSED)
