"""What a fleet is made of while it is raised, and what it is called."""

from __future__ import annotations

import os

from ravi.client.calls import identities as calls
from ravi.client.fleets.values import FLEET, check_name
from ravi.errors import Conflict, TimedOut
from ravi.settings.workspace_host import host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.core import Core, Steps
    from ravi.client.fleets.worktrees import Directory
    from ravi.client.workspaces.values import Bound
    from ravi.settings.locking import locked
    from ravi.settings.workspace import Workspace

#: What a fleet is called by that has no prefix.
DEFAULT_PREFIX = "agent"
#: What else a program has open.
_OTHER_FILES = 512


class Berth:
    """One member to be: its directory, what its identity is to be called, and what was done for it."""

    __slots__ = ("bound", "directory", "env_file", "lock", "name", "uuid", "workspace")

    def __init__(self, directory: Directory, workspace: Workspace, name: str | None, env_file: str | None) -> None:
        self.directory = directory
        self.workspace = workspace
        self.name = name
        self.env_file = env_file
        self.lock: locked | None = None
        self.uuid = ""
        self.bound: Bound | None = None


def lock_some(berths: list[Berth], *, is_last: bool) -> list[Berth]:
    """
    Lock these one after the other, and return those that are left when one is not to be had.

    Raises TimedOut instead when *is_last*, and ConfigInvalid.
    """
    for number, berth in enumerate(berths):
        lock = berth.workspace.lock(patience=0)
        try:
            lock.__enter__()
        except TimedOut:
            if is_last:
                raise
            return berths[number:]
        berth.lock = lock
    return []


def allow_files(count: int) -> None:
    """See to it that this process may have so many files more open, as far as the system lets it: a lock is one."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def fleet_name(core: Core, name: str | None, prefix: str | None, cwd: str) -> str:
    """
    *name*, or what a fleet is called that is started in *cwd* with this *prefix*: the same each time, on this machine.

    Raises UsageError.
    """
    if name is not None:
        return check_name(name)
    return f"{prefix or DEFAULT_PREFIX}-{_mark(core, cwd)}"


def which_fleet(core: Core, name: str | None, prefix: str | None, cwd: str) -> Steps[str]:
    """
    *name*, or the fleet that was started in *cwd* with this *prefix*; without both, the one that was started there.

    Raises Conflict when there are several, and UsageError.
    """
    if name is not None or prefix is not None:
        return fleet_name(core, name, prefix, cwd)
    end = f"-{_mark(core, cwd)}"
    listed = yield from core.send(calls.list_())
    found = sorted({label for each in listed if (label := each["labels"].get(FLEET, "")).endswith(end)})
    if len(found) > 1:
        raise Conflict(
            f"{len(found)} fleets were started here: {', '.join(found)}",
            hint="name one with --fleet, or by the prefix that it was made with",
            details=found,
        )
    return found[0] if found else fleet_name(core, None, None, cwd)


def _mark(core: Core, cwd: str) -> str:
    """What the names of fleets end with that are started in *cwd* on this machine."""
    from hashlib import sha256

    return sha256("\0".join((host(core.settings.home), os.path.realpath(cwd))).encode("utf-8", "replace")).hexdigest()[
        :6
    ]
