"""Print the name of the person that this command's identity works for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io

EXAMPLES = ("ravi get owner",)


def run(args: None, io: Io) -> int:
    """Print the owner."""
    with io.client(need_identity=True) as ravi:
        io.acting_as(ravi)  # the call itself is the account's; an agent without an identity has no owner to name
        owner = ravi.own.owner()
    io.out.document(owner, lambda layout, it: layout.value(f"{it['first_name']} {it['last_name']}".strip()))
    return 0
