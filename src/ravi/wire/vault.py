"""
Shapes of the vault: encryption metadata and sealed entries.

A *sealed* text begins with `e2e2::` (or, in accounts not yet upgraded, `e2e::`); docs/reference/cryptography.md says
what follows. The server stores it as it came. `identity` is the identity's number, because published clients read one.
`sealed_for` is the public key (standard base64) of the identity whose key sealed the fields: the server refuses it
unless it is that identity's, so that a client with yesterday's key cannot write what nobody can open.
"""

from typing import Literal, NotRequired, TypedDict


class EncryptionMeta(TypedDict):
    """
    The account's key material, none of which opens anything by itself; null where there is none.

    `salt`, `verifier`, `public_key` belong to the format of the published client v0.5.2 (`format` 1),
    `root_salt`, `wrapped_root` to ours (`format` 2). Both are there while an upgrade is under way (`upgrading`).
    `root_version` counts the changes of `wrapped_root`. A bound credential is shown no key material.
    """

    id: int
    account_uuid: str
    format: Literal[0, 1, 2]
    upgrading: bool
    salt: str | None
    verifier: str | None
    public_key: str | None
    root_salt: str | None
    wrapped_root: str | None
    root_version: int
    managed_master_key: str


class EncryptionUpdate(TypedDict, total=False):
    """The published client's set-up: all three, standard base64."""

    salt: str
    verifier: str
    public_key: str


class RootWrite(TypedDict):
    """A wrapped root, to replace the one of `expected_version` (0: there is none yet)."""

    root_salt: str
    wrapped_root: str
    expected_version: int


class PublicKeys(TypedDict):
    """Public keys (standard base64, 32 bytes) by identity uuid; at most 1,000 at once."""

    public_keys: dict[str, str]


class PublicKeysSet(TypedDict):
    """How many identities have a key now that had none, or another, before."""

    set: int


class Secret(TypedDict):
    """`value` and `notes` are sealed, and empty when the list was asked for without values."""

    uuid: str
    identity: int
    identity_uuid: str
    key: str
    value: str
    notes: str
    revision: int
    created_dt: str
    updated_dt: str


class SecretCreate(TypedDict, total=False):
    """A new secret; the published spelling, which refuses a key that exists."""

    key: str
    value: str
    notes: str
    identity: int | None
    sealed_for: str


class SecretPut(TypedDict):
    """Set a secret, new or not. Absent `notes` stay as they are."""

    value: str
    notes: NotRequired[str]
    sealed_for: NotRequired[str]


class SecretUpdate(TypedDict, total=False):
    key: str
    value: str
    notes: str
    sealed_for: str


class SecretItem(TypedDict):
    key: str
    value: str
    notes: NotRequired[str]


class SecretsPut(TypedDict):
    """Set many at once: all or none."""

    secrets: list[SecretItem]
    sealed_for: NotRequired[str]


class Password(TypedDict):
    """
    `username`, `password`, `notes` and `site` are sealed; all are empty when the list was asked for without values,
    except `username`, which lists show. `site` seals the domain, so that a server cannot put one site's password
    under another's name; entries of published clients have none.
    """

    uuid: str
    identity: int
    identity_uuid: str
    domain: str
    username: str
    password: str
    notes: str
    site: str
    revision: int
    created_dt: str
    updated_dt: str


class PasswordCreate(TypedDict, total=False):
    """
    `uuid` is chosen by the client, because the fields are sealed for it; published clients send "".

    With `site` the domain is stored as sent; without, it is reduced to the registrable domain.
    """

    uuid: str
    domain: str
    username: str
    password: str
    notes: str
    site: str
    identity: int | None
    sealed_for: str


class PasswordUpdate(TypedDict, total=False):
    """Absent keys stay. `revision` makes it conditional: another one is a conflict."""

    domain: str
    username: str
    password: str
    notes: str
    site: str
    revision: int
    sealed_for: str


class PasswordVersion(TypedDict):
    """What an entry was before a change, sealed for the same places. `replaced_dt` is when it was replaced."""

    username: str
    password: str
    notes: str
    replaced_dt: str


class GeneratedPassword(TypedDict):
    password: str


class Totp(TypedDict):
    """`secret` seals the otpauth URI, name included; `username` is sealed. `user_id` is there for a published SDK."""

    id: int
    uuid: str
    user_id: int | None
    identity: int
    identity_uuid: str
    service_name: str
    username: str
    secret: str
    revision: int
    created_dt: str
    updated_dt: str


class TotpCreate(TypedDict, total=False):
    """`uuid` is chosen by the client; `service_name` is unique within the identity."""

    uuid: str
    service_name: str
    username: str
    secret: str
    identity: int | None
    sealed_for: str


class TotpUpdate(TypedDict, total=False):
    service_name: str
    username: str
    secret: str
    sealed_for: str


class SealedRecord(TypedDict):
    """
    One row with sealed fields, whatever its kind: for re-sealing a whole account.

    `record` names the row (opaque). `kind`, `identity_uuid`, `entry` and the names in `fields` are what the texts
    are sealed for; `fields` leaves out empty ones. `domain` is there for passwords: what `site` has to seal.
    """

    record: str
    kind: Literal["secret", "password", "totp"]
    identity_uuid: str
    entry: str
    revision: int
    fields: dict[str, str]
    domain: NotRequired[str]


class SealedRecords(TypedDict):
    """A page; `next` goes into `?after=` of the next request, null at the end."""

    records: list[SealedRecord]
    next: str | None


class Resealed(TypedDict):
    record: str
    revision: int
    fields: dict[str, str]


class ResealedRecords(TypedDict):
    """At most 200 at once."""

    records: list[Resealed]


class ResealDone(TypedDict):
    """`stale` lists records whose revision was another by now: they were left alone."""

    resealed: int
    stale: list[str]
