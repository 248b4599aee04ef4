"""`ravi help exit-codes`: the table of exit codes."""

from __future__ import annotations

from ravi.cli.exit_codes import TABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io

_ABOUT = "What the exit code of ravi says. Scripts may rely on these numbers; messages may change."


def run(io: Io) -> int:
    """Print the table: text, or a list of objects when --json is given."""
    rows = sorted((number, meaning) for number, meaning, _, _ in TABLE)
    if io.options.json:
        io.out.write_json([{"exit_code": number, "meaning": meaning} for number, meaning in rows])
    else:
        io.out.text("\n".join([_ABOUT, "", *(f"  {number:>3}  {meaning}" for number, meaning in rows)]))
    return 0
