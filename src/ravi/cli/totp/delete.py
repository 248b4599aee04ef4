"""Delete seeds of one-time codes. There is no way back: switch the second factor off at the site first.

Works without the vault's key. With several arguments a failure does not stop the rest.
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

EXAMPLES = ("ravi totp delete github",)


def configure(parser: VerbParser) -> None:
    """Which seeds."""
    parser.add_argument("refs", metavar="name | uuid", nargs="+", help="one or more seeds")


def run(args: Namespace, io: Io) -> int:
    """Print {"status": "deleted", "entry"}, or a list of these when several were named."""
    with io.client(need_identity=True) as ravi:

        def delete(ref: str) -> dict[str, str]:
            ravi.totp.delete(ref)
            return {"status": "deleted", "entry": ref}

        return several.each(io, args.refs, delete, _receipts)


def _receipts(layout: Layout, receipts: Sequence[Mapping[str, str]]) -> str:
    return "\n".join(layout.value(f"deleted {receipt['entry']}") for receipt in receipts) or "nothing was deleted"
