"""
Whether somebody with a stopwatch can tell two questions apart.

The answer is about ranks, not about seconds: how often a sample of one kind took longer than one of the other. Samples
of all kinds are taken in turn, so that whatever else the machine does falls on all of them. How far two kinds lie
apart that are the same is measured in the same run, and a difference has to show three times in a row, in one
direction, before it counts: noise does not repeat itself.

Two watches run. One counts what this process works, in all its threads: on a busy machine it still sees a microsecond.
The other is that of the stranger, who also sees a pause.
"""

import gc
import random
import time
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

Ask = Callable[[], Awaitable[object]]

#: Chance alone gives half of all pairs. With 80 samples of each kind it strays 0.04 from that, with 300 half as far.
#: This much more than what two equal kinds lay apart in the same run is no chance.
FAR = 0.15
TIMES = 3
WATCHES = {"work": time.process_time, "wall": time.perf_counter}


def lean(some: Sequence[float], others: Sequence[float]) -> float:
    """Return in how many of all pairs the one of *some* is larger, less one half: the statistic of Mann and Whitney."""
    ordered = sorted(others)
    larger = sum(bisect_left(ordered, each) + bisect_right(ordered, each) for each in some)
    return larger / (2 * len(some) * len(others)) - 0.5


async def are_told_apart(one: Ask, other: Ask, *, samples: int, between: Callable[[], object] = lambda: None) -> bool:
    """
    Whether the times of *one* and *other* differ, from *samples* of each.

    *between* is called before each question, outside of what is measured.
    """
    await _measure([one, other], between, 3)  # what is only slow the first time
    before: set[tuple[str, bool]] = {(watch, slower) for watch in WATCHES for slower in (False, True)}
    for _ in range(TIMES):
        kinds = await _measure([one, one, other], between, samples)
        seen = set()
        for place, watch in enumerate(WATCHES):
            first, again, second = ([sample[place] for sample in kind] for kind in kinds)
            leans = lean(second, first + again)
            if abs(leans) > FAR + abs(lean(first, again)):
                seen.add((watch, leans > 0))
        before &= seen
        if not before:
            return False
    return True


async def _measure(kinds: list[Ask], between: Callable[[], object], samples: int) -> list[list[tuple[float, ...]]]:
    found: list[list[tuple[float, ...]]] = [[] for _ in kinds]
    turns = list(range(len(kinds)))
    with _no_collection():
        for _ in range(samples):
            random.shuffle(turns)
            for turn in turns:
                between()
                started = [watch() for watch in WATCHES.values()]
                await kinds[turn]()
                ended = [watch() for watch in WATCHES.values()]
                found[turn].append(tuple(end - start for start, end in zip(started, ended, strict=True)))
    return found


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep garbage from being collected in somebody's measurement."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
