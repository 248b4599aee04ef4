"""Print the email address of the identity that this command acts as."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io

EXAMPLES = ("ravi get email", "ravi get email --json | jq -r .email", "ravi get email --identity research-agent")


def run(args: None, io: Io) -> int:
    """Print the inbox. Raises NoInbox when the identity has none."""
    with io.client(need_identity=True) as ravi:
        inbox = ravi.own.email()
    io.out.document(inbox, lambda layout, it: layout.value(it["email"]))
    return 0
