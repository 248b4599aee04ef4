"""The page about what was dropped, and what came of it."""

from collections import Counter

from tests.mutations.equivalents import EQUIVALENT
from tests.mutations.memory import Memory
from tests.mutations.sites import Site
from tests.mutations.trial import ROOT

PAGE = ROOT / "docs" / "explanation" / "mutation-check.md"
COLUMNS = ("found", "tried", "a test fails", "redundant, with a reason", "no test fails")

_HEAD = """\
# The mutation check

A filter that nobody tests is a comment. So `make check-deep` drops every single identity filter, fence, scope check,
tombstone check and signature check of the server, one at a time, in a copy of the tree, and runs the tests that come
past it. One of them has to fail. This page is written by that run.

**How checks are found.** By form, not from a list, so that a new one joins by itself (`tests/mutations/in_sql.py`,
`in_python.py`): conditions of SQL about `account_id` and `identity_id`, and about what is revoked, used, expired,
released or off; every `if` that refuses somebody, and of several reasons each; comparisons of signatures and
checksums; scopes that routes declare. A route that asks who is calling and declares no scope does not start.

**Which tests are run.** Those that enter the function, as one traced run of the suites has noted: the one that failed
last time, then the likeliest, about {seconds:.0f} seconds' worth of them, and ten times as many if none of those fails.
One that waits for ever has failed. On SQLite: PostgreSQL is asked the same statements.

**Why even a filter behind another is noticed.** In these suites every statement is first run as somebody else, with a
foreign account's or identity's id in its parameters, and rolled back (`tests/support/strangers.py`). It has to show
and change nothing, whoever was asked before.

## Result

"""


def table(sites: list[Site], memory: Memory) -> str:
    """Return how many checks of each kind there are, and what came of dropping them, as Markdown."""
    rows: dict[str, Counter[str]] = {}
    for site in sites:
        counts = rows.setdefault(site.kind, Counter())
        counts["found"] += 1
        verdict = memory.of(site)
        if verdict is None:
            continue
        counts["tried"] += 1
        if verdict.outcome == "killed":
            counts["a test fails"] += 1
        elif memory.names[site] in EQUIVALENT:
            counts["redundant, with a reason"] += 1
        else:
            counts["no test fails"] += 1
    rows = dict(sorted(rows.items())) | {"all": sum(rows.values(), Counter())}
    lines = [f"| Kind | {' | '.join(COLUMNS)} |", f"|---|{'---:|' * len(COLUMNS)}"]
    lines += [f"| {kind} | {' | '.join(str(counts[column]) for column in COLUMNS)} |" for kind, counts in rows.items()]
    return "\n".join(lines)


def page(sites: list[Site], memory: Memory, *, seconds: float, version: str) -> str:
    """Return the whole page; *version* says of which state of the source it tells."""
    redundant, alive = [], []
    for site in sites:
        verdict, name = memory.of(site), memory.names[site]
        if verdict is None or verdict.outcome == "killed":
            continue
        if name in EQUIVALENT:
            redundant.append(f"| `{site.file}` `{site.function}` | `{_cell(site)}` | {EQUIVALENT[name]} |")
        else:
            alive.append(f"| `{site.file}:{site.line}` `{site.function}` | `{_cell(site)}` | {verdict.outcome} |")
    parts = [_HEAD.format(seconds=seconds), f"Of {version}.\n\n", table(sites, memory), "\n"]
    if alive:
        parts += ["\n## No test fails\n\n| Where | What was dropped | |\n|---|---|---|\n", "\n".join(alive), "\n"]
    if redundant:
        parts += ["\n## Redundant\n\n| Where | What was dropped | Why nothing changes |\n|---|---|---|\n"]
        parts += ["\n".join(redundant), "\n"]
    return "".join(parts)


def _cell(site: Site) -> str:
    return " ".join(site.says.split()).replace("|", "\\|")
