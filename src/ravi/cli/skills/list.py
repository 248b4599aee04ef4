"""List the skills: short texts that teach an agent to use ravi."""

from __future__ import annotations

from ravi.cli.skills import reading as texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi skills list",)


def configure(parser: VerbParser) -> None:
    """Nothing to choose."""


def run(args: Namespace, io: Io) -> int:
    """Print a list of {"name", "description"}."""
    found = [texts.describe(name) for name in texts.names()]
    io.out.document(
        found,
        lambda layout, rows: layout.table(
            ("name", "for"), [(each["name"], each["description"]) for each in rows], empty="no skills"
        ),
    )
    return 0
