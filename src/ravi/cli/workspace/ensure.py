"""Give a directory an identity of its own, or see that it has one. Made for hooks: safe to repeat, never asks.

Makes an identity and writes .ravi/config.json with that identity's key alone, and its vault key if this machine has
unlocked the vault. What is found from that directory, or given it as RAVI_CONFIG_DIR, acts as that identity and as no
other. A second run changes nothing, nor do ten at once; a run that was cut off is finished by the next. Until then no
command acts as anybody there, so that an agent that starts too early stops instead of acting as you.

In a copied or moved directory a new identity is made; the other one stays. One that was deleted is replaced; one
that was switched off, or whose key was revoked, is not. A file that ravi has not written is left alone, unless you say
--rebind. Git is told to overlook .ravi (.git/info/exclude). --ttl counts anew with each run of the owner's.
"""

from __future__ import annotations

from ravi.cli.workspace import asking, view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io

EXAMPLES = (
    "ravi workspace ensure",
    "ravi workspace ensure ../agent-7 --name agent-7 --ttl 24h --label fleet=nightly",
    "ravi workspace ensure --env-file .env.local",
)

configure = asking.configure


def run(args: Namespace, io: Io) -> int:
    """Print the binding."""
    io.out.document(view.bound(asking.ensure(args, io)), view.facts)
    return 0
