"""Which benchmarks there are, and what one run of them leaves behind."""

import argparse
import importlib
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine, report
from benchmarks.measure import Effort, NotMeasured, Table
from benchmarks.processes import require_venv

#: Modules of this package, in the order they run: the ones that want a quiet machine most come first.
NAMES = ("cli_start", "fleet", "http_read", "http_write", "scale", "idle")
RESULTS = Path(__file__).with_name("RESULTS.md")


def main(argv: list[str]) -> int:
    """Run what *argv* names. Exit 1 when something could not be measured; a missed bar is a result, not a failure."""
    arguments = _arguments(argv)
    names = arguments.names or list(NAMES)
    if arguments.record and (arguments.names or arguments.quick):
        print("benchmarks: --record writes down one whole run: give it neither names nor --quick", file=sys.stderr)
        return 2
    effort = Effort(quick=arguments.quick)
    began = datetime.now(UTC)
    try:
        require_venv()
    except NotMeasured as reason:
        print(f"benchmarks: {reason}", file=sys.stderr)
        return 2
    shape = machine.shape()
    print("\n".join(f"{heading}: {text}" for heading, text in shape.items()), flush=True)
    tables: list[Table] = []
    absent: dict[str, str] = {}
    for name in names:
        started = time.monotonic()
        try:
            found = importlib.import_module(f"benchmarks.{name}").run(effort)
        except NotMeasured as reason:
            absent[name] = str(reason)
            print(f"\n{name} was NOT measured: {reason}", flush=True)
            continue
        for table in found:
            print("\n".join(["", table.title, *table.lines(), *table.notes]), flush=True)
        print(f"({name}: {time.monotonic() - started:.0f} s)", flush=True)
        tables += found
    print("\n" + report.summary(tables, absent))
    if arguments.json:
        document = report.document(began, shape, tables, absent)
        Path(arguments.json).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if arguments.record:
        RESULTS.write_text(report.page(began, shape, tables, absent), encoding="utf-8")
    return 1 if absent else 0


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description="Measure, and print ratios with their bars.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only: {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for working on a benchmark")
    parser.add_argument("--record", action="store_true", help="rewrite benchmarks/RESULTS.md")
    parser.add_argument("--json", metavar="FILE", help="write the results as JSON, too")
    arguments = parser.parse_args(argv)
    if unknown := [name for name in arguments.names if name not in NAMES]:
        parser.error(f"no benchmark is called {unknown[0]}; there are: {', '.join(NAMES)}")
    return arguments
