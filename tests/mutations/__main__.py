"""
`python -m tests.mutations`: drop each identity filter, scope check, tombstone check and signature check in turn.

Exits with 1 when a check that is not known to be redundant can be dropped without a test failing. What was tried is
kept in `.mutations/`, so that a run in parts (`--only vault`) adds up; `--record` writes the page about all of it.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutations import in_python, in_sql, reach
from tests.mutations.callers import names_that_lead_to
from tests.mutations.equivalents import EQUIVALENT
from tests.mutations.memory import Memory
from tests.mutations.report import PAGE, page, table
from tests.mutations.sites import Finder, Site, find_sites
from tests.mutations.trial import ROOT, WALKS_ROUTES, Copy, Verdict

FINDERS: tuple[Finder, ...] = (
    in_sql.owners,
    in_sql.endings,
    in_python.signatures,
    in_python.refusals,
    in_python.verdicts,
    in_python.scopes,
    in_python.selections,
)
STATE = ROOT / ".mutations"
WORKERS = 2
#: How many seconds' worth of tests are run for each, by what they took when they were traced.
SECONDS_OF_TESTS = 45.0
#: Longer than so many times that, and a mutant counts as one that hangs.
PATIENCE = 10
#: So many times as much when no test of those fails, and no reason is known why.
LONGER = 10


def main() -> int:
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="mutations-", dir=_memory_disk()) as place:
        # Of the copy, so that it does not matter what is edited meanwhile.
        return _run(asked, Copy(Path(place) / "0"), Path(place))


def _run(asked: argparse.Namespace, first: Copy, place: Path) -> int:
    sites = find_sites(first.server, FINDERS)
    memory = Memory(STATE, sites, first.server)
    chosen = [site for site in sites if all(word in f"{site.kind} {site.name}" for word in asked.only)]
    if asked.survivors:
        chosen = [site for site in chosen if (known := memory.of(site)) is None or known.outcome != "killed"]
    if asked.list:
        for site in chosen:
            sys.stdout.write(f"{site.file}:{site.line}: {site.kind}: {site.name}\n")
        return 0
    started = time.monotonic()
    copies = [first, *(Copy(place / str(number)) for number in range(1, WORKERS))]
    _try_all(chosen, memory, copies, learn=asked.learn, budget=asked.seconds)
    sys.stdout.write(f"\n{table(sites, memory)}\n{time.monotonic() - started:.0f} seconds\n")
    if asked.record:
        PAGE.write_text(page(sites, memory, seconds=SECONDS_OF_TESTS, version=_version()))
    return _judge(sites, chosen, memory)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__.splitlines()[1])
    parser.add_argument("--only", action="append", default=[], help="those with this in kind, file, function or text")
    parser.add_argument("--survivors", action="store_true", help="those that no test has killed yet")
    parser.add_argument("--list", action="store_true", help="say what would be dropped, and drop nothing")
    parser.add_argument("--seconds", type=float, default=SECONDS_OF_TESTS, help="how many seconds' worth of tests each")
    parser.add_argument("--learn", nargs="*", help="learn anew which tests come past what; of these paths only")
    parser.add_argument("--record", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    return parser.parse_args()


def _try_all(chosen: list[Site], memory: Memory, copies: list[Copy], *, learn: list[str] | None, budget: float) -> None:
    known = STATE / "reach"
    if learn is not None or not any(known.glob("*.json")):
        known.mkdir(parents=True, exist_ok=True)
        for old in known.glob("*.json") if not learn else ():
            old.unlink()
        sys.stdout.write("learning which tests come past what; all of it takes minutes\n")
        copies[0].learn(known, learn or [])
    tests = reach.read(known, ROOT)
    if not tests.seconds:
        raise SystemExit("no test passed: nothing is known about which test comes past what")
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def try_one(site: Site) -> tuple[Site, Verdict]:
        copy = free.get()
        try:
            chosen = _tests_for(copy, site, tests, budget)
            if (killer := memory.killer_of(site)) in tests.seconds:
                chosen = [killer, *(test for test in chosen if test != killer)]
            verdict = copy.try_without(site, chosen, seconds=60 + PATIENCE * budget)
            if verdict.outcome == "survived" and memory.names[site] not in EQUIVALENT:
                tried = set(chosen)
                others = [test for test in _tests_for(copy, site, tests, LONGER * budget) if test not in tried]
                if others:
                    verdict = copy.try_without(site, others, seconds=60 + PATIENCE * LONGER * budget)
            return site, verdict
        finally:
            free.put(copy)

    # In an order of no meaning, but the same each time: what is cut off has seen something of everything.
    chosen = sorted(chosen, key=lambda site: hashlib.sha256(site.name.encode()).digest())
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        for done, (site, verdict) in enumerate(pool.map(try_one, chosen), start=1):
            memory.keep(site, verdict)
            sys.stdout.write(f"{done}/{len(chosen)} {verdict.outcome}: {site.file}:{site.line}: {_short(site)}\n")
            sys.stdout.flush()
    for copy in copies:
        copy.close()


def _tests_for(copy: Copy, site: Site, tests: reach.Reach, budget: float) -> list[str]:
    if site.kind == "scope check":
        return sorted(filter(WALKS_ROUTES.match, tests.seconds), key=lambda test: tests.seconds[test])
    functions = names_that_lead_to(copy.server / site.file, site.function)
    return tests.tests_for(site.file, functions, seconds=budget)


def _judge(sites: list[Site], chosen: list[Site], memory: Memory) -> int:
    """Say which of *chosen* survived without an excuse; return the exit code."""
    names = memory.names
    bad = 0
    for site in chosen:
        verdict = memory.of(site)
        if verdict is None or verdict.outcome == "killed":
            if verdict is not None and names[site] in EQUIVALENT:
                sys.stdout.write(f"not needed in equivalents.py: {names[site]}\n")
            continue
        if names[site] not in EQUIVALENT:
            bad += 1
            sys.stdout.write(f"{verdict.outcome} {site.file}:{site.line}: {site.kind}: {names[site]}\n")
    for name in EQUIVALENT.keys() - set(names.values()):
        bad += 1
        sys.stdout.write(f"equivalents.py names what is not there: {name}\n")
    return 1 if bad else 0


def _memory_disk() -> str | None:
    """Return a folder in memory, where there is one: what tests wait for most is the disk."""
    folder = Path("/dev/shm")  # of Linux; elsewhere the usual one
    return str(folder) if os.access(folder, os.W_OK) else None


def _version() -> str:
    """Name the state of the source: the commit, and whether files differ from it."""
    commit = _git("rev-parse", "--short", "HEAD")
    return f"commit {commit}" + (", with changes" if _git("status", "--porcelain", "--", "src", "tests") else "")


def _git(*args: str) -> str:
    return subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def _short(site: Site) -> str:
    return f"{site.function}: {' '.join(site.says.split())[:90]}"


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
