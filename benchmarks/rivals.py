"""Two servers under the same load in turn, and the table of how they did."""

from collections.abc import Callable, Mapping

from benchmarks.load import CONNECTIONS, GENERATOR, Answered, Target, put_load_on
from benchmarks.measure import Bar, Effort, Spread, Table, compare, interleave

UNIT = "answers/s"


def under_load(
    title: str,
    targets: Mapping[str, Target],
    effort: Effort,
    *,
    baseline: str,
    bars: Mapping[str, Bar] | None = None,
    notes: tuple[str, ...] = (),
) -> Table:
    """
    Load every target in turn, round by round, all of their servers being up, and compare the answers a second.

    Raises NotMeasured when an answer was not a 2xx.
    """
    seconds = effort.of(2, 1)
    stretches: dict[str, list[Answered]] = {name: [] for name in targets}

    def loaded(name: str) -> Callable[[], float]:
        def once() -> float:
            tag = f"{list(targets).index(name)}-{len(stretches[name])}"  # no name is created twice in a run
            got = put_load_on(targets[name], seconds=seconds, tag=tag)
            stretches[name].append(got)
            return got.per_second

        return once

    rates = interleave({name: loaded(name) for name in targets}, rounds=effort.of(8, 3))
    said = [f"{CONNECTIONS} connections, {seconds} s a round and server, load from {GENERATOR}.", *notes]
    said += [f"{name}: {_details(each[1:])}." for name, each in stretches.items()]
    return compare(title, UNIT, rates, baseline=baseline, bars=bars, notes=said)


def _details(answered: list[Answered]) -> str:
    cpu = Spread.of([each.cpu for each in answered]).median
    halfway = Spread.of([each.p50 for each in answered]).median
    late = Spread.of([each.p99 for each in answered]).median
    spent = f", {cpu:.0f} µs of the server's processor time for each answer" if cpu else ""
    return f"latency {halfway:.1f} ms (median), {late:.1f} ms (99th percentile){spent}"
