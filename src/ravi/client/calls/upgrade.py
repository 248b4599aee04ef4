"""Calls that rewrite what a whole account has sealed. All are account calls."""

from __future__ import annotations

from ravi.client.calls import Call, given
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ravi.wire.vault import EncryptionMeta, PublicKeysSet, ResealDone, Resealed, SealedRecords

#: What one `put_public_keys` and one `reseal` take at most.
MAX_PUBLIC_KEYS = 1000
MAX_RECORDS = 200


def put_public_keys(public_keys: Mapping[str, str]) -> Call[PublicKeysSet]:
    """Register the public keys (standard base64) of these identities, by uuid."""
    body = {"public_keys": dict(public_keys)}
    return Call("PUT", paths.VAULT_PUBLIC_KEYS, body=body, keys=("set",), account=True)


def sealed(*, after: str | None = None, limit: int = MAX_RECORDS) -> Call[SealedRecords]:
    """A page of everything that is sealed, in a fixed order; *after* is the `next` of the page before."""
    query = given(after=after, limit=str(limit))
    return Call("GET", paths.VAULT_SEALED, query, keys=("records", "next"), account=True)


def reseal(records: Sequence[Resealed]) -> Call[ResealDone]:
    """Replace these fields where a record is still at the revision given."""
    body = {"records": list(records)}
    return Call("PUT", paths.VAULT_SEALED, body=body, keys=("resealed", "stale"), account=True)


def finish() -> Call[EncryptionMeta]:
    """Have the server forget the old format. Harmless to repeat."""
    return Call("POST", paths.ENCRYPTION_UPGRADED, body={}, keys=("format", "root_version"), account=True)
