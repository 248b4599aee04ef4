"""Open the vault on this machine, or set it up if the account has none.

Asks for the PIN, and for the recovery code where this machine does not hold it. After that no command asks, until
`ravi lock` or `ravi auth logout`. Setting up has you choose a PIN and shows a recovery code, which is also written to
recovery-code.txt beside auth.json.

It is for the owner: for the sign-in, or for a management key in RAVI_API_KEY. An agent with a key of its own is given
one identity's vault key instead: see `ravi vault key`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi unlock",
    "ravi unlock --pin-file pin.txt",
    "ravi unlock --pin-file pin.txt --recovery-code-file recovery-code.txt",
)


def configure(parser: VerbParser) -> None:
    """Where the PIN comes from."""
    from ravi.cli.vault.pins import add_code_arguments, add_pin_arguments, add_recovery_file_argument

    add_pin_arguments(parser)
    add_code_arguments(parser)
    add_recovery_file_argument(parser)


def run(args: Namespace, io: Io) -> int:
    """Print {"unlocked": true, "account", "auth_file", "set_up", "format", "recovery_file"}."""
    from ravi.cli.vault.opening import NOT_SET_UP, PRESENT, open_vault, register_public_keys, say_what_is_left
    from ravi.cli.vault.pins import Pins
    from ravi.cli.vault.recovery_file import hand_over_for

    pins = Pins(args, io)
    with io.client(need_identity=False, about_old_vault=False) as ravi:
        status = ravi.vault.status()
        is_new = status.format == NOT_SET_UP
        if is_new:
            opened = ravi.vault.create(pins.new_pin(first=True))
        else:
            opened, _ = open_vault(ravi, pins, io, status)
        recovery_file = None
        if opened.was_pending:
            # Before it is kept as a code that was seen: if this is cut off, the next unlocking shows it.
            recovery_file = hand_over_for(ravi, opened, io, status, write_file=not args.no_recovery_file)
        ravi.vault.keep(opened)
        say_what_is_left(opened, io)
        if is_new:
            register_public_keys(ravi, io)
    document = {
        "unlocked": True,
        "account": status.account_uuid,
        "auth_file": status.auth_file,
        "set_up": is_new,
        "format": PRESENT if is_new else status.format,
        "recovery_file": recovery_file,
    }
    io.out.document(document, _said)
    return 0


def _said(layout: Layout, done: dict[str, Any]) -> str:
    return layout.value("the vault is set up and unlocked" if done["set_up"] else "unlocked")
