"""Take the number away from the identity that this command acts as, for good.

Nobody gets the number again, this identity included; its texts stay. Only the owner may do this. Asks first only when a
person is there to ask: with human output on a terminal and without --yes.
"""

from __future__ import annotations

from ravi.cli import terminal
from ravi.errors import RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser
    from ravi.wire.identities import Identity

EXAMPLES = ("ravi phone release", "ravi phone release --identity research-agent --yes")


def configure(parser: VerbParser) -> None:
    """Whether to ask."""
    parser.add_argument("--yes", "-y", action="store_true", help="do not ask for confirmation")


def run(args: Namespace, io: Io) -> int:
    """Print the identity, which has no number now. Raises NoPhone and Forbidden."""
    with io.client(need_identity=True) as ravi:
        acting = io.acting_as(ravi)
        if not args.yes and not io.out.json and terminal.can_ask():
            number = ravi.own.phone()["phone_number"]
            if not terminal.confirm(f"release {number} for good?"):
                raise RaviError("cancelled; the number stays")
        released = ravi.identities.release_phone(acting)
    io.out.document(released, _said)
    return 0


def _said(layout: Layout, identity: Identity) -> str:
    return layout.value(f"{identity['name']} has no number any more")
