"""Print the phone number of the identity that this command acts as."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io

EXAMPLES = ("ravi get phone", "ravi get phone --json | jq -r .phone_number")


def run(args: None, io: Io) -> int:
    """Print the number. Raises NoPhone when the identity has none."""
    with io.client(need_identity=True) as ravi:
        phone = ravi.own.phone()
    io.out.document(phone, lambda layout, it: layout.value(it["phone_number"]))
    return 0
