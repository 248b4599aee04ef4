"""Replace the recovery code: make a new one, with which the old one opens nothing any more.

Asks for the PIN. The new code is shown, and written to recovery-code.txt beside auth.json in place of the old one.
Other machines that are unlocked stay so, and want the new code once, when they are next unlocked.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi auth recovery-code", "ravi auth recovery-code --pin-file pin.txt")


def configure(parser: VerbParser) -> None:
    """Where the PIN comes from, and where the new code goes."""
    from ravi.cli.vault.pins import add_code_arguments, add_pin_arguments, add_recovery_file_argument

    add_pin_arguments(parser)
    add_code_arguments(parser)
    add_recovery_file_argument(parser)


def run(args: Namespace, io: Io) -> int:
    """Print {"renewed": true, "account", "auth_file", "recovery_file"}. The code itself is in no document."""
    from ravi.cli.vault.opening import open_to_change
    from ravi.cli.vault.pins import Pins
    from ravi.cli.vault.recovery_file import hand_over_for

    pins = Pins(args, io)
    with io.client(need_identity=False) as ravi:
        status = ravi.vault.status()
        opened, pin = open_to_change(ravi, pins, io, status)
        renewed = ravi.vault.wrap_anew(opened, pin, new_code=True)
        recovery_file = hand_over_for(ravi, renewed, io, status, write_file=not args.no_recovery_file)
        ravi.vault.keep_code(renewed)
    document = {
        "renewed": True,
        "account": renewed.account_uuid,
        "auth_file": status.auth_file,
        "recovery_file": recovery_file,
    }
    io.out.document(document, lambda layout, _: layout.value("the recovery code is replaced"))
    return 0
