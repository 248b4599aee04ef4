"""Print the version of this program. Asks no server."""

from __future__ import annotations

from ravi.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io


def run(args: None, io: Io) -> int:
    """Print {"version"}."""
    if io.out.json:
        # Spelled out: loading `json` would take a third of this command's time.
        io.out.text(f'{{\n  "version": "{__version__}"\n}}')
        return 0
    io.out.document({"version": __version__}, lambda *_: f"ravi {__version__}")
    return 0
