"""Delete sign-ins for sites, with their history. Works without the vault's key.

With several arguments a failure does not stop the rest.
"""

from __future__ import annotations

from ravi.cli.identity import several

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi passwords delete example.com", "ravi passwords delete 3a0c5a0e-6c5c-4b5e-9d3c-5d1f2e8a9b01")


def configure(parser: VerbParser) -> None:
    """Which sign-ins."""
    parser.add_argument("refs", metavar="uuid | domain", nargs="+", help="one or more sign-ins: a uuid, or a site")


def run(args: Namespace, io: Io) -> int:
    """Print {"status": "deleted", "entry"}, or a list of these when several were named."""
    with io.client(need_identity=True) as ravi:

        def delete(ref: str) -> dict[str, str]:
            ravi.passwords.delete(ref)
            return {"status": "deleted", "entry": ref}

        return several.each(io, args.refs, delete, _receipts)


def _receipts(layout: Layout, receipts: Sequence[Mapping[str, str]]) -> str:
    return "\n".join(layout.value(f"deleted {receipt['entry']}") for receipt in receipts) or "nothing was deleted"
