"""Work that waits for the disk, done for many members, some at the same time."""

from __future__ import annotations

from ravi.client.core import Whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from ravi.client.core import Steps

    T = TypeVar("T")

#: Members between two looks at the progress, and how many of them are written at the same time: the disk takes
#: longer than we do, and makes several files durable at once in the time of one.
_PORTION = 16
_WRITERS = 8


def in_portions(members: Sequence[T], work: Callable[[T], None], progress: Callable[[int], None]) -> Steps[None]:
    """
    Do *work*, which waits for the disk, for each, some at the same time.

    After each portion *progress* is told how many are done, and an event loop may go on. Raises what went wrong first.
    Nothing is being done any more when this ends, however it ends.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_WRITERS) as pool:
        for start in range(0, len(members), _PORTION):
            portion = members[start : start + _PORTION]

            def do(portion: Sequence[T] = portion) -> None:
                for done in [pool.submit(work, each) for each in portion]:
                    done.result()

            yield Whole(do)
            progress(start + len(portion))
