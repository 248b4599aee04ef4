"""End an API key, of the account or of an identity. Whoever uses it is refused from the next request on."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi keys revoke 3a0c5a0e-6c5c-4b5e-9d3c-5d1f2e8a9b01",)


def configure(parser: VerbParser) -> None:
    """Which key."""
    parser.add_argument("uuid", help="the key's uuid, from ravi keys list")


def run(args: Namespace, io: Io) -> int:
    """Print {"status", "uuid"}."""
    with io.client(need_identity=False) as ravi:
        ravi.keys.revoke(args.uuid)
    io.out.document({"status": "revoked", "uuid": args.uuid}, lambda layout, it: layout.value(f"revoked {it['uuid']}"))
    return 0
