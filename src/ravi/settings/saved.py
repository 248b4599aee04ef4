"""Writing what was signed in to, renewed, signed out of, or selected. Every write is locked, atomic and 0600."""

from __future__ import annotations

import os

from ravi.errors import ConfigInvalid, UsageError
from ravi.settings.config_file import OWN_CREDENTIAL_KEYS, check_token, find_tokens
from ravi.settings.files import find_file, find_json, parse, write_json
from ravi.settings.locking import locked
from ravi.settings.place import Place
from ravi.settings.resolve import Sourced
from ravi.settings.rfc3339 import find_epoch
from ravi.settings.server_url import normalise
from ravi.settings.uuids import is_uuid
from ravi.settings.values import SIGN_IN_KEYS, Credential
from ravi.settings.vault_file import drop_opening, move_aside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def save_login(
    folder: str,
    *,
    server: str,
    access: str,
    refresh: str,
    expires_at: str | None = None,
    email: str | None = None,
    account_uuid: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> str:
    """
    Write a sign-in to `auth.json` in *folder* (`Settings.config_dir`) and return the file's path.

    Keys that are not given here, by name or in *more*, stay as they are, except that a vault that was open stays so
    only if it is known to be that of the account *account_uuid*. Raises ConfigInvalid when the file that is there
    cannot be read as JSON, or cannot be written.
    """
    path = os.path.join(folder, "auth.json")
    with locked(path, path):
        data = find_json(path, path) or {}
        data["access_token"] = check_token(access, "access token", "the server's answer")
        data["refresh_token"] = check_token(refresh, "refresh token", "the server's answer")
        data["server"] = normalise(server, "the server")
        _set(data, "expires_at", expires_at)
        _set(data, "user_email", email)
        data.pop("account_uuid", None)
        _set(data, "account_uuid", account_uuid)
        if account_uuid is None:
            drop_opening(data)
        else:
            move_aside(data, account_uuid)
        data.update(more or {})
        write_json(path, data, path)
    return path


def clear_tokens(folder: str) -> bool:
    """
    Remove the tokens from `auth.json` in *folder*, and what opens the vault; every other key stays. True if there
    were any tokens.

    Raises ConfigInvalid when the file cannot be read as JSON, or cannot be written.
    """
    path = os.path.join(folder, "auth.json")
    if find_file(path, path) is None:
        return False
    with locked(path, path):
        data = find_json(path, path) or {}
        names = (SIGN_IN_KEYS.access, SIGN_IN_KEYS.refresh, SIGN_IN_KEYS.expires_at)
        if not data.keys() & set(names):
            return False
        for name in (*names, "account_uuid"):
            data.pop(name, None)
        drop_opening(data)
        write_json(path, data, path)
    return True


def read_tokens(credential: Credential) -> Credential | None:
    """
    The pair of tokens that *credential* came from, as its file holds it now; None when it is gone.

    To be called under the file's lock. Raises ConfigInvalid when the file is unusable.
    """
    path, keys = _file_of(credential)
    raw = find_file(path, credential.source)
    return None if raw is None else find_tokens(raw, parse(raw), keys)


def save_renewed(credential: Credential, access: str, refresh: str, expires_at: str) -> Credential:
    """
    Save the successors of *credential*'s tokens where it came from, and return them.

    To be called under the file's lock. An approved project file stays approved: we wrote it. Raises
    ConfigInvalid when it cannot be written.
    """
    path, keys = _file_of(credential)
    raw = find_file(path, credential.source)
    data = {} if raw is None else parse(raw)
    data[keys.access] = check_token(access, "access token", "the server's answer")
    data[keys.refresh] = check_token(refresh, "refresh token", "the server's answer")
    _set(data, keys.expires_at, expires_at)
    _write_approved(path, data, credential.source, None if raw is None else raw.content)
    return Credential(
        access,
        refresh=refresh,
        server=credential.server,
        source=credential.source,
        path=path,
        keys=keys,
        expires_at=find_epoch(expires_at),
    )


def write_selection(path: str, uuid: str, name: str | None = None) -> None:
    """
    Make the `config.json` at *path* select the identity *uuid*, keeping its other keys.

    A key of the identity selected before goes, if the account's key stands beside it. Raises
    ConfigInvalid when the file is unreadable, is marked as being bound, or holds another identity's own
    key and nothing to replace it: it would be lost; ConfigUntrusted when a project's `.ravi` leads out of it.
    """
    if not is_uuid(uuid):
        raise UsageError("a selection is written by uuid")
    place = Place()
    if os.path.dirname(path) not in (place.ravi_dir, place.explicit_dir):
        from ravi.settings.discovery import check_location

        check_location(path, place.shown(path))  # a cloned `.ravi` must not lead our pen elsewhere
    with locked(path, path):
        raw = find_file(path, path)
        data = {} if raw is None else parse(raw)
        if data.get("binding", False) is not False:
            raise ConfigInvalid(
                f"{path} is only a marker: its workspace was being set up and that was not finished",
                hint="finish with: ravi workspace ensure, or remove the file",
            )
        if data.get("identity_uuid") != uuid:
            _drop_own_credential(data, path)
        data["identity_uuid"] = uuid
        data.pop("identity_name", None)
        _set(data, "identity_name", name)
        _write_approved(path, data, path, None if raw is None else raw.content)


def selection_path(place: Place) -> Sourced[str]:
    """See `ravi.settings.client.selection_path`."""
    from ravi.settings.discovery import find_project_config

    if place.explicit_dir is not None:
        return Sourced(os.path.join(place.explicit_dir, "config.json"), "RAVI_CONFIG_DIR")
    project = find_project_config(place)
    if project is not None:
        return Sourced(project, "project")
    return Sourced(os.path.join(place.ravi_dir, "config.json"), "home")


def _drop_own_credential(data: dict[str, Any], path: str) -> None:
    own = [key for key in (*OWN_CREDENTIAL_KEYS, "vault_key", "bound_expires_at") if data.get(key)]
    if own and not data.get("management_key"):
        raise ConfigInvalid(
            f"{path} holds the own key of the identity it selects, which selecting another would lose",
            hint="remove the file first if that is what you want, or use --identity for one command",
        )
    for key in own:
        del data[key]


def _write_approved(path: str, data: dict[str, Any], shown: str, before: bytes | None) -> None:
    """Write *data*, and if the bytes *before* were approved as a project file, approve the new ones."""
    from ravi.settings.trust import approve_content, is_approved

    ravi_dir = Place().ravi_dir
    approved = before is not None and is_approved(path, before, ravi_dir=ravi_dir)
    after = write_json(path, data, shown)
    if approved:
        approve_content(path, after, ravi_dir=ravi_dir)


def _set(data: dict[str, Any], name: str, value: str | None) -> None:
    if value is not None:
        data[name] = value


def _file_of(credential: Credential) -> tuple[str, Any]:
    if credential.path is None or credential.keys is None:
        raise UsageError(f"the credential from {credential.source} is not kept in a file")
    return credential.path, credential.keys
