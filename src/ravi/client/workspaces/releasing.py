"""`release`: end the identity of a directory, and remove what was written there. What was not ours stays."""

from __future__ import annotations

import os

from ravi.client.calls import identities as calls
from ravi.client.core import Compute
from ravi.client.workspaces import binding
from ravi.client.workspaces.values import Released
from ravi.errors import ConfigInvalid, ConfigUntrusted, IdentityDeleted, IdentityNotFound
from ravi.settings import workspace as files
from ravi.settings.workspace_env import remove_env

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.core import Core, Steps
    from ravi.settings.workspace import Found, Workspace
    from ravi.wire.identities import IdentityDeleted as Receipt


def release(core: Core, folder: str) -> Steps[Released]:
    """See `Workspaces.release`."""
    if not os.path.lexists(folder):
        note = "the directory is gone; what was bound to it is ended by: ravi workspace gc"
        return Released(os.path.abspath(folder), was_bound=False, notes=[note])
    workspace = binding.open_workspace(core, folder)
    found = files.look(workspace)
    if found.state == files.UNBOUND and not files.has_remains(workspace):
        return Released(workspace.path, was_bound=False)
    _check(core, found)
    lock = workspace.lock()
    try:
        yield Compute(lock.__enter__)
        return (yield from _release(core, workspace, files.look(workspace)))
    finally:
        lock.__exit__(None, None, None)


def _release(core: Core, workspace: Workspace, found: Found) -> Steps[Released]:
    if found.state == files.UNBOUND:
        files.clear(workspace, core.settings.home)
        return Released(workspace.path, was_bound=False)
    _check(core, found)
    if found.state == files.ELSEWHERE:
        _remove(core, workspace, found)
        note = f"this was a copy of {found.path}, or was moved from there; that one's identity was not touched"
        return Released(workspace.path, was_bound=False, notes=[note])
    receipt = yield from _end(core, found)
    _remove(core, workspace, found)
    return Released(workspace.path, was_bound=True, identity_uuid=found.uuid, receipt=receipt)


def _check(core: Core, found: Found) -> None:
    """See that *found* was written by us, and that its identity is in reach. Raises ConfigInvalid, NotSignedIn."""
    if found.state in (files.BROKEN, files.FOREIGN):
        raise ConfigInvalid(
            found.problem, hint="remove it yourself; identities are ended with: ravi identity delete <name | uuid>"
        )
    if found.state not in (files.BINDING, files.BOUND):
        return
    binding.require_owner(core, "releasing a workspace")
    if found.server != core.server:
        raise ConfigInvalid(
            f"this workspace is bound at {found.server}, and you are signed in at {core.server}",
            hint=f"sign in there with: ravi auth login --server {found.server}",
        )


def _end(core: Core, found: Found) -> Steps[Receipt | None]:
    """
    End the identity of *found*; None when there is none any more.

    The server remembers for which workspace it was made: a file that names any other was not written by us.
    """
    uuid = found.uuid or ""
    try:
        identity = yield from core.send(calls.get(uuid))
        record = identity["workspace"]
        if record is None or (record["host"], record["path"]) != (found.host, found.path):
            raise ConfigUntrusted(
                f"{found.workspace.config} names an identity that was not made for this workspace",
                hint="remove the file; identities are ended with: ravi identity delete <name | uuid>",
            )
        return (yield from core.send(calls.delete(uuid)))
    except (IdentityDeleted, IdentityNotFound):
        return None


def _remove(core: Core, workspace: Workspace, found: Found) -> None:
    """The environment file first: only the other file knows its name."""
    if found.env_file is not None:
        remove_env(workspace, found.env_file)
    files.clear(workspace, core.settings.home)
