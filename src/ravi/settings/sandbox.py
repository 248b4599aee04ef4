"""Sandboxes that cut an agent off from the network, as far as they say so."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

#: Codex sets this to 1 in its sandbox, where connections fail, also to this very machine.
_CODEX = "CODEX_SANDBOX_NETWORK_DISABLED"


def network_hint(environ: Mapping[str, str] | None = None) -> str | None:
    """What to do about a server that cannot be reached from in here; None outside of such sandboxes."""
    if (os.environ if environ is None else environ).get(_CODEX) != "1":
        return None
    return (
        f"{_CODEX}=1: this sandbox has no network, also not to this machine; "
        "allow it (sandbox_workspace_write.network_access=true), or run the command outside"
    )
