"""Whatever a server answers with, only the vault's own errors come out, and none of them says too much."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ravi.crypto import aead, derive, field, legacy, recovery, root
from ravi.errors import RecoveryCodeInvalid, VaultError, VaultPinWrong, VaultUnreadable

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
KEY = bytes(range(32))
UUID = "5f0c9a4e-7d21-4c36-9b58-1e2a3f4d5c6b"
PLACE = (UUID, "secret", "API_KEY", "value")

#: Everything that a JSON string can be, halves of surrogate pairs included.
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=80)
BASE64_LIKE = st.text("ABCabc019+/=-_ \n\0", max_size=120)
OF_BYTES = st.binary(max_size=120).map(lambda data: base64.b64encode(data).decode())
BODIES = ANYTHING | BASE64_LIKE | OF_BYTES
SEALED = st.tuples(st.sampled_from(["", "e2e2::", "e2e::", "root2::", "e2e2:", "E2E2::"]), BODIES).map("".join)
MANY = settings(max_examples=400, deadline=None)

HUGE = [
    "e2e2::" + "A" * 8_000_000,
    "e2e2::" + "A" * 8_000_001,
    "e2e2::" + "=" * 1_000_000,
    "e2e2::" + "\0" * 1_000_000,
    "e2e2::" + "é" * 1_000_000,
    "x" * 8_000_000,
]


@MANY
@given(sealed=SEALED)
@example(sealed="e2e2::\ud800")
@example(sealed="\ud800")
def test_a_field_of_any_shape_is_unreadable_and_nothing_else(sealed: str) -> None:
    with pytest.raises(VaultUnreadable):
        field.open_(KEY, *PLACE, sealed)


@MANY
@given(place=st.tuples(ANYTHING, ANYTHING, ANYTHING, ANYTHING), sealed=SEALED)
def test_a_place_of_any_shape_is_unreadable_and_its_name_fits_on_a_terminal(
    place: tuple[str, str, str, str], sealed: str
) -> None:
    with pytest.raises(VaultUnreadable) as caught:
        field.open_(KEY, place[0], "secret", place[2], "value", sealed)

    assert caught.value.message.isascii()
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 200


@MANY
@given(sealed=SEALED, account=ANYTHING, salt=st.binary(max_size=40))
def test_a_wrapped_root_of_any_shape_does_not_open_and_nothing_else(sealed: str, account: str, salt: bytes) -> None:
    with pytest.raises(VaultPinWrong):
        root.unwrap(sealed, KEY, account_uuid=account, salt=salt)


@MANY
@given(sealed=SEALED)
def test_an_old_field_of_any_shape_is_none(sealed: str) -> None:
    assert legacy.open_(KEY, sealed) is None


@MANY
@given(salt=BODIES, wrapped=SEALED)
def test_metadata_of_any_shape_is_a_wrong_pin_at_worst(salt: str, wrapped: str) -> None:
    """But for salts of sixteen bytes, which would have the PIN stretched each time."""
    if len(salt) != 24:
        with pytest.raises(VaultPinWrong):
            root.unlock("123456", bytes(20), account_uuid=UUID, root_salt=salt, wrapped_root=wrapped)
        with pytest.raises(VaultPinWrong):
            legacy.seed("123456", salt=salt, verifier=wrapped, public_key=wrapped)


@MANY
@given(code=ANYTHING | BASE64_LIKE | st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=36, max_size=36))
def test_a_code_of_any_shape_is_invalid_and_nothing_else(code: str) -> None:
    with pytest.raises(RecoveryCodeInvalid) as caught:
        recovery.decode(code)

    assert len(caught.value.message) < 140


@MANY
@given(uuid=ANYTHING)
def test_an_identity_of_any_name_is_unreadable_and_nothing_else(uuid: str) -> None:
    with pytest.raises(VaultUnreadable):
        derive.identity_key(KEY, uuid)


@pytest.mark.parametrize("sealed", HUGE, ids=lambda text: f"{len(text)} of {text[-1]!r}")
def test_size_is_no_way_around(sealed: str) -> None:
    with pytest.raises(VaultUnreadable):
        field.open_(KEY, *PLACE, sealed)
    with pytest.raises(VaultPinWrong):
        root.unwrap(sealed.replace("e2e2", "root2"), KEY, account_uuid=UUID, salt=bytes(16))
    assert legacy.open_(KEY, sealed.replace("e2e2", "e2e")) is None


def everything_in(error: BaseException | None) -> Iterator[str]:
    """All that a log or a crash report could make of *error* and of what led to it."""
    while error is not None:
        yield f"{error} {error.args!r} {vars(error)!r} {getattr(error, 'hint', '')}"
        yield repr(getattr(error, "object", ""))  # the whole text, in a UnicodeError
        error = error.__cause__ or error.__context__


def refusals() -> list[tuple[str, Callable[[], object], list[str]]]:
    """Name, call, and what its error must not hold."""
    secret, plaintext = os.urandom(32), "sk-live-correct-horse-battery-staple"
    sealed = field.seal(secret, *PLACE, plaintext)
    binary = aead.seal(secret, b"battery-staple\xff", aead.bound_to("ravi/2/field", *PLACE))
    wrapped = root.wrap(secret, KEY, account_uuid=UUID, salt=bytes(16))
    code = recovery.encode(secret[:20])
    silent = [secret.hex(), repr(secret)[2:-1], base64.b64encode(secret).decode(), plaintext, "battery-staple"]
    silent += [sealed[6:], sealed[6:40], wrapped[7:40], code, code[:19], "987654"]
    other = "Z" if code[0] != "Z" else "Y"
    return [
        ("another key", lambda: field.open_(KEY, *PLACE, sealed), silent),
        ("another place", lambda: field.open_(secret, UUID, "secret", "OTHER", "value", sealed), silent),
        ("plain text", lambda: field.open_(secret, *PLACE, plaintext), silent),
        ("no text", lambda: field.open_(secret, *PLACE, "e2e2::" + binary), silent),
        ("a text without UTF-8", lambda: field.seal(secret, *PLACE, plaintext + "\ud800"), silent),
        ("another root", lambda: root.unwrap(wrapped, secret, account_uuid=UUID, salt=bytes(16)), silent),
        ("a mistyped code", lambda: recovery.decode(other + code[1:]), silent),
        ("half a code", lambda: recovery.decode(code[:20]), silent),
        ("damaged metadata", lambda: legacy.seed("987654", salt="A", verifier="A", public_key="A"), silent),
        ("a PIN without UTF-8", lambda: legacy.seed("987654\ud800", **_meta()), silent),
    ]


def _meta() -> dict[str, str]:
    salt = base64.b64encode(bytes(16)).decode()
    return {"salt": salt, "verifier": salt, "public_key": salt}


@pytest.mark.parametrize(("name", "call", "silent"), [pytest.param(*each, id=each[0]) for each in refusals()])
def test_an_error_holds_neither_plaintext_nor_key_nor_ciphertext(
    name: str, call: Callable[[], object], silent: list[str]
) -> None:
    with pytest.raises(Exception) as caught:
        call()

    told = "\n".join(everything_in(caught.value))
    assert [each for each in silent if each in told] == []


def test_no_fault_in_the_vectors_is_answered_with_a_part_of_them() -> None:
    for case in json.loads((VECTORS / "field.json").read_text())["cases"]:
        given_ = case["input"]
        if "failure" in case["expected"]:
            place = (given_["identity_uuid"], given_["kind"], given_["entry"], given_["field"])
            with pytest.raises(VaultError) as caught:
                field.open_(bytes.fromhex(given_["vault_key_hex"]), *place, given_["sealed"])
            told = "\n".join(everything_in(caught.value))
            body = given_["sealed"].rpartition(":")[2]
            assert len(body) < 12 or body[:12] not in told
            assert given_["vault_key_hex"] not in told
