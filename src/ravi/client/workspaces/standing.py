"""`status`: how it stands with a workspace, on this disk and at the server. Changes nothing."""

from __future__ import annotations

from ravi.client.calls import identities as calls
from ravi.client.core import Core
from ravi.client.workspaces import binding
from ravi.errors import RaviError
from ravi.settings import workspace as files
from ravi.settings.workspace_host import find_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.core import Steps
    from ravi.settings.workspace import Found
    from ravi.wire.identities import Identity


class Standing:
    """
    `state` is "bound", "unbound", "binding" (begun and not finished), "elsewhere" (copied or moved), "foreign" (not
    written by `ensure`) or "broken". `healthy` is true when an agent can act here; `problem` says why it cannot.
    `identity` is what the server says of it; None where it was not, or could not be, asked. `is_this_host` is whether
    it was bound on this machine.
    """

    __slots__ = ("found", "healthy", "identity", "is_this_host", "problem", "state")

    def __init__(self, found: Found, *, is_this_host: bool) -> None:
        self.found = found
        self.state = found.state
        self.is_this_host = is_this_host
        self.problem = found.problem
        self.healthy = False
        self.identity: Identity | None = None


def stand(core: Core, folder: str) -> Steps[Standing]:
    """See `Workspaces.status`."""
    found = files.look(binding.open_workspace(core, folder))
    standing = Standing(found, is_this_host=found.host is not None and found.host == find_host(core.settings.home))
    if found.state != files.BOUND or found.uuid is None:
        standing.problem = found.problem or "nothing is bound here"
        return standing
    if not found.is_trusted(core.settings):
        standing.problem = "this user has not approved the key in it: see ravi trust"
        return standing
    try:
        agent = found.own_settings(core.settings.home)
        if agent.server.value != core.server:
            standing.problem = f"it is bound at {agent.server.value}, and this command talks to {core.server}"
            return standing
        standing.identity = yield from Core(agent, core.timeout).send(calls.get(found.uuid))
    except RaviError as problem:
        standing.problem = problem.message
        return standing
    standing.healthy = standing.identity["status"] == "active" and standing.identity["uuid"] == found.uuid
    if not standing.healthy:
        standing.problem = f"the identity is {standing.identity['status']}"
    return standing
