"""Which benchmarks there are, and what one run of them leaves behind."""

import argparse
import importlib
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.measure import Effort, NotMeasured
from benchmarks.processes import require_venv
from benchmarks.report import Run

#: Modules of this package, in the order they run: the ones that want a quiet machine most come first.
NAMES = (
    "cli_start",
    "vault_commands",
    "vault_values",
    "waiting",
    "fleet",
    "fleet_up",
    "http_read",
    "http_write",
    "storm",
    "mail_in",
    "scale",
    "idle",
    "waiters",
)
RESULTS = Path(__file__).with_name("RESULTS.md")


def main(argv: list[str]) -> int:
    """Run what *argv* names. Exit 1 when something could not be measured; a missed bar is a result, not a failure."""
    arguments = _arguments(argv)
    try:
        require_venv()
    except NotMeasured as reason:
        print(f"benchmarks: {reason}", file=sys.stderr)
        return 2
    run = Run(datetime.now(UTC), machine.shape(), machine.caution())
    print("\n".join(f"{heading}: {text}" for heading, text in run.machine.items()), flush=True)
    for name in arguments.names or NAMES:
        _measure(name, Effort(quick=arguments.quick), run)
    print("", *run.summary(), sep="\n")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(run.document(), indent=2) + "\n", encoding="utf-8")
    if arguments.record:
        RESULTS.write_text(run.page(), encoding="utf-8")
    return 1 if run.absent else 0


def _measure(name: str, effort: Effort, run: Run) -> None:
    began = time.monotonic()
    try:
        for table in importlib.import_module(f"benchmarks.{name}").run(effort):
            print("", table.title, *table.lines(), *table.notes, sep="\n", flush=True)
            run.tables.append(table)  # stays, also when the benchmark's next table cannot be had
    except NotMeasured as reason:
        run.absent[name] = str(reason)
        print(f"\n{name} was NOT measured to its end: {reason}", flush=True)
    print(f"({name}: {time.monotonic() - began:.0f} s)", flush=True)


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description="Measure, and print ratios with their bars.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only: {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for working on a benchmark")
    parser.add_argument("--record", action="store_true", help="rewrite benchmarks/RESULTS.md")
    parser.add_argument("--json", metavar="FILE", help="write the results as JSON, too")
    arguments = parser.parse_args(argv)
    if unknown := [name for name in arguments.names if name not in NAMES]:
        parser.error(f"no benchmark is called {unknown[0]}; there are: {', '.join(NAMES)}")
    if arguments.record and (arguments.names or arguments.quick):
        parser.error("--record writes down one whole run: give it neither names nor --quick")
    return arguments
