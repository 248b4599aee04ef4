"""
What a `config.json` says: which identity, and possibly with which credential.

The checks here do not depend on where the file lies; `identity.py` knows that, `discovery.py` what a file
that nobody named may contain.
"""

from __future__ import annotations

import os

from ravi.errors import ConfigInvalid
from ravi.settings.files import parse, tighten
from ravi.settings.rfc3339 import find_epoch
from ravi.settings.server_url import normalise
from ravi.settings.uuids import is_uuid
from ravi.settings.values import BOUND_KEYS, Credential

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from ravi.settings.files import RawFile
    from ravi.settings.values import TokenKeys

#: What an identity can prove itself with, in the file that selects it.
OWN_CREDENTIAL_KEYS = ("identity_key", BOUND_KEYS.access, BOUND_KEYS.refresh)
_REWRITE = 'write it anew: {"identity_uuid": "<uuid>"}, or remove it'


class ConfigFile:
    """A `config.json` that could be parsed. `folder` is the directory it lies in."""

    __slots__ = ("data", "folder", "path", "raw", "shown")

    def __init__(self, raw: RawFile, data: dict[str, Any]) -> None:
        self.raw = raw
        self.data = data
        self.path = raw.path
        self.shown = raw.shown
        self.folder = os.path.dirname(raw.path)

    @classmethod
    def parsed(cls, raw: RawFile) -> ConfigFile:
        """Parse *raw*. Raises ConfigInvalid."""
        return cls(raw, parse(raw))

    def identity_uuid(self) -> str:
        """
        The identity that this file selects, in lower case.

        Raises ConfigInvalid when it selects none: no uuid, an unusable one, still being bound, or
        written for another directory.
        """
        self._check_binding()
        self._check_workspace()
        if "identity_uuid" not in self.data:
            self._refuse("has no identity_uuid" + self._near_miss())
        uuid = self.data["identity_uuid"]
        if not isinstance(uuid, str):
            self._refuse("has an identity_uuid that is not a string")
        if not uuid:
            self._refuse("has an empty identity_uuid")
        if not is_uuid(uuid):
            self._refuse("has an identity_uuid that is not a uuid")
        return uuid.lower()

    def identity_name(self) -> str | None:
        """The name beside the uuid, for display; None when there is none. Raises ConfigInvalid."""
        name = self.data.get("identity_name")
        if name is None:
            return None
        if not isinstance(name, str):
            self._refuse("has an identity_name that is not a string")
        # A lone surrogate (legal in JSON) could not be printed.
        return name.encode("utf-8", "replace").decode("utf-8")

    def selects_nothing(self) -> bool:
        """Whether the file is about other things, and does not even begin to name an identity."""
        return not self.data.keys() & {"identity_uuid", "identity_name", "binding"} and not self._near_miss()

    def holds_own_credential(self) -> bool:
        """Whether the file has a credential of the identity it selects, readable or not."""
        return any(key in self.data for key in OWN_CREDENTIAL_KEYS)

    def find_own_credential(self, *, empty_is_absent: bool = False) -> Credential | None:
        """
        The identity's own credential; None when the file holds none.

        Raises ConfigInvalid when there is one that cannot be used: falling back to another would let
        an agent act with more than its workspace was given. Published clients write empty strings for absent
        keys into the home file, hence *empty_is_absent*.
        """
        present = [key for key in OWN_CREDENTIAL_KEYS if key in self.data]
        if empty_is_absent:
            present = [key for key in present if self.data[key]]
        if not present:
            return None
        if "identity_key" in present:
            return self.key_credential("identity_key")
        found = find_tokens(self.raw, self.data, BOUND_KEYS)
        if found is None:
            self._refuse(f"has an empty {present[0]}")
        return found

    def key_credential(self, key: str) -> Credential:
        """The API key under *key*. Raises ConfigInvalid when it is none or stands without its server."""
        token = check_token(self.data[key], key, self.shown)
        tighten(self.raw)
        return Credential(token, server=saved_server(self.data, self.shown), source=self.shown)

    def _check_binding(self) -> None:
        binding = self.data.get("binding", False)
        if binding is not False:
            raise ConfigInvalid(
                f"{self.shown} is only a marker: its workspace was being set up and that was not finished",
                hint="finish with: ravi workspace ensure, or remove the file",
            )

    def _check_workspace(self) -> None:
        workspace = self.data.get("workspace")
        if workspace is None:
            return
        path = workspace.get("path") if isinstance(workspace, dict) else None
        if not isinstance(path, str) or not os.path.isabs(path):
            self._refuse("has a workspace that is not an object with an absolute path")
        # The host is not compared: a container has its own name for the machine it runs on.
        is_ours = os.path.basename(self.folder) == ".ravi"
        here = os.path.realpath(os.path.dirname(self.folder) if is_ours else self.folder)
        try:
            there = os.path.realpath(path)
        except (OSError, ValueError):
            self._refuse("has a workspace path that cannot be")
        if there != here:
            raise ConfigInvalid(
                f"{self.shown} was written for the workspace {path!r}, which is not where it lies",
                hint="a copied workspace needs its own identity: run ravi workspace ensure, or remove the file",
            )

    def _near_miss(self) -> str:
        from ravi.settings.resolve import find_nearest

        for key in self.data:
            if key not in _KNOWN and find_nearest(key, ("identity_uuid",)):
                return f" (it has {key[:40]!r}: misspelled?)"
        return ""

    def _refuse(self, problem: str) -> NoReturn:
        raise ConfigInvalid(f"{self.shown} {problem}", hint=_REWRITE)


#: Ours, and those of published clients: nobody meant identity_uuid by them.
_KNOWN = frozenset(
    (
        *("identity_uuid", "identity_name", "identity_key", "management_key", "bound_access_token"),
        *("bound_refresh_token", "bound_expires_at", "vault_key", "root_key", "secret_key", "server"),
        *("binding_uuid", "binding_server", "env_file"),
        *("workspace", "binding", "user_email", "pin_salt", "public_key", "private_key", "note"),
    )
)


def find_tokens(raw: RawFile, data: dict[str, Any], keys: TokenKeys) -> Credential | None:
    """
    The saved pair of tokens under *keys*; None when neither is there (null and "" are not there).

    Raises ConfigInvalid when a token is unusable or stands without the server it belongs to.
    """
    access = data.get(keys.access) or None
    refresh = data.get(keys.refresh) or None
    if access is None and refresh is None:
        return None
    tighten(raw)
    return Credential(
        "" if access is None else check_token(access, keys.access, raw.shown),
        refresh=None if refresh is None else check_token(refresh, keys.refresh, raw.shown),
        server=saved_server(data, raw.shown),
        source=raw.shown,
        path=raw.path,
        keys=keys,
        expires_at=find_epoch(data.get(keys.expires_at)),
        old_vault=bool(data.get("legacy_key")),
    )


def check_token(token: object, name: str, where: str) -> str:
    """*token*, fit for a header. Raises ConfigInvalid, which names it and does not show it."""
    if not isinstance(token, str):
        raise ConfigInvalid(f"{where} has a {name} that is not a string")
    if not token:
        raise ConfigInvalid(f"{where} has an empty {name}")
    if len(token) > 8192 or not all("!" <= char <= "~" for char in token):
        raise ConfigInvalid(
            f"{where} has a {name} with characters that no credential has",
            hint="copy it again: it is one word of plain ASCII",
        )
    return token


def saved_server(data: dict[str, Any], where: str) -> str:
    """
    The server that the credential in *data* was saved with.

    Raises ConfigInvalid when none stands beside it: a credential goes to its own server and to no other, so
    one without a server goes nowhere.
    """
    server = data.get("server")
    if server is None or server == "":
        raise ConfigInvalid(
            f"{where} holds a credential and does not say which server it belongs to",
            hint='sign in again with: ravi auth login --server URL, or add "server": "URL" to the file if you know it',
        )
    if not isinstance(server, str):
        raise ConfigInvalid(f"{where} has a server that is not a string")
    return normalise(server, f"the server in {where}")
