"""An entry of the audit log as it is stored, and the hash that chains it to the one before."""

import hashlib

from msgspec import Struct

#: What the first entry of an account follows.
BEGINNING = bytes(32)
#: What is hashed first: another format would begin with another line.
_FORMAT = b"ravi/audit/1"


class Head(Struct, frozen=True):
    """Where an account's log ends: the number and the hash of its last entry; 0 and zeros when it is empty."""

    seq: int = 0
    hash: bytes = BEGINNING


class Entry(Struct, frozen=True):
    """
    One entry. `at` is in microseconds since 1970, `target` is a JSON object; what does not apply is empty.

    `identity_uuid` stays when the identity is gone.
    """

    account_id: int
    seq: int
    at: int
    kind: str
    credential: str
    action: str
    identity_uuid: str
    target: str
    peer: str
    request_id: str
    result: str
    previous: bytes
    hash: bytes = b""


def hash_of(entry: Entry) -> bytes:
    """
    Return what the hash of *entry* must be: SHA-256 over its fields, each with its length in 4 bytes before it.

    Without the lengths, two entries could be told apart by nobody whose fields are the same text, cut elsewhere.
    """
    fields = (
        _FORMAT,
        b"%d" % entry.account_id,
        b"%d" % entry.seq,
        b"%d" % entry.at,
        entry.kind.encode(),
        entry.credential.encode(),
        entry.action.encode(),
        entry.identity_uuid.encode(),
        entry.target.encode(),
        entry.peer.encode(),
        entry.request_id.encode(),
        entry.result.encode(),
        entry.previous,
    )
    return hashlib.sha256(b"".join([part for field in fields for part in (len(field).to_bytes(4), field)])).digest()
