"""Lists that come in pages, the newest first."""

from __future__ import annotations

from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ravi.client.calls import Call
    from ravi.client.core import Core, Steps

#: How many messages are fetched at once: whole ones, and an answer may be 32 MiB.
PAGE = 100


def collect(
    core: Core,
    page: Callable[[int, int], Call[dict[str, Any]]],
    believed: Callable[[Any], list[Any]],
    limit: int | None,
) -> Steps[list[Any]]:
    """
    At most *limit* rows, all of them for None.

    *page* describes the call for so many rows after the first so many, whose answer has them as `results`. *believed*
    returns those as rows with an `id`, or raises. Raises UsageError for a limit below 1.
    """
    if limit is not None and limit < 1:
        raise UsageError("the limit must be at least 1")
    found: dict[Any, Any] = {}  # by id: what comes in meanwhile moves the others to a later page
    offset = 0
    while limit is None or len(found) < limit:
        size = PAGE if limit is None else min(PAGE, limit - len(found))
        answer = yield from core.send(page(size, offset))
        rows = believed(answer["results"])
        before = len(found)
        found.update((row["id"], row) for row in rows)
        offset += len(rows)
        if len(rows) < size or len(found) == before:
            break
    return list(found.values())[:limit]
