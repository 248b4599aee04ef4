"""Erase contacts for good; messages stay. With several arguments a failure does not stop the rest."""

from __future__ import annotations

from ravi.cli.identity import several

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi contacts delete ada@example.org",)


def configure(parser: VerbParser) -> None:
    """Whom."""
    parser.add_argument("refs", metavar="uuid | address | number", nargs="+", help="one or more contacts")


def run(args: Namespace, io: Io) -> int:
    """Print {"status": "deleted", "contact"}, or a list of these when several were named."""
    with io.client(need_identity=True) as ravi:

        def delete(ref: str) -> dict[str, str]:
            ravi.contacts.delete(ref)
            return {"status": "deleted", "contact": ref}

        return several.each(io, args.refs, delete, _receipts)


def _receipts(layout: Layout, receipts: Sequence[Mapping[str, str]]) -> str:
    return "\n".join(layout.value(f"deleted {receipt['contact']}") for receipt in receipts) or "nothing was deleted"
