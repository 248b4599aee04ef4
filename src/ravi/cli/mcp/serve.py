"""Serve the selected identity's mail, texts and vault to a harness, over MCP on stdin and stdout.

The identity is chosen once, at the start, as for every command; no tool can choose another. What strangers wrote comes
back between lines that they could not have known. Values of the vault are given out one by one, when they are asked for
by name. Needs the extra ravi[mcp].
"""

from __future__ import annotations

from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi workspace exec -- ravi mcp",
    "ravi mcp --no-vault",
)


def configure(parser: VerbParser) -> None:
    """Which tools to leave out."""
    parser.add_argument("--no-vault", action="store_true", help="offer no tool that reads secrets, passwords or codes")
    parser.add_argument("--no-send", action="store_true", help="offer no tool that sends mail or texts")


def run(args: Namespace, io: Io) -> int:
    """Serve until stdin ends. Raises NotSignedIn, IdentityRequired, ConfigInvalid, and UsageError without the extra."""
    settings = io.settings(need_identity=True)
    if not settings.require_credential().names_identity:
        settings.require_identity()
    try:
        from ravi.cli.mcp.server import serve
    except ImportError as error:
        raise UsageError(
            f"ravi mcp needs a package that is not installed: {error.name}",
            hint="install the extra: pip install 'ravi[mcp]'",
        ) from error

    serve(settings, vault=not args.no_vault, send=not args.no_send)
    return 0
