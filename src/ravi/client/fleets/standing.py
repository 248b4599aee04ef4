"""`status`: who is in a fleet, and how it stands with each, as the server and this machine's disk say."""

from __future__ import annotations

import os

from ravi.client.calls import fleets as calls
from ravi.client.fleets.values import FLEET
from ravi.client.workspaces import binding
from ravi.errors import ConfigUntrusted, UsageError
from ravi.settings import workspace as files
from ravi.settings.workspace_host import host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.core import Core, Steps
    from ravi.wire.identities import Identity, IdentityActivity

#: What is where a member works: its binding; another's or none; nothing; and what cannot be seen from here.
BOUND, UNBOUND, GONE, ELSEWHERE = "bound", "unbound", "gone", "elsewhere"


class Standing:
    """
    One member. `activity` is what the server says: unread, last seen, waiting for what. `place` says whether its
    directory `path` still binds it ("bound", "unbound", "gone"); "elsewhere" is that of another machine.
    """

    __slots__ = ("activity", "path", "place")

    def __init__(self, activity: IdentityActivity, path: str | None, place: str) -> None:
        self.activity = activity
        self.path = path
        self.place = place

    @property
    def identity(self) -> Identity:
        """The identity itself."""
        return self.activity["identity"]


def status(core: Core, name: str) -> Steps[list[Standing]]:
    """See `Fleets.status`."""
    here = host(core.settings.home)
    rows = yield from core.send(calls.activity(labels={FLEET: name}))
    return [_standing(core, row, here) for row in rows]


def _standing(core: Core, row: IdentityActivity, here: str) -> Standing:
    record = row["identity"]["workspace"]
    if record is None:
        return Standing(row, None, ELSEWHERE)
    path = record["path"]
    if record["host"] != here:
        return Standing(row, path, ELSEWHERE)
    if not os.path.isdir(path):
        return Standing(row, path, GONE)
    try:
        found = files.look(binding.open_workspace(core, path))
    except (ConfigUntrusted, UsageError):
        return Standing(row, path, UNBOUND)
    is_bound = found.state == files.BOUND and found.uuid == row["identity"]["uuid"]
    return Standing(row, path, BOUND if is_bound else UNBOUND)
