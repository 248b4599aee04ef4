"""Writing the owner's keys to auth.json: after setting up or unlocking, and forgetting them."""

from __future__ import annotations

from ravi.settings.files import find_file, find_json, parse, write_json
from ravi.settings.locking import locked
from ravi.settings.vault_keys import encode_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: What `ravi lock` removes: everything that opens a value by itself.
_OPENING = ("root_key", "legacy_key", "unlocked_with")


def find_secret_key(path: str, account_uuid: str) -> str | None:
    """
    The recovery code of the account *account_uuid* that the auth.json at *path* holds; None when it holds none.

    Another account's is kept beside it when somebody signs in elsewhere. Raises ConfigInvalid for a broken file.
    """
    raw = find_file(path, path)
    data = {} if raw is None else parse(raw)
    if data.get("vault_account") == account_uuid:
        code = data.get("secret_key")
    else:
        others = data.get("other_secret_keys")
        code = others.get(account_uuid) if isinstance(others, dict) else None
    return code if isinstance(code, str) and code else None


def save_keys(
    path: str,
    *,
    account_uuid: str,
    root_key: bytes,
    recovery_code: str | None,
    legacy_seed: bytes | None = None,
    unlocked_with: str | None = None,
) -> None:
    """
    Write the keys of the account *account_uuid* to the auth.json at *path*; its other keys stay.

    The recovery code of another account moves aside, because it may be the only copy. *unlocked_with* is the
    `fingerprint` of the API key that the root is for, None when it is for the sign-in in the same file. Raises
    ConfigInvalid.
    """
    with locked(path, path):
        data = find_json(path, path) or {}
        move_aside(data, account_uuid)
        data["vault_account"] = account_uuid
        data["root_key"] = encode_key(root_key)
        _set(data, "secret_key", recovery_code or data.get("secret_key"))
        _set(data, "legacy_key", None if legacy_seed is None else encode_key(legacy_seed))
        _set(data, "unlocked_with", unlocked_with)
        write_json(path, data, path)


def forget_keys(path: str) -> bool:
    """Remove what opens the vault; the secret key stays, so that the PIN is enough to come back. True if any was."""
    if find_file(path, path) is None:
        return False
    with locked(path, path):
        data = find_json(path, path) or {}
        held = [name for name in _OPENING if name in data]
        for name in held:
            del data[name]
        if held:
            write_json(path, data, path)
    return bool(held)


def move_aside(data: dict[str, Any], account_uuid: str) -> None:
    """Make room in *data* for the keys of *account_uuid*: forget another account's root, keep its recovery code."""
    former = data.get("vault_account")
    if former == account_uuid:
        return
    for name in _OPENING:
        data.pop(name, None)
    code = data.pop("secret_key", None)
    data.pop("vault_account", None)
    others = data.get("other_secret_keys")
    others = dict(others) if isinstance(others, dict) else {}
    if code:
        others[former if isinstance(former, str) else "unknown"] = code
    mine = others.pop(account_uuid, None)
    if mine:
        data["secret_key"] = mine
        data["vault_account"] = account_uuid
    data.pop("other_secret_keys", None)
    if others:
        data["other_secret_keys"] = others


def _set(data: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        data.pop(name, None)
    else:
        data[name] = value
