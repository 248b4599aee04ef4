"""What the server costs before it does anything: time to its ready line, and memory."""

import itertools
import time
from collections.abc import Iterator

from benchmarks.measure import Effort, Table, compare, interleave
from benchmarks.processes import PYTHON, environment, memory, timed
from benchmarks.servers import bare_server, ravi_server, workplace

LIBRARIES = 'python -c "import starlette, uvicorn, msgspec"'
BARE = "bare Starlette route on SQLite"
RAVI = "ravi-server run"
FIRST = "ravi-server run, on an empty data directory"

SETTLED_SECONDS = 1.0


def run(effort: Effort) -> Iterator[Table]:
    """Measure the start on new and on existing data, then the resident memory a moment after it."""
    yield _start(effort)
    yield _memory(effort)


def _start(effort: Effort) -> Table:
    with workplace() as folder:
        env = environment(folder)
        fresh = (f"fresh-{number}" for number in itertools.count())
        with ravi_server(folder, name="existing"):
            pass  # its database is there from now on

        def started(name: str) -> float:
            with ravi_server(folder, name=name) as server:
                return server.ready_after * 1000

        candidates = {
            LIBRARIES: lambda: timed([PYTHON, "-c", "import starlette, uvicorn, msgspec"], env) * 1000,
            RAVI: lambda: started("existing"),
            FIRST: lambda: started(next(fresh)),
        }
        samples = interleave(candidates, rounds=effort.of(20, 5))
        notes = ["From the start of the process to its ready line, or to its end in the case of the libraries alone."]
        return compare("Starting the server", "ms", samples, baseline=LIBRARIES, notes=notes)


def _memory(effort: Effort) -> Table:
    def bare() -> float:
        with workplace() as folder, bare_server(folder, "sqlite") as server:
            time.sleep(SETTLED_SECONDS)
            return memory(server.pid)

    def ravi() -> float:
        with workplace() as folder, ravi_server(folder) as server:
            time.sleep(SETTLED_SECONDS)
            return memory(server.pid)

    samples = interleave({BARE: bare, RAVI: ravi}, rounds=effort.of(5, 2), warm_ups=0)
    notes = [f"Resident memory {SETTLED_SECONDS:.0f} s after the ready line, without a request."]
    return compare("Memory when idle", "MiB", samples, baseline=BARE, notes=notes)
