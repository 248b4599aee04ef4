"""How long a `ravi` command takes, as a whole process, against the interpreter that it runs on."""

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Effort, Table, at_most, compare, interleave
from benchmarks.processes import PYTHON, RAVI, environment, timed
from benchmarks.servers import Owner, add_account, ravi_server, sign_in, workplace

BASELINE = "python -c pass"
BY_FILE = "ravi get email --json (.ravi/config.json)"
BY_KEY = "ravi get email --json (identity key)"
VERSION = "ravi version"
BARS = {BY_FILE: at_most(4), BY_KEY: at_most(4), VERSION: at_most(2.5)}


def run(effort: Effort) -> Iterator[Table]:
    """Measure the two commands that agents run most, and three more for comparison."""
    with workplace() as folder:
        code = add_account(folder)
        with ravi_server(folder) as server:
            yield _measure(folder, sign_in(folder, server, code), effort)


def _measure(folder: Path, owner: Owner, effort: Effort) -> Table:
    identity = owner.ravi("identity", "create", "--name", "research-agent")
    project = folder / "project"
    (project / ".ravi").mkdir(parents=True)
    (project / ".ravi" / "config.json").write_text(json.dumps({"identity_uuid": identity["uuid"]}), encoding="utf-8")
    person = environment(owner.home)
    agent = environment(folder / "nobody", RAVI_API_URL=owner.url, RAVI_API_KEY=owner.identity_key(identity["uuid"]))
    address = identity["email"].encode()

    candidates = {
        BASELINE: lambda: timed([PYTHON, "-c", "pass"], person, cwd=project),
        BY_FILE: lambda: timed([RAVI, "get", "email", "--json"], person, cwd=project, expect=address),
        BY_KEY: lambda: timed([RAVI, "get", "email", "--json"], agent, cwd=project, expect=address),
        VERSION: lambda: timed([RAVI, "version"], person, cwd=project, expect=b"version"),
        "ravi --help": lambda: timed([RAVI, "--help"], person, cwd=project, expect=b"identity"),
        "ravi identity list": lambda: timed([RAVI, "identity", "list"], person, cwd=project, expect=address),
    }
    seconds = interleave(candidates, rounds=effort.of(60, 15), warm_ups=3)
    samples = {name: [each * 1000 for each in values] for name, values in seconds.items()}
    notes = ["Whole processes with a warm disk, one at a time; the server is on loopback, on plain HTTP."]
    return compare("Starting the CLI", "ms", samples, baseline=BASELINE, bars=BARS, notes=notes)
