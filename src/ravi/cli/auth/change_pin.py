"""Choose another PIN for the vault.

Asks for the present PIN, also where the vault is unlocked. Nothing that is stored changes, the recovery code stays,
and other machines go on: each asks for the new PIN when it is next unlocked.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi auth change-pin", "ravi auth change-pin --pin-file old.txt --new-pin-file new.txt")


def configure(parser: VerbParser) -> None:
    """Where both PINs come from."""
    from ravi.cli.vault.pins import add_code_arguments, add_new_pin_arguments, add_pin_arguments

    add_pin_arguments(parser)
    add_new_pin_arguments(parser)
    add_code_arguments(parser)


def run(args: Namespace, io: Io) -> int:
    """Print {"changed": true, "account", "root_version"}."""
    from ravi.cli.vault.opening import open_to_change
    from ravi.cli.vault.pins import Pins
    from ravi.cli.vault.recovery_file import hand_over_for

    pins = Pins(args, io)
    with io.client(need_identity=False) as ravi:
        status = ravi.vault.status()
        opened, _ = open_to_change(ravi, pins, io, status)
        changed = ravi.vault.wrap_anew(opened, pins.new_pin(first=False))
        if changed.was_pending:
            hand_over_for(ravi, changed, io, status, write_file=True)
            ravi.vault.keep_code(changed)
    document = {"changed": True, "account": changed.account_uuid, "root_version": changed.meta["root_version"]}
    io.out.document(document, lambda layout, _: layout.value("the PIN is changed"))
    return 0
