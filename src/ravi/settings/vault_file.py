"""Writing the owner's keys to auth.json: after setting up or unlocking, and forgetting them."""

from __future__ import annotations

import os

from ravi.settings.files import find_file, find_json, parse, write_json
from ravi.settings.locking import locked
from ravi.settings.own_files import find_own
from ravi.settings.values import SIGN_IN_KEYS
from ravi.settings.vault_keys import SIGN_IN, encode_key, fingerprint, unlocked_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ravi.settings.values import Settings

#: What `ravi lock` removes: everything that opens a value by itself.
OPENING = ("root_key", "legacy_key", "unlocked_with")
#: The API keys that are remembered to have been unlocked for; the oldest give way to new ones.
_MOST_MARKS = 32


class SavedCode:
    """A recovery code in a file; `is_pending` when it is unknown whether the server ever took it. Shows no code."""

    __slots__ = ("code", "is_pending", "path")

    def __init__(self, code: str, *, is_pending: bool, path: str = "") -> None:
        self.code = code
        self.is_pending = is_pending
        self.path = path

    def __repr__(self) -> str:
        return f"SavedCode(<hidden>, is_pending={self.is_pending}, path={self.path!r})"


def login_folder(settings: Settings) -> str:
    """
    The directory whose auth.json holds this user's sign-in, or is about to.

    RAVI_CONFIG_DIR is about an agent's workspace, and a sign-in is the owner's: it belongs into the home
    directory, unless the workspace has a sign-in of its own already.
    """
    if os.path.lexists(os.path.join(settings.config_dir, "auth.json")):
        return settings.config_dir
    return settings.home


def keys_path(settings: Settings) -> str:
    """The auth.json that keeps the keys of the account in *settings*: the sign-in's own, else the user's."""
    credential = settings.credential
    if credential is not None and credential.path is not None and credential.keys is SIGN_IN_KEYS:
        return credential.path
    return os.path.join(login_folder(settings), "auth.json")


def is_unlocked(path: str, account_uuid: str) -> bool:
    """Whether the auth.json at *path* opens the vault of *account_uuid* for the sign-in in it. Raises ConfigInvalid."""
    data = find_json(path, path) or {}
    return bool(data.get("root_key")) and data.get("vault_account") == account_uuid and SIGN_IN in unlocked_for(data)


def find_account(settings: Settings) -> str | None:
    """
    The account that the credential in *settings* is known to be of: as it was signed in to, or unlocked for; None
    when this machine does not remember. Raises ConfigInvalid for a broken file.
    """
    credential = settings.credential
    if credential is None:
        return None
    if credential.path is not None and credential.keys is SIGN_IN_KEYS:
        account = (find_json(credential.path, credential.source) or {}).get("account_uuid")
        return account if isinstance(account, str) else None
    mark = fingerprint(credential.token)
    for folder in dict.fromkeys((settings.config_dir, settings.home)):
        path = os.path.join(folder, "auth.json")
        data = find_json(path, path) or {}
        account = data.get("vault_account")
        if data.get("root_key") and mark in unlocked_for(data) and isinstance(account, str):
            return account
    return None


def is_settled(path: str, account_uuid: str) -> bool:
    """Whether this machine has seen the vault of *account_uuid* in the present format and in no other."""
    settled = (find_json(path, path) or {}).get("settled_accounts")
    return isinstance(settled, list) and account_uuid in settled


def find_codes(path: str, account_uuid: str) -> list[SavedCode]:
    """
    The recovery codes of the account *account_uuid* in the auth.json at *path*: the one that is known to be good
    first, then those of commands that were cut off, newest first. Raises ConfigInvalid for a broken file.

    Another account's is kept beside it when somebody signs in elsewhere.
    """
    raw = find_own(path, path)
    data = {} if raw is None else parse(raw)
    if data.get("vault_account") == account_uuid:
        code = data.get("secret_key")
    else:
        code = _object(data, "other_secret_keys").get(account_uuid)
    good = [SavedCode(code, is_pending=False, path=path)] if isinstance(code, str) and code else []
    pending = [SavedCode(each, is_pending=True, path=path) for each in _pending(data, account_uuid)]
    return good + pending[::-1]


def add_pending(path: str, account_uuid: str, recovery_code: str) -> None:
    """Keep a recovery code that the account will have if what is about to be sent arrives. Raises ConfigInvalid."""

    def change(data: dict[str, Any]) -> None:
        _set_pending(data, account_uuid, [*_pending(data, account_uuid), recovery_code])

    _rewrite(path, change)


def drop_pending(path: str, account_uuid: str, recovery_code: str) -> None:
    """Forget a recovery code of `add_pending` that the server refused. Raises ConfigInvalid."""

    def change(data: dict[str, Any]) -> None:
        left = [code for code in _pending(data, account_uuid) if code != recovery_code]
        _set_pending(data, account_uuid, left)

    _rewrite(path, change)


def save_keys(
    path: str,
    *,
    account_uuid: str,
    root_key: bytes,
    recovery_code: str | None,
    legacy_seed: bytes | None = None,
    mark: str = SIGN_IN,
    settled: bool = False,
) -> None:
    """
    Write the keys of the account *account_uuid* to the auth.json at *path*; its other keys stay.

    The recovery code of another account moves aside, because it may be the only copy. *mark* says which credential
    the root is good for: the sign-in in the same file, or the `fingerprint` of an API key. *settled* is remembered
    for `is_settled`. Raises ConfigInvalid.
    """

    def change(data: dict[str, Any]) -> None:
        move_aside(data, account_uuid)
        encoded = encode_key(root_key)
        # The same root may serve the owner's sign-in and a script's API key side by side.
        marks = [each for each in unlocked_for(data) if each != mark] if data.get("root_key") == encoded else []
        marks = [*marks, mark][-_MOST_MARKS:]
        data["vault_account"] = account_uuid
        data["root_key"] = encoded
        _set_code(data, account_uuid, recovery_code)
        _set(data, "legacy_key", None if legacy_seed is None else encode_key(legacy_seed))
        _set(data, "unlocked_with", None if marks == [SIGN_IN] else marks)
        if settled:
            known = data.get("settled_accounts")
            known = known if isinstance(known, list) else []
            data["settled_accounts"] = [*(each for each in known if each != account_uuid), account_uuid]

    _rewrite(path, change)


def save_code(path: str, *, account_uuid: str, recovery_code: str) -> None:
    """Write a recovery code that the server's root opens with; what is locked stays locked. Raises ConfigInvalid."""

    def change(data: dict[str, Any]) -> None:
        if data.get("vault_account") == account_uuid or not any(data.get(name) for name in ("root_key", "secret_key")):
            move_aside(data, account_uuid)
            data["vault_account"] = account_uuid
            _set_code(data, account_uuid, recovery_code)
        else:  # somebody else's vault is open here: that is not what this is about
            data["other_secret_keys"] = {**_object(data, "other_secret_keys"), account_uuid: recovery_code}
            _set_pending(data, account_uuid, [])

    _rewrite(path, change)


def forget_keys(path: str) -> bool:
    """Remove what opens the vault; the secret key stays, so that the PIN is enough to come back. True if any was."""
    if find_file(path, path) is None:
        return False
    with locked(path, path):
        data = find_json(path, path) or {}
        held = drop_opening(data)
        if held:
            write_json(path, data, path)
    return held


def drop_opening(data: dict[str, Any]) -> bool:
    """Remove from *data* what opens the vault. True if any was there."""
    held = [name for name in OPENING if name in data]
    for name in held:
        del data[name]
    return bool(held)


def move_aside(data: dict[str, Any], account_uuid: str) -> None:
    """Make room in *data* for the keys of *account_uuid*: forget another account's root, keep its recovery code."""
    former = data.get("vault_account")
    if former == account_uuid:
        return
    drop_opening(data)
    code = data.pop("secret_key", None)
    data.pop("vault_account", None)
    others = dict(_object(data, "other_secret_keys"))
    if code:
        others[former if isinstance(former, str) else "unknown"] = code
    mine = others.pop(account_uuid, None)
    if mine:
        data["secret_key"] = mine
        data["vault_account"] = account_uuid
    _set(data, "other_secret_keys", others or None)


def _rewrite(path: str, change: Callable[[dict[str, Any]], None]) -> None:
    with locked(path, path):
        data = find_json(path, path) or {}
        change(data)
        write_json(path, data, path)


def _set_code(data: dict[str, Any], account_uuid: str, recovery_code: str | None) -> None:
    """
    Note that the server's root opens with *recovery_code*; None leaves what is there.

    With a new one whatever was pending is done with: the server takes one change for each version of the root.
    """
    if recovery_code is not None and recovery_code != data.get("secret_key"):
        data["secret_key"] = recovery_code
        _set_pending(data, account_uuid, [])


def _pending(data: dict[str, Any], account_uuid: str) -> list[str]:
    codes = _object(data, "pending_secret_keys").get(account_uuid)
    return [code for code in codes if isinstance(code, str)] if isinstance(codes, list) else []


def _set_pending(data: dict[str, Any], account_uuid: str, codes: list[str]) -> None:
    pending = {**_object(data, "pending_secret_keys"), account_uuid: codes}
    _set(data, "pending_secret_keys", {account: kept for account, kept in pending.items() if kept} or None)


def _object(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _set(data: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        data.pop(name, None)
    else:
        data[name] = value
