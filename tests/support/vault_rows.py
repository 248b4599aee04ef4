"""Entries as a server sends them, really sealed: for tests in which the test is the server."""

import base64
from typing import Any

from ravi.client.keyring import IdentityVault

KEY = bytes(range(32))
#: What RAVI_VAULT_KEY holds for an identity with that key.
KEY_TEXT = base64.b64encode(KEY).decode()

ENTRY = "0e6d1f4c-9f63-4a58-8a4b-3c1d2e5f6a70"
OTHER_ENTRY = "7a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
BASE_32 = "JBSWY3DPEHPK3PXP"
STAMP = "2026-11-23T05:04:03Z"


class Rows:
    """Entries of the identity *uuid*, sealed with KEY."""

    def __init__(self, uuid: str) -> None:
        self.vault = IdentityVault(uuid, KEY)

    def password(self, entry: str = ENTRY, domain: str = "example.com", **texts: str) -> dict[str, Any]:
        """A sign-in of "ada" with "hunter2", unless *texts* say otherwise."""
        texts = {"username": "ada", "password": "hunter2", "notes": "", "site": domain, **texts}
        sealed = {name: self.vault.seal("password", entry, name, text) for name, text in texts.items()}
        return {**self._about(entry), "domain": domain, **sealed}

    def totp(self, uri: str = "", entry: str = ENTRY, name: str = "github", username: str = "ada") -> dict[str, Any]:
        """A seed: BASE_32, six digits every thirty seconds, unless *uri* says otherwise."""
        uri = uri or f"otpauth://totp/{name}?secret={BASE_32}&algorithm=SHA1&digits=6&period=30"
        sealed = {
            "username": self.vault.seal("totp", entry, "username", username),
            "secret": self.vault.seal("totp", entry, "secret", uri),
        }
        return {**self._about(entry), "id": 7, "user_id": None, "service_name": name, **sealed}

    def opened(self, kind: str, entry: dict[str, Any], name: str) -> str:
        """The text in a field of *entry*."""
        return self.vault.open(kind, entry["uuid"], name, entry[name])

    def _about(self, entry: str) -> dict[str, Any]:
        about = {"uuid": entry, "identity": 1, "identity_uuid": self.vault.uuid, "revision": 1}
        return {**about, "created_dt": STAMP, "updated_dt": STAMP}


def merged(row: dict[str, Any], request: Any) -> dict[str, Any]:
    """*row* with what *request* says in place of what it had: what the server answers to a write."""
    return {**row, **{name: text for name, text in request.body.items() if name != "sealed_for"}}
