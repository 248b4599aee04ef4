"""Secrets as a server sends them, really sealed: for tests in which the test is the server."""

from typing import Any

from tests.support.vault_rows import STAMP, Rows


class SecretRows(Rows):
    """Secrets of the identity *uuid*, sealed with `vault_rows.KEY`."""

    def secret(self, key: str, value: str, /, notes: str | None = None, **more: Any) -> dict[str, Any]:
        """A secret; without *notes* that field is empty and not sealed, as the server keeps it."""
        return {
            "uuid": f"0e6d1f4c-9f63-4a58-8a4b-{sum(map(ord, key)):012x}",
            "identity": 1,
            "identity_uuid": self.vault.uuid,
            "key": key,
            "value": self.vault.seal("secret", key, "value", value),
            "notes": "" if notes is None else self.vault.seal("secret", key, "notes", notes),
            "revision": 1,
            "created_dt": STAMP,
            "updated_dt": STAMP,
            **more,
        }

    def value_in(self, key: str, body: dict[str, Any], name: str = "value") -> str:
        """The text that a request sealed into a field of the secret *key*."""
        return self.vault.open("secret", key, name, body[name])
