"""What a fleet is asked to be, and what is answered."""

from __future__ import annotations

import os

from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ravi.client.workspaces.values import Bound
    from ravi.wire.identities import Identity, IdentityDeleted

#: The label that all members bear; its value is the fleet's name.
FLEET = "fleet"
#: The label of members whose directory was made with the fleet; its value is `DIRECTORY` or `WORKTREE`.
MADE = "fleet.made"
DIRECTORY, WORKTREE = "directory", "worktree"

#: How many members one fleet may have.
MOST = 5_000
_LONGEST_NAME = 200


class Wish:
    """
    What a fleet shall be: so many new directories, or these *targets*. `name` is that of the fleet, None where it is
    to be found out or invented. Raises UsageError.
    """

    __slots__ = (
        "count",
        "env_file",
        "labels",
        "name",
        "prefix",
        "provision_phone",
        "targets",
        "ttl_seconds",
        "worktrees",
    )

    def __init__(
        self,
        targets: int | Sequence[str],
        *,
        prefix: str | None,
        worktrees: str | None,
        name: str | None,
        ttl_seconds: int | None,
        env_file: str | None,
        labels: Mapping[str, str] | None,
        provision_phone: bool | None,
    ) -> None:
        self.count = targets if isinstance(targets, int) else len(targets)
        self.targets = None if isinstance(targets, int) else [str(target) for target in targets]
        if not 1 <= self.count <= MOST:
            raise UsageError(f"a fleet has 1 to {MOST} members, not {self.count}")
        if isinstance(targets, str):
            raise UsageError("name the directories in a list, or say how many")
        if self.targets is not None and worktrees is not None:
            raise UsageError("worktrees get directories of their own: say how many, or name directories")
        if prefix is not None and (not prefix.strip() or os.sep in prefix):
            raise UsageError("a prefix is the beginning of a name, without a slash")
        for each in (FLEET, MADE):
            if labels and each in labels:
                raise UsageError(f"the label {each} is the fleet's own", hint="choose the fleet's name with --fleet")
        self.prefix = prefix
        self.worktrees = worktrees
        self.name = None if name is None else check_name(name)
        self.ttl_seconds = ttl_seconds
        self.env_file = env_file
        self.labels = dict(labels or {})
        self.provision_phone = provision_phone


def check_name(name: str) -> str:
    """*name*, if a fleet can be called so. Raises UsageError."""
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UsageError(f"the name of a fleet has 1 to {_LONGEST_NAME} printable characters")
    return name


class Member:
    """
    One member of a fleet. `status` is that of its workspace ("created", "recovered", "unchanged"), `identity` what the
    server says of it; `path` its directory, `config_dir` what RAVI_CONFIG_DIR of its agent is to be. `branch` is that
    of the worktree which was made for it.
    """

    __slots__ = ("branch", "config_dir", "env_file", "identity", "name", "notes", "path", "status", "uuid")

    def __init__(self, bound: Bound, branch: str | None = None) -> None:
        self.status = bound.status
        self.uuid = bound.identity_uuid
        self.name = bound.identity_name
        self.identity = bound.identity
        self.path = bound.path
        self.config_dir = bound.config_dir
        self.env_file = bound.env_file
        self.branch = branch
        self.notes = bound.notes

    @property
    def email(self) -> str | None:
        """Its address; None when the server could not be asked."""
        return None if self.identity is None else self.identity["email"]

    @property
    def phone_number(self) -> str | None:
        """Its number in E.164, if it has one."""
        return None if self.identity is None else self.identity["phone_number"]

    def __repr__(self) -> str:
        return f"Member({self.name!r}, {self.path!r})"


class Fleet:
    """A fleet that is up: its name, and its members in the order in which they were asked for."""

    __slots__ = ("members", "name")

    def __init__(self, name: str, members: list[Member]) -> None:
        self.name = name
        self.members = members

    def __repr__(self) -> str:
        return f"Fleet({self.name!r}, {len(self.members)} members)"


class Ended:
    """
    What became of one member. `receipt` is None when it had ended before. `removed` are the directories that went with
    it, `notes` sentences for a person about what stays.
    """

    __slots__ = ("identity", "notes", "path", "receipt", "removed")

    def __init__(self, identity: Identity, path: str | None) -> None:
        self.identity = identity
        self.path = path
        self.receipt: IdentityDeleted | None = None
        self.removed: list[str] = []
        self.notes: list[str] = []
