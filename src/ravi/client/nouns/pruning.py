"""Ending many identities at once, by what they are called, what they bear and how old they are."""

from __future__ import annotations

import time

from ravi.client.calls import identities as calls
from ravi.client.core import Together
from ravi.errors import IdentityDeleted, IdentityNotFound, RaviError, UsageError
from ravi.settings.rfc3339 import find_epoch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ravi.client.core import Core, Steps
    from ravi.wire.identities import Identity
    from ravi.wire.identities import IdentityDeleted as Receipt

#: Deletions under way at the same time: enough to hide how far away the server is.
AT_ONCE = 8


class Selection:
    """Which identities are meant. Raises UsageError when that could be all of them."""

    def __init__(self, prefix: str | None, labels: Mapping[str, str] | None, older_than_seconds: int | None) -> None:
        if not prefix and not labels:
            raise UsageError(
                "which identities? an age alone would be all the old ones of the account",
                hint="say what their names begin with (--prefix), or what labels they bear (--label)",
            )
        if older_than_seconds is not None and older_than_seconds < 0:
            raise UsageError("an age cannot be negative")
        self.prefix = prefix or None
        self.labels = dict(labels) if labels else None
        self.older_than_seconds = older_than_seconds

    def is_meant(self, identity: Identity, now: float) -> bool:
        """Whether *identity* fits. What the server was to filter by is looked at again: this cannot be undone."""
        fits = identity["name"].startswith(self.prefix or "") and (
            (self.labels or {}).items() <= identity["labels"].items()
        )
        if not fits or self.older_than_seconds is None:
            return fits
        made = find_epoch(identity["created_dt"])
        return made is not None and now - made >= self.older_than_seconds


class Pruned:
    """`found` are the identities that were meant, `receipts` those of the ended ones, `failures` the others."""

    __slots__ = ("failures", "found", "receipts")

    def __init__(self, found: list[Identity]) -> None:
        self.found = found
        self.receipts: list[Receipt] = []
        self.failures: list[tuple[Identity, RaviError]] = []


def prune(
    core: Core,
    chosen: Selection,
    *,
    dry_run: bool,
    confirm: Callable[[list[Identity]], bool] | None,
    progress: Callable[[int, int], None] | None,
) -> Steps[Pruned]:
    """End what is *chosen*, unless *dry_run* or *confirm* says no. Raises what listing raises."""
    listed = yield from core.send(calls.list_(prefix=chosen.prefix, labels=chosen.labels))
    now = time.time()
    pruned = Pruned([each for each in listed if chosen.is_meant(each, now)])
    if dry_run or not pruned.found or (confirm is not None and not confirm(pruned.found)):
        return pruned
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, len(pruned.found))

    outcomes = yield Together([_deleting(each["uuid"]) for each in pruned.found], AT_ONCE, one_more)
    for identity, outcome in zip(pruned.found, outcomes, strict=True):
        if not isinstance(outcome, RaviError):
            pruned.receipts.append(outcome)
        elif not isinstance(outcome, IdentityDeleted | IdentityNotFound):  # those somebody else has ended meanwhile
            pruned.failures.append((identity, outcome))
    return pruned


def _deleting(uuid: str) -> Callable[[Core], Steps[Receipt]]:
    return lambda core: core.send(calls.delete(uuid))
