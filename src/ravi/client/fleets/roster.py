"""Who of a fleet is on this machine, and where: for what is done in their directories."""

from __future__ import annotations

import os

from ravi.client.calls import identities as calls
from ravi.client.fleets.values import FLEET
from ravi.client.workspaces import binding
from ravi.errors import ConfigUntrusted, IdentityNotFound, UsageError
from ravi.settings import workspace as files
from ravi.settings.workspace_host import host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.client.core import Core, Steps


class Post:
    """Where a member works: `config_dir` is what RAVI_CONFIG_DIR of its agent is to be."""

    __slots__ = ("config_dir", "name", "path", "uuid")

    def __init__(self, *, name: str, uuid: str, path: str, config_dir: str) -> None:
        self.name = name
        self.uuid = uuid
        self.path = path
        self.config_dir = config_dir


def posts(core: Core, name: str, targets: Sequence[str] | None) -> Steps[list[Post]]:
    """
    The workspaces of the fleet *name* on this machine, in the order in which they were made, or those in *targets*,
    for which no server is asked.

    Raises IdentityNotFound for a fleet that has none here, UsageError for a target that is not bound, ConfigUntrusted.
    """
    if targets:
        return [_post(core, target) for target in targets]
    here, found = host(core.settings.home), []
    for identity in (yield from core.send(calls.list_(labels={FLEET: name}))):
        record = identity["workspace"]
        if record is None or record["host"] != here or not os.path.isdir(record["path"]):
            continue
        try:
            post = _post(core, record["path"])
        except UsageError:
            continue
        if post.uuid == identity["uuid"]:
            post.name = identity["name"]
            found.append(post)
    if not found:
        raise IdentityNotFound(
            f"the fleet {name} has no workspace on this machine", hint="raise one with: ravi fleet up <n | dir...>"
        )
    return found


def _post(core: Core, folder: str) -> Post:
    workspace = binding.open_workspace(core, folder)
    found = files.look(workspace)
    if found.state != files.BOUND or found.uuid is None:
        raise UsageError(f"{folder} is not bound to an identity", hint=f"bind it with: ravi workspace ensure {folder}")
    if not found.is_trusted(core.settings):
        raise ConfigUntrusted(f"{workspace.config} holds a key, and this user has not approved it")
    return Post(
        name=found.name or os.path.basename(workspace.path),
        uuid=found.uuid,
        path=workspace.path,
        config_dir=workspace.config_dir,
    )
