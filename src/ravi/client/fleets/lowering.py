"""`down`: end the identities of a fleet, and remove what was written and made for it. What somebody works on stays."""

from __future__ import annotations

import contextlib
import os

from ravi.client.calls import identities as calls
from ravi.client.core import Compute, Together
from ravi.client.fleets import worktrees
from ravi.client.fleets.values import FLEET, MADE, WORKTREE, Ended
from ravi.client.workspaces import binding
from ravi.client.workspaces.releasing import release
from ravi.errors import ConfigUntrusted, IdentityDeleted, IdentityNotFound, RaviError, UsageError
from ravi.settings import workspace as files
from ravi.settings.workspace_host import host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ravi.client.core import Core, Steps
    from ravi.wire.identities import Identity

AT_ONCE = 8


class Lowered:
    """`ended` are the members that are gone, `failures` those that are not; `elsewhere` belong to another machine."""

    __slots__ = ("elsewhere", "ended", "failures", "name")

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.ended: list[Ended] = []
        self.failures: list[tuple[Identity, RaviError]] = []
        self.elsewhere: list[Identity] = []


def members(core: Core, name: str | None, targets: Sequence[str] | None) -> Steps[list[Identity]]:
    """
    The identities of the fleet *name*, or of these directories, oldest first.

    Raises UsageError for a directory that has none, besides what listing raises.
    """
    if not targets:
        return (yield from core.send(calls.list_(labels={FLEET: name or ""})))
    found = []
    for target in targets:
        workspace = binding.open_workspace(core, target)
        there = files.look(workspace)
        if there.state != files.BOUND or there.uuid is None:
            raise UsageError(f"{target} is not bound to an identity")
        found.append((yield from core.send(calls.get(there.uuid))))
    return found


def down(
    core: Core,
    name: str | None,
    targets: Sequence[str] | None,
    progress: Callable[[int, int], None] | None,
    *,
    everywhere: bool,
) -> Steps[Lowered]:
    """See `Fleets.down`."""
    binding.require_owner(core, "ending a fleet")
    here = host(core.settings.home)
    lowered = Lowered(None if targets else name)
    meant: list[Identity] = []
    for identity in (yield from members(core, name, targets)):
        record = identity["workspace"]
        if not everywhere and record is not None and record["host"] != here:
            lowered.elsewhere.append(identity)
        else:
            meant.append(identity)
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, len(meant))

    outcomes = yield Together([_ending(each, here) for each in meant], AT_ONCE, one_more)
    for identity, outcome in zip(meant, outcomes, strict=True):
        if isinstance(outcome, RaviError):
            lowered.failures.append((identity, outcome))
        else:
            lowered.ended.append(outcome)
    # One after the other: git locks its repository.
    yield Compute(lambda: _remove_made(lowered.ended))
    return lowered


def _ending(identity: Identity, here: str) -> Callable[[Core], Steps[Ended]]:
    return lambda core: _end(core, identity, here)


def _end(core: Core, identity: Identity, here: str) -> Steps[Ended]:
    record = identity["workspace"]
    path = record["path"] if record is not None and record["host"] == here else None
    ended = Ended(identity, path)
    if path is not None and os.path.isdir(path) and _is_bound_to(core, path, identity["uuid"]):
        ended.receipt = (yield from release(core, path)).receipt
        return ended
    with contextlib.suppress(IdentityDeleted, IdentityNotFound):  # somebody else was faster
        ended.receipt = yield from core.send(calls.delete(identity["uuid"]))
    return ended


def _is_bound_to(core: Core, path: str, uuid: str) -> bool:
    """Whether *path* says that it is the workspace of the identity *uuid*; what else is there is not ours to remove."""
    try:
        found = files.look(binding.open_workspace(core, path))
    except (ConfigUntrusted, UsageError):
        return False
    return found.state in (files.BOUND, files.BINDING) and found.uuid == uuid


def _remove_made(members: Sequence[Ended]) -> None:
    for each in members:
        made = each.identity["labels"].get(MADE)
        if made is None or each.path is None or not os.path.isdir(each.path):
            continue
        why_not = worktrees.remove_worktree(each.path) if made == WORKTREE else worktrees.remove_directory(each.path)
        if why_not is not None:
            each.notes.append(why_not)
        if not os.path.lexists(each.path):
            each.removed.append(each.path)
