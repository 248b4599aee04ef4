"""What is asked of a workspace, and what is answered."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ravi.wire.identities import Identity, IdentityDeleted

#: `Bound.status`.
CREATED = "created"
RECOVERED = "recovered"
UNCHANGED = "unchanged"


class Wish:
    """
    What the identity of a workspace shall be if it has to be made. `ttl_seconds` is renewed each time; `env_file` is
    written each time; `rebind` makes a new identity in place of whatever is there.
    """

    __slots__ = ("allowed_recipients", "env_file", "labels", "name", "provision_phone", "rebind", "ttl_seconds")

    def __init__(
        self,
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        ttl_seconds: int | None = None,
        provision_phone: bool | None = None,
        allowed_recipients: Sequence[str] | None = None,
        env_file: str | None = None,
        rebind: bool = False,
    ) -> None:
        self.name = name
        self.labels = labels
        self.ttl_seconds = ttl_seconds
        self.provision_phone = provision_phone
        self.allowed_recipients = allowed_recipients
        self.env_file = env_file
        self.rebind = rebind


class Bound:
    """
    A workspace that has its identity.

    `status` is "created", "recovered" (begun by somebody who did not finish) or "unchanged". `identity` is what the
    server says of it, None when the server could not be asked, which is no error where nothing had to be changed.
    `opens_vault` says whether the agent has the key of its vault. `env_file` is the path of what was written.
    `notes` are sentences for a person.
    """

    __slots__ = (
        "config_dir",
        "env_file",
        "identity",
        "identity_name",
        "identity_uuid",
        "notes",
        "opens_vault",
        "path",
        "server",
        "status",
    )

    def __init__(
        self,
        status: str,
        *,
        path: str,
        config_dir: str,
        identity_uuid: str,
        identity_name: str,
        server: str,
        identity: Identity | None,
        opens_vault: bool,
        env_file: str | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self.status = status
        self.path = path
        self.config_dir = config_dir
        self.identity_uuid = identity_uuid
        self.identity_name = identity_name
        self.server = server
        self.identity = identity
        self.opens_vault = opens_vault
        self.env_file = env_file
        self.notes = list(notes)


class Released:
    """
    A workspace that has no identity any more. `receipt` is that of the ended one, None when there was none to end:
    nothing was bound there (`was_bound` is false), or it had ended before. `notes` are sentences for a person.
    """

    __slots__ = ("identity_uuid", "notes", "path", "receipt", "was_bound")

    def __init__(
        self,
        path: str,
        *,
        was_bound: bool,
        identity_uuid: str | None = None,
        receipt: IdentityDeleted | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self.path = path
        self.was_bound = was_bound
        self.identity_uuid = identity_uuid
        self.receipt = receipt
        self.notes = list(notes)
