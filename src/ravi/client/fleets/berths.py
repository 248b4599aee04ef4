"""What a fleet is made of while it is raised, and what it is called."""

from __future__ import annotations

import os

from ravi.client.fleets.values import check_name
from ravi.settings.workspace_host import host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.core import Core
    from ravi.client.fleets.worktrees import Directory
    from ravi.client.workspaces.values import Bound
    from ravi.settings.locking import locked
    from ravi.settings.workspace import Workspace

#: What a fleet is called by that has no prefix.
DEFAULT_PREFIX = "agent"


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


def fleet_name(core: Core, name: str | None, prefix: str | None, cwd: str) -> str:
    """
    *name*, or what a fleet is called that is started in *cwd* with this *prefix*: the same each time, on this machine.

    Raises UsageError.
    """
    from hashlib import sha256

    if name is not None:
        return check_name(name)

    stem = prefix or DEFAULT_PREFIX
    mark = sha256("\0".join((host(core.settings.home), os.path.realpath(cwd), stem)).encode("utf-8", "replace"))
    return f"{stem}-{mark.hexdigest()[:6]}"
