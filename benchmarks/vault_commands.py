"""How long a command of the vault takes, as a whole process, against the interpreter that it runs on."""

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Effort, Table, at_most, compare, interleave
from benchmarks.processes import PYTHON, RAVI, environment, timed
from benchmarks.servers import Owner, add_account, ravi_server, sign_in, workplace

BASELINE = "python -c pass"
GET = "ravi secrets get (root key)"
GET_AS_AGENT = "ravi secrets get (the identity's own keys)"
EXPORT = "ravi secrets export, 100 secrets"
BARS = {GET: at_most(5), GET_AS_AGENT: at_most(5), EXPORT: at_most(6)}
SECRETS = 100


def run(effort: Effort) -> Iterator[Table]:
    """Measure one secret as the owner and as an agent, and the export of a hundred."""
    with workplace() as folder:
        code = add_account(folder)
        pin = folder / "pin"
        pin.write_text("482913\n", encoding="utf-8")
        pin.chmod(0o600)
        with ravi_server(folder) as server:
            owner = sign_in(folder, server, code)
            owner.ravi("unlock", "--pin-file", str(pin))
            yield _measure(folder, owner, effort)


def _measure(folder: Path, owner: Owner, effort: Effort) -> Table:
    one = owner.ravi("identity", "create", "--name", "one")
    many = owner.ravi("identity", "create", "--name", "many")
    owner.ravi("--identity", one["uuid"], "secrets", "set", "API_KEY", "a value that is looked for")
    source = folder / "many.env"
    source.write_text("".join(f"NAME_{n}='value {n} of many'\n" for n in range(SECRETS)), encoding="utf-8")
    owner.ravi("--identity", many["uuid"], "secrets", "import", str(source))
    project = folder / "project"
    (project / ".ravi").mkdir(parents=True)
    (project / ".ravi" / "config.json").write_text(json.dumps({"identity_uuid": one["uuid"]}), encoding="utf-8")
    person = environment(owner.home)
    agent = environment(
        folder / "nobody",
        RAVI_API_URL=owner.url,
        RAVI_API_KEY=owner.identity_key(one["uuid"]),
        RAVI_IDENTITY=one["uuid"],
        RAVI_VAULT_KEY=owner.ravi("--identity", one["uuid"], "vault", "key")["vault_key"],
    )
    exporting = environment(owner.home, RAVI_IDENTITY=many["uuid"])
    value, last = b"a value that is looked for", f"NAME_{SECRETS - 1}=".encode()

    candidates = {
        BASELINE: lambda: timed([PYTHON, "-c", "pass"], person, cwd=project),
        GET: lambda: timed([RAVI, "secrets", "get", "API_KEY"], person, cwd=project, expect=value),
        GET_AS_AGENT: lambda: timed([RAVI, "secrets", "get", "API_KEY"], agent, cwd=project, expect=value),
        EXPORT: lambda: timed([RAVI, "secrets", "export"], exporting, cwd=project, expect=last),
        "ravi secrets list": lambda: timed([RAVI, "secrets", "list"], person, cwd=project, expect=b"API_KEY"),
    }
    seconds = interleave(candidates, rounds=effort.of(60, 15), warm_ups=3)
    samples = {name: [each * 1000 for each in values] for name, values in seconds.items()}
    notes = ["Whole processes with a warm disk, one at a time; the server is on loopback, on plain HTTP."]
    return compare("Reading the vault", "ms", samples, baseline=BASELINE, bars=BARS, notes=notes)
