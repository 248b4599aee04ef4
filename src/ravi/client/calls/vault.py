"""Calls on the account's own key material. All are account calls; what they carry opens nothing by itself."""

from __future__ import annotations

from ravi.client.calls import Call
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.wire.vault import EncryptionMeta

_META = ("account_uuid", "format", "upgrading", "root_version")


def encryption() -> Call[EncryptionMeta]:
    """What the server keeps of the account's keys."""
    return Call("GET", paths.ENCRYPTION, keys=_META, account=True)


def put_root(*, root_salt: str, wrapped_root: str, expected_version: int) -> Call[EncryptionMeta]:
    """Replace the wrapped root of *expected_version*; 0 when there must be none yet."""
    body = {"root_salt": root_salt, "wrapped_root": wrapped_root, "expected_version": expected_version}
    return Call("PUT", paths.ENCRYPTION_ROOT, body=body, keys=_META, account=True)
