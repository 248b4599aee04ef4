"""Re-seal a vault that the published client v0.5.2 set up, with a key that cannot be guessed from its PIN.

Asks for the PIN. The account gets a new root key and a recovery code, which is shown and written to recovery-code.txt
beside auth.json; then every value is sealed anew and the old key material is removed from the server. The PIN stays.
It may be interrupted and repeated, here or on another machine (with PIN and recovery code), and v0.5.2 may go on
writing meanwhile. Afterwards v0.5.2 cannot use this vault any more, other machines need `ravi unlock`, and agents need
new keys from `ravi vault key`. Values that no key opens are listed and keep it from finishing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser
    from ravi.client.nouns.upgrade import Upgraded
    from ravi.client.nouns.vault import VaultStatus
    from ravi.client.session import Client

EXAMPLES = (
    "ravi vault upgrade",
    "ravi vault upgrade --pin-file pin.txt --json",
    "ravi vault upgrade --pin-file pin.txt --recovery-code-file recovery-code.txt",
)


def configure(parser: VerbParser) -> None:
    """Where the PIN comes from, and what to do with values that do not open."""
    from ravi.cli.vault.pins import add_code_arguments, add_pin_arguments, add_recovery_file_argument

    add_pin_arguments(parser)
    add_code_arguments(parser)
    add_recovery_file_argument(parser)
    parser.add_argument(
        "--leave-unreadable", action="store_true", help="finish although some values do not open; they are kept"
    )


def run(args: Namespace, io: Io) -> int:
    """Print {"upgraded": true, "resealed", "unreadable": [{"identity_uuid", "kind", "entry", "field"}]}."""
    from ravi.cli.vault.opening import PUBLISHED
    from ravi.cli.vault.pins import Pins

    pins = Pins(args, io)
    with io.client(need_identity=False, about_old_vault=False) as ravi:
        status = ravi.vault.status()
        if status.format != PUBLISHED and not status.upgrading:
            return _nothing_to_do(ravi, io, status)
        from ravi.cli.vault.opening import open_vault
        from ravi.cli.vault.progress import Shown

        opened, pin = open_vault(ravi, pins, io, status)
        email = ravi.auth.whoami()["email"]
        with Shown(io) as shown:
            done = ravi.vault.upgrade(
                pin,
                opened.recovery_code,
                leave_unreadable=args.leave_unreadable,
                begun=lambda code: _hand_over(ravi, io, status, code, email, write_file=not args.no_recovery_file),
                progress=shown.update,
            )
    io.out.document(done, _said)
    if done["resealed"]:
        io.out.note("ravi: hint: other machines need: ravi unlock; agents need new keys: ravi vault key")
    return 0


def _nothing_to_do(ravi: Client, io: Io, status: VaultStatus) -> int:
    """For an account in the present format, or without a vault."""
    from ravi.cli.vault.opening import NOT_SET_UP

    if status.format == NOT_SET_UP:
        io.out.note("ravi: hint: this account has no vault yet, so there is nothing to upgrade; set it up: ravi unlock")
    done = ravi.vault.upgrade("")  # which forgets what this machine has kept of the old format
    io.out.document(done, lambda layout, _: layout.value("nothing to upgrade"))
    if status.unlocked and not ravi.vault.status().unlocked:
        io.out.warn("the vault was upgraded on another machine; the old key is removed from this one", "ravi unlock")
    return 0


def _hand_over(ravi: Client, io: Io, status: VaultStatus, code: str, email: str, *, write_file: bool) -> None:
    from ravi.cli.vault.recovery_file import hand_over

    hand_over(
        code,
        io,
        auth_file=status.auth_file,
        account_uuid=status.account_uuid,
        email=email,
        server=ravi.settings.server.value,
        write_file=write_file,
    )


def _said(layout: Layout, done: Upgraded) -> str:
    lines = [f"upgraded; {done['resealed']} entries are sealed anew"]
    lines += [f"still does not open: {each['kind']} {each['entry']}: {each['field']}" for each in done["unreadable"]]
    return "\n".join(layout.value(line) for line in lines)
