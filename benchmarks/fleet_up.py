"""One `ravi fleet up` against the guide's loop of processes, and how its price grows with the size of the fleet."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.fleet import AGENTS, provision_by_processes
from benchmarks.measure import Effort, NotMeasured, Table, at_most, compare, interleave
from benchmarks.processes import RAVI, environment
from benchmarks.servers import Owner, add_account, ravi_server, sign_in, workplace

LOOP = f"{AGENTS} x identity create and get email, from 20 threads"
ONE = f"ravi fleet up {AGENTS}"
SMALL, LARGE = 10, 200


def run(effort: Effort) -> Iterator[Table]:
    """Measure wall time, in one run and on one server, and check that nobody got what is another's."""
    with workplace() as folder:
        code = add_account(folder)
        with ravi_server(folder, limited=True) as server:
            owner = sign_in(folder, server, code)
            yield _against_the_loop(folder, owner, effort)
            yield _growth(folder, owner, effort)


def _against_the_loop(folder: Path, owner: Owner, effort: Effort) -> Table:
    places = (folder / f"at-once-{number}" for number in range(10_000))
    samples = interleave(
        {
            LOOP: lambda: provision_by_processes(owner, next(places)),
            ONE: lambda: _up(owner, next(places), AGENTS),
        },
        rounds=effort.of(9, 3),
    )
    return compare(
        "A fleet in one command",
        "s",
        samples,
        baseline=LOOP,
        bars={ONE: at_most(1 / 8)},
        notes=[
            f"Both give {AGENTS} directories an identity; the command also gives each a key of its own and an approved"
            " binding, and makes four files durable for each before it returns, where the loop writes one and does not"
            " wait for the disk.",
        ],
    )


def _growth(folder: Path, owner: Owner, effort: Effort) -> Table:
    places = (folder / f"growth-{number}" for number in range(10_000))
    samples = interleave(
        {
            f"a fleet of {size}": lambda size=size: 1000 * _up(owner, next(places), size) / size
            for size in (SMALL, LARGE)
        },
        rounds=effort.of(9, 3),
    )
    return compare(
        "What one agent of a fleet costs",
        "ms",
        samples,
        baseline=f"a fleet of {SMALL}",
        bars={f"a fleet of {LARGE}": at_most(1)},
        notes=["Wall time of the command, the start of its process included, divided by the number of agents."],
    )


def _up(owner: Owner, folder: Path, agents: int) -> float:
    """Raise one fleet in *folder* and return the seconds it took. Raises NotMeasured when two share anything."""
    folder.mkdir()
    began = time.perf_counter()
    rows = json.loads(_output([RAVI, "fleet", "up", str(agents), "--json"], environment(owner.home), folder))
    took = time.perf_counter() - began
    if any(len({row[key] for row in rows}) != agents for key in ("uuid", "email", "config_dir")):
        raise NotMeasured("two agents of one fleet share an identity, an address or a directory")
    if not all((Path(row["config_dir"]) / "config.json").is_file() for row in rows):
        raise NotMeasured("a directory was not bound")
    return took


def _output(argv: list[str | Path], env: dict[str, str], cwd: Path) -> str:
    done = subprocess.run(argv, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(f"ravi fleet up: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout
