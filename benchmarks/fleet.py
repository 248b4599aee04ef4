"""Fifty workspaces at once: create an identity for each, bind it, and ask for its address, with twenty threads."""

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.measure import Effort, NotMeasured, Table, compare, interleave
from benchmarks.processes import PYTHON, RAVI, environment
from benchmarks.servers import Owner, add_account, ravi_server, sign_in, workplace

AGENTS = 50
PROCESSES = 2 * AGENTS
THREADS = 20

BASELINE = f"{PROCESSES} x python -c pass"
FLEET = f"a fleet of {AGENTS}: {AGENTS} x identity create, {AGENTS} x get email"


def run(effort: Effort) -> Iterator[Table]:
    """Measure the wall time of a whole fleet, and check that nobody got what is another's."""
    with workplace() as folder:
        code = add_account(folder)
        with ravi_server(folder, limited=True) as server:
            yield _measure(folder, sign_in(folder, server, code), effort)


def _measure(folder: Path, owner: Owner, effort: Effort) -> Table:
    fleets = iter(range(10_000))
    candidates = {
        BASELINE: lambda: _bare_processes(owner),
        FLEET: lambda: provision_by_processes(owner, folder / f"fleet-{next(fleets)}"),
    }
    samples = interleave(candidates, rounds=effort.of(9, 3))
    per_process = {name: sorted(each)[len(each) // 2] * 1000 / PROCESSES for name, each in samples.items()}
    notes = [
        f"{PROCESSES} processes from {THREADS} threads; per process that is {per_process[FLEET]:.1f} ms of wall time,"
        f" against {per_process[BASELINE]:.1f} ms for the bare interpreter. The server runs on the same cores.",
        f"Checked in every round: {AGENTS} different uuids and addresses, and each workspace reads its own.",
    ]
    return compare("Provisioning a fleet", "s", samples, baseline=BASELINE, notes=notes)


def provision_by_processes(owner: Owner, folder: Path) -> float:
    """Provision one fleet in *folder* and return the seconds it took. Raises NotMeasured when two share anything."""
    places = [folder / f"worktree-{number}" / ".ravi" for number in range(AGENTS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        made = list(pool.map(_provision, [owner] * AGENTS, places))
    took = time.perf_counter() - began
    if len({uuid for uuid, _ in made}) != AGENTS or len({address for _, address in made}) != AGENTS:
        raise NotMeasured("two agents of one fleet share an identity or an address")
    return took


def _provision(owner: Owner, config: Path) -> tuple[str, str]:
    """Create the identity of one workspace and bind it there; return its uuid and the address it answers with."""
    config.mkdir(parents=True)
    env = environment(owner.home, RAVI_CONFIG_DIR=config)
    identity = _document(["identity", "create", "--name", config.parent.name, "--json"], env)
    (config / "config.json").write_text(json.dumps({"identity_uuid": identity["uuid"]}), encoding="utf-8")
    inbox = _document(["get", "email", "--json"], env)
    if inbox["email"] != identity["email"]:
        raise NotMeasured(f"{identity['email']} was told that it is {inbox['email']}")
    return identity["uuid"], inbox["email"]


def _document(words: list[str], env: dict[str, str]) -> Any:
    return json.loads(_output([RAVI, *words], env))


def _bare_processes(owner: Owner) -> float:
    env = environment(owner.home)
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(_output, [[PYTHON, "-c", "pass"]] * PROCESSES, [env] * PROCESSES))
    return time.perf_counter() - began


def _output(argv: list[str], env: dict[str, str]) -> str:
    """Run one process as an orchestrator does: `subprocess.run`, with pipes."""
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(f"ravi {' '.join(argv[1:])}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout
