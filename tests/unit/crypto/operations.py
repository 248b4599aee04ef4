"""The operations of tests/vectors/, once by `ravi.crypto` and once by the second path."""

import base64
from collections.abc import Callable
from typing import Any

from ravi.crypto import derive, field, legacy, pin, recovery, root, totp
from ravi.errors import RaviError, RecoveryCodeInvalid, UsageError, VaultPinWrong, VaultUnreadable
from tests.support import second_path as second

Given = dict[str, Any]
Operation = Callable[[Given], Given]


class NotLetIn(Exception):
    """`find_fault` found one."""


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


def place(given: Given) -> tuple[str, str, str, str]:
    return given["identity_uuid"], given["kind"], given["entry"], given["field"]


def _new_pin(given: Given) -> Given:
    if pin.find_fault(given["pin"]):
        raise NotLetIn
    return {"accepted": True}


def _unwrap(given: Given) -> Given:
    key, salt = unhex(given["unlock_key_hex"]), unhex(given["salt_hex"])
    opened = root.unwrap(given["wrapped_root"], key, account_uuid=given["account_uuid"], salt=salt)
    return {"root_key_hex": opened.hex()}


def _unlock(given: Given) -> Given:
    named = {name: given[name] for name in ("account_uuid", "root_salt", "wrapped_root")}
    opened = root.unlock(given["pin"], recovery.decode(given["recovery_code"]), **named)
    return {"root_key_hex": opened.hex()}


def _open(given: Given) -> Given:
    return {"text": field.open_(unhex(given["vault_key_hex"]), *place(given), given["sealed"])}


def _old_seed(given: Given) -> Given:
    seed = legacy.seed(**given)
    return {"seed_hex": seed.hex(), "root_key_hex": legacy.root_key(seed).hex()}


def _old_open(given: Given) -> Given:
    text = legacy.open_(unhex(given["seed_hex"]), given["sealed"])
    if text is None:
        raise VaultUnreadable("it does not open")
    return {"text": text}


def _read_field(given: Given) -> Given:
    key = derive.identity_key(unhex(_unlock(given)["root_key_hex"]), given["identity_uuid"])
    return _open({**given, "vault_key_hex": derive.vault_key(key).hex()})


def _seed_of(given: Given) -> totp.Seed:
    named = {name: given[name] for name in ("algorithm", "digits", "period")}
    return totp.Seed(unhex(given["secret_hex"]), **named)


def _read_uri(given: Given) -> Given:
    label, seed = totp.from_uri(given["uri"])
    return {
        "label": label,
        "secret_hex": seed.secret.hex(),
        "algorithm": seed.algorithm,
        "digits": seed.digits,
        "period": seed.period,
    }


OURS: dict[str, Operation] = {
    "derive": lambda g: {"key_hex": derive.derive(unhex(g["key_hex"]), g["label"], unhex(g["context_hex"])).hex()},
    "identity_key": lambda g: {"key_hex": derive.identity_key(unhex(g["root_key_hex"]), g["uuid"]).hex()},
    "vault_key": lambda g: {"key_hex": derive.vault_key(unhex(g["identity_key_hex"])).hex()},
    "public_key": lambda g: {"public_key": base64.b64encode(derive.public_key(unhex(g["identity_key_hex"]))).decode()},
    "unlock_key": lambda g: {
        "key_hex": pin.unlock_key(g["pin"], unhex(g["salt_hex"]), unhex(g["secret_key_hex"])).hex()
    },
    "new_pin": _new_pin,
    "write": lambda g: {"code": recovery.encode(unhex(g["secret_key_hex"]))},
    "read": lambda g: {"secret_key_hex": recovery.decode(g["code"]).hex()},
    "unwrap": _unwrap,
    "unlock": _unlock,
    "open": _open,
    "old_seed": _old_seed,
    "old_open": _old_open,
    "codes": lambda g: {"codes": [_seed_of(g).code(at) for at in g["times"]]},
    "write_uri": lambda g: {"uri": _seed_of(g).uri(g["label"])},
    "read_uri": _read_uri,
    "read_secret": lambda g: {"secret_hex": totp.from_secret(g["text"]).secret.hex()},
    "read_field": _read_field,
}

#: What comes out where a case must fail. ValueError is for keys of a wrong length: a mistake of the caller's.
REFUSALS: dict[str, tuple[type[Exception], ...]] = {
    "derive": (ValueError,),
    "identity_key": (ValueError, VaultUnreadable),
    "unlock_key": (ValueError,),
    "new_pin": (NotLetIn,),
    "read": (RecoveryCodeInvalid,),
    "unwrap": (VaultPinWrong,),
    "unlock": (VaultPinWrong, RecoveryCodeInvalid),
    "open": (VaultUnreadable,),
    "old_seed": (VaultPinWrong,),
    "old_open": (VaultUnreadable,),
    "codes": (UsageError,),
    "read_uri": (UsageError,),
    "read_secret": (UsageError,),
    "read_field": (RaviError,),
}


def _second_unlock(given: Given) -> bytes:
    salt = second.decode(given["root_salt"])
    key = second.unlock_key(given["pin"], salt, second.read_recovery_code(given["recovery_code"]))
    return second.unwrap(given["wrapped_root"], key, given["account_uuid"], salt)


def _second_new_pin(given: Given) -> Given:
    second.check_new_pin(given["pin"])
    return {"accepted": True}


def _second_old_seed(given: Given) -> Given:
    seed = second.old_seed(**given)
    return {"seed_hex": seed.hex(), "root_key_hex": second.derive(seed, "v1-root").hex()}


def _second_codes(given: Given) -> Given:
    parts = unhex(given["secret_hex"]), given["algorithm"], given["digits"], given["period"]
    second.check_totp(*parts)
    return {"codes": [second.totp_code(*parts, at) for at in given["times"]]}


def _second_read_uri(given: Given) -> Given:
    label, secret, algorithm, digits, period = second.read_totp_uri(given["uri"])
    return {
        "label": label,
        "secret_hex": secret.hex(),
        "algorithm": algorithm,
        "digits": digits,
        "period": period,
    }


def _second_read_field(given: Given) -> Given:
    key = second.vault_key(second.identity_key(_second_unlock(given), given["identity_uuid"]))
    return {"text": second.open_field(key, *place(given), given["sealed"])}


SECOND: dict[str, Operation] = {
    "derive": lambda g: {"key_hex": second.derive(unhex(g["key_hex"]), g["label"], unhex(g["context_hex"])).hex()},
    "identity_key": lambda g: {"key_hex": second.identity_key(unhex(g["root_key_hex"]), g["uuid"]).hex()},
    "vault_key": lambda g: {"key_hex": second.vault_key(unhex(g["identity_key_hex"])).hex()},
    "public_key": lambda g: {"public_key": base64.b64encode(second.public_key(unhex(g["identity_key_hex"]))).decode()},
    "unlock_key": lambda g: {
        "key_hex": second.unlock_key(g["pin"], unhex(g["salt_hex"]), unhex(g["secret_key_hex"])).hex()
    },
    "new_pin": _second_new_pin,
    "write": lambda g: {"code": second.recovery_code(unhex(g["secret_key_hex"]))},
    "read": lambda g: {"secret_key_hex": second.read_recovery_code(g["code"]).hex()},
    "unwrap": lambda g: {
        "root_key_hex": second.unwrap(
            g["wrapped_root"], unhex(g["unlock_key_hex"]), g["account_uuid"], unhex(g["salt_hex"])
        ).hex()
    },
    "unlock": lambda g: {"root_key_hex": _second_unlock(g).hex()},
    "open": lambda g: {"text": second.open_field(unhex(g["vault_key_hex"]), *place(g), g["sealed"])},
    "old_seed": _second_old_seed,
    "old_open": lambda g: {"text": second.old_open(unhex(g["seed_hex"]), g["sealed"])},
    "codes": _second_codes,
    "write_uri": lambda g: {
        "uri": second.totp_uri(g["label"], unhex(g["secret_hex"]), g["algorithm"], g["digits"], g["period"])
    },
    "read_uri": _second_read_uri,
    "read_secret": lambda g: {"secret_hex": second.read_totp_secret(g["text"]).hex()},
    "read_field": _second_read_field,
}

#: At which step the second path refuses a case, by its class of failure: it fails for the reason that it names.
STEPS: dict[str, set[str]] = {
    "wrong_pin": {"tag", "key"},
    "wrong_secret_key": {"tag"},
    "wrong_key": {"tag", "key"},
    "other_account": {"tag"},
    "other_salt": {"tag", "key"},
    "other_identity": {"tag"},
    "other_kind": {"tag"},
    "swapped_rows": {"tag"},
    "other_field": {"tag"},
    "moved_boundary": {"tag"},
    "bit_flip": {"tag"},
    "truncated": {"tag", "length"},
    "extended": {"tag"},
    "wrong_prefix": {"prefix"},
    "downgraded_format": {"prefix"},
    "not_sealed": {"prefix"},
    "not_canonical_base64": {"base64"},
    "not_text": {"text"},
    "wrong_length": {"length", "code"},
    "not_a_uuid": {"uuid"},
    "mistyped_code": {"code"},
    "foreign_character": {"code"},
    "pin_too_short": {"pin"},
    "pin_blank_at_the_edge": {"pin"},
    "pin_control_character": {"pin"},
    "pin_unassigned_character": {"pin"},
    "not_the_proof": {"text"},
    "small_order": {"tag"},
    "not_otpauth": {"prefix"},
    "no_secret": {"text"},
    "not_base32": {"text"},
    "out_of_range": {"text"},
}
