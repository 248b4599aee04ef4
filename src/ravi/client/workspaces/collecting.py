"""`gc`: end the identities whose workspace on this machine is gone, because nobody has released it."""

from __future__ import annotations

import os
from functools import partial

from ravi.client.calls import identities as calls
from ravi.client.core import Compute, Together
from ravi.client.workspaces import binding
from ravi.errors import IdentityDeleted, IdentityNotFound, RaviError
from ravi.settings.place import FOLDER
from ravi.settings.rfc3339 import find_epoch
from ravi.settings.trust import withdraw
from ravi.settings.workspace_gone import GONE, KEPT, judge
from ravi.settings.workspace_host import host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ravi.client.core import Core, Steps
    from ravi.wire.identities import Identity, Workspace
    from ravi.wire.identities import IdentityDeleted as Receipt

#: Deletions under way at the same time: enough to hide how far away the server is.
AT_ONCE = 8


class Orphan:
    """
    An identity whose workspace is not as it was: `verdict` is "gone" or "unsure", `why` says so in words. `receipt` is
    there if it was ended, `failure` if it could not be.
    """

    __slots__ = ("failure", "identity", "receipt", "verdict", "why")

    def __init__(self, identity: Identity, verdict: str, why: str) -> None:
        self.identity = identity
        self.verdict = verdict
        self.why = why
        self.receipt: Receipt | None = None
        self.failure: RaviError | None = None


def collect(
    core: Core, *, dry_run: bool, also_unsure: bool, progress: Callable[[int, int], None] | None
) -> Steps[list[Orphan]]:
    """See `Workspaces.gc`."""
    binding.require_owner(core, "ending the identities of workspaces")
    listed = yield from core.send(calls.list_())
    orphans: list[Orphan] = yield Compute(partial(_judge_all, listed, core.settings.home))
    if dry_run:
        return orphans
    meant = [each for each in orphans if each.verdict == GONE or also_unsure]
    if not meant:
        return orphans
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, len(meant))

    outcomes = yield Together([_ending(each.identity["uuid"]) for each in meant], AT_ONCE, one_more)
    ended = []
    for orphan, outcome in zip(meant, outcomes, strict=True):
        if not isinstance(outcome, RaviError):
            orphan.receipt = outcome
        elif isinstance(outcome, IdentityDeleted | IdentityNotFound):  # somebody else has ended it meanwhile
            orphans.remove(orphan)
        else:
            orphan.failure = outcome
            continue
        ended.append(orphan)
    yield Compute(partial(_forget, ended, core.settings.home))
    return orphans


def _judge_all(identities: list[Identity], home: str) -> list[Orphan]:
    here = host(home)
    orphans = []
    for identity in identities:
        record = identity["workspace"]
        judged = None if record is None else _judged(identity, record, here)
        if judged is not None and judged[0] != KEPT:
            orphans.append(Orphan(identity, *judged))
    return orphans


def _judged(identity: Identity, record: Workspace, here: str) -> tuple[str, str] | None:
    made = find_epoch(identity["created_dt"])
    return judge(identity["uuid"], record["host"], record["path"], here=here, made=made)


def _forget(ended: list[Orphan], home: str) -> None:
    """Take back the approvals of files that are no more."""
    for orphan in ended:
        record = orphan.identity["workspace"]
        path = os.path.join(record["path"] if record else "", FOLDER, "config.json")
        if record is not None and not os.path.lexists(path):
            withdraw(path, ravi_dir=home)


def _ending(uuid: str) -> Callable[[Core], Steps[Receipt]]:
    return lambda core: core.send(calls.delete(uuid))
