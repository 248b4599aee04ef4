"""From values as they were sealed before an upgrade to the present format, one record at a time. No I/O."""

from __future__ import annotations

from ravi.client.public_keys import public_key
from ravi.crypto import derive, field, legacy
from ravi.errors import VaultUnreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from ravi.wire.vault import Resealed, SealedRecord

    class UnreadableField(TypedDict):
        """A field that no key of the account opens."""

        identity_uuid: str
        kind: str
        entry: str
        field: str


class Resealer:
    """
    Seals for *root_key* what was sealed for *legacy_seed*, or for the root that was made of that seed.

    With *keep_unreadable* a text of the old format that does not open gets the prefix of the new one: nothing of it
    is lost, and it opens as little as before, but no client takes it for something that it should still read.
    """

    def __init__(self, root_key: bytes, legacy_seed: bytes, *, keep_unreadable: bool) -> None:
        self._root_key = root_key
        self._old_root_key = legacy.root_key(legacy_seed)
        self._legacy_seed = legacy_seed
        self._keep_unreadable = keep_unreadable

    def public_key(self, uuid: str) -> str:
        """The present public key (standard base64) of the identity *uuid*."""
        return public_key(self._root_key, uuid)

    def reseal(self, record: SealedRecord) -> tuple[Resealed | None, list[UnreadableField]]:
        """
        What to write instead of *record*, None when nothing is left to do; and its fields that nothing opens.

        Raises VaultUnreadable when *record* names its identity by something that is no uuid.
        """
        uuid, kind, entry = record["identity_uuid"], record["kind"], record["entry"]
        present = derive.vault_key(derive.identity_key(self._root_key, uuid))
        old = derive.vault_key(derive.identity_key(self._old_root_key, uuid))
        fields: dict[str, str] = {}
        unreadable: list[UnreadableField] = []
        for name, text in record["fields"].items():
            if text.startswith(legacy.PREFIX):
                opened = legacy.open_(self._legacy_seed, text)
            elif _open(present, uuid, kind, entry, name, text) is not None:
                continue
            else:
                opened = _open(old, uuid, kind, entry, name, text)
            if opened is not None:
                fields[name] = field.seal(present, uuid, kind, entry, name, opened)
                continue
            unreadable.append({"identity_uuid": uuid, "kind": kind, "entry": entry, "field": name})
            if self._keep_unreadable and text.startswith(legacy.PREFIX):
                fields[name] = field.PREFIX + text.removeprefix(legacy.PREFIX)
        domain = record.get("domain")
        if domain is not None and "site" not in record["fields"]:
            # The published client sealed none. The server's word is taken for it this once, and never again.
            fields["site"] = field.seal(present, uuid, kind, entry, "site", domain)
        if not fields:
            return None, unreadable
        return {"record": record["record"], "revision": record["revision"], "fields": fields}, unreadable


def _open(vault_key: bytes, uuid: str, kind: str, entry: str, name: str, sealed: str) -> str | None:
    try:
        return field.open_(vault_key, uuid, kind, entry, name, sealed)
    except VaultUnreadable:
        return None
