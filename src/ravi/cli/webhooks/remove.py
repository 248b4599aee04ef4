"""Remove a webhook, with the log of what was posted to it. Nothing more is posted."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi webhooks remove 3",)


def configure(parser: VerbParser) -> None:
    """Which one."""
    parser.add_argument("ref", metavar="id | uuid", help="the webhook, from ravi webhooks list")


def run(args: Namespace, io: Io) -> int:
    """Print {"status", "webhook"}."""
    with io.client(need_identity=False) as ravi:
        ravi.webhooks.delete(args.ref)
    done = {"status": "removed", "webhook": args.ref}
    io.out.document(done, lambda layout, it: layout.value(f"removed webhook {it['webhook']}"))
    return 0
