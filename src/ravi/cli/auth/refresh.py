"""Renew the saved sign-in's access token now.

Never needed in everyday use: every command renews an expired token by itself, once for all processes.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io

EXAMPLES = ("ravi auth refresh",)


def run(args: None, io: Io) -> int:
    """Print {"authenticated", "server", "expires_at", "auth_file"}. Raises NotSignedIn."""
    import time

    with io.client(need_identity=False) as ravi:
        renewed = ravi.auth.refresh()
    ends = renewed.expires_at
    document = {
        "authenticated": True,
        "server": renewed.server,
        "expires_at": None if ends is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends)),
        "auth_file": renewed.path,
    }
    io.out.document(document, lambda layout, it: layout.facts([("renewed until", it["expires_at"] or "unknown")]))
    return 0
