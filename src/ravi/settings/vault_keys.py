"""
What this machine holds to open vaults with.

An agent has the key of its own identity (RAVI_VAULT_KEY, or `vault_key` in the file that selects it). The owner,
after signing in or `ravi unlock`, has the account's root in auth.json, from which every identity's key is made.
"""

from __future__ import annotations

import base64
import binascii
import os

from ravi.errors import ConfigInvalid
from ravi.settings.files import parse, tighten
from ravi.settings.own_files import find_own
from ravi.settings.values import SIGN_IN_KEYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.settings.values import Settings

_KEY_BYTES = 32

#: In `unlocked_with`: the sign-in in the same auth.json. Everything else there is the `fingerprint` of an API key.
SIGN_IN = "sign-in"


class HeldKeys:
    """
    `identity_key` is one identity's; `root_key` is the account's; `legacy_seed` opens what the published client
    v0.5.2 wrote. All may be None, and then `silence` says why, worded for a message. The repr shows no key.
    """

    __slots__ = ("identity_key", "legacy_seed", "root_key", "silence", "source")

    def __init__(
        self,
        *,
        source: str = "",
        identity_key: bytes | None = None,
        root_key: bytes | None = None,
        legacy_seed: bytes | None = None,
        silence: str = "",
    ) -> None:
        self.source = source
        self.identity_key = identity_key
        self.root_key = root_key
        self.legacy_seed = legacy_seed
        self.silence = silence

    def __repr__(self) -> str:
        return f"HeldKeys(<hidden>, source={self.source!r})"


def find_keys(settings: Settings, uuid: str | None) -> HeldKeys:
    """
    The keys that go with the identity *uuid* and the credential in *settings*; None stands for the identity that
    the credential itself is.

    A root counts only beside the credential that it was unlocked for: the key of another account would seal values
    that nobody could open. Raises ConfigInvalid for a key that is no key.
    """
    if settings.vault_key is not None:
        text, owner = settings.vault_key.value
        source = settings.vault_key.source
        if owner is None or uuid is None or owner == uuid:
            return HeldKeys(source=source, identity_key=decode_key(text, "vault key", source))
    return find_root(settings)


def find_root(settings: Settings) -> HeldKeys:
    """The account's root, if it goes with the credential in *settings*. Raises ConfigInvalid for a key that is none."""
    credential = settings.credential
    if credential is None:
        return HeldKeys(silence="not signed in")
    if credential.path is not None and credential.keys is SIGN_IN_KEYS:
        return _root_in(credential.path, credential.source, SIGN_IN) or HeldKeys(
            silence=f"{credential.source} holds no root key"
        )
    if credential.names_identity or credential.path is not None:
        return HeldKeys(
            silence=f"the credential from {credential.source} is one identity's own, and no vault key is beside it"
        )
    mark = fingerprint(credential.token)
    for folder in dict.fromkeys((settings.config_dir, settings.home)):
        path = os.path.join(folder, "auth.json")
        found = _root_in(path, path, mark)
        if found is not None:
            return found
    return HeldKeys(silence=f"the vault was not unlocked for the credential from {credential.source}")


def decode_key(text: object, name: str, where: str) -> bytes:
    """The 32 bytes in *text* (standard base64). Raises ConfigInvalid, which names it and does not show it."""
    try:
        key = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise ConfigInvalid(
            f"{where} has a {name} that is not one ({_KEY_BYTES} bytes in base64)", hint="copy it again, as a whole"
        )
    return key


def encode_key(key: bytes) -> str:
    """*key* as files and variables hold it: standard base64, padded."""
    return base64.b64encode(key).decode("ascii")


def fingerprint(token: str) -> str:
    """What auth.json remembers of an API key that the vault was unlocked for: not enough to be used."""
    from hashlib import sha256

    return sha256(b"ravi/2/unlocked-with\0" + token.encode()).hexdigest()


def unlocked_for(data: dict[str, Any]) -> list[str]:
    """For which credentials the root in an auth.json counts: by default for the sign-in beside it."""
    marks = data.get("unlocked_with")
    if marks is None:
        return [SIGN_IN]
    return [mark for mark in marks if isinstance(mark, str)] if isinstance(marks, list) else []


def _root_in(path: str, shown: str, mark: str) -> HeldKeys | None:
    """The root in the auth.json at *path*, if it was unlocked for the credential that *mark* stands for."""
    raw = find_own(path, shown)
    if raw is None:
        return None
    data = parse(raw)
    if not data.get("root_key") or mark not in unlocked_for(data):
        return None
    tighten(raw)
    legacy = data.get("legacy_key")
    return HeldKeys(
        source=shown,
        root_key=decode_key(data["root_key"], "root_key", shown),
        legacy_seed=None if not legacy else decode_key(legacy, "legacy_key", shown),
    )
