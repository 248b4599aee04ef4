"""Sign this machine in, and unlock the vault on it.

Prints a code and a link: open the link anywhere, sign in there and approve. With --code it needs no browser:
pass the one-time code that `ravi-server signin-code` printed, or - to read it from stdin.
The server is --server, RAVI_API_URL, the one of the last sign-in, or http://127.0.0.1:8787. No identity is
selected by this.

On a terminal it then asks for the PIN of the vault; the first sign-in of an account has you choose one, and shows
the recovery code, which it also writes to recovery-code.txt beside auth.json. Another machine needs PIN and recovery
code. Where nobody can be asked and no PIN is given, the vault stays locked: see `ravi unlock`.
"""

from __future__ import annotations

import os
import sys

from ravi.cli.values import duration
from ravi.errors import RaviError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser
    from ravi.settings.client import Settings
    from ravi.wire.auth import SignedIn
    from ravi.wire.identities import Identity

EXAMPLES = (
    "ravi auth login",
    "ravi auth login --server https://ravi.example.org --code -",
    "ravi auth login --pin-file pin.txt --recovery-code-file recovery-code.txt",
)

#: Longer than the 25 s for which the server may hold an answer back.
_POLL_TIMEOUT = 40.0


def configure(parser: VerbParser) -> None:
    """How to sign in."""
    from ravi.cli.vault.pins import add_code_arguments, add_pin_arguments, add_recovery_file_argument

    parser.add_argument("--code", metavar="code | -", help="a one-time code; - reads it from stdin")
    parser.add_argument("--no-browser", action="store_true", help="only print the link, open nothing")
    parser.add_argument("--timeout", metavar="time", help="give up after this long: 90, 5m (default: the code's end)")
    parser.add_argument(
        "--no-vault", action="store_true", help="only sign in: ask for no PIN, leave the vault as it is"
    )
    add_pin_arguments(parser)
    add_code_arguments(parser)
    add_recovery_file_argument(parser)


def run(args: Namespace, io: Io) -> int:
    """Print {"authenticated", "email", "server", "identities", "auth_file", "vault", "recovery_file"}."""
    from ravi.cli.vault.at_sign_in import VaultAtSignIn
    from ravi.cli.vault.pins import Pins
    from ravi.client.session import Client
    from ravi.settings.client import resolve

    patience = duration(args.timeout, "--timeout")
    pins = Pins(args, io)
    if args.no_vault and pins.was_given:
        raise UsageError("--no-vault has no use for a PIN")
    code = _code(args.code)
    settings = resolve(server=io.options.server, environ=io.environ, sign_in=True)
    with Client(settings, timeout=_POLL_TIMEOUT) as ravi:
        if code is not None:
            answer = ravi.auth.login_with_code(code, hostname=_hostname())
        else:
            from ravi.cli.auth.device import sign_in

            answer = sign_in(ravi, io, hostname=_hostname(), patience=patience, browser=not args.no_browser)
    vault = VaultAtSignIn(settings, answer, pins, io, write_file=not args.no_recovery_file)
    if not args.no_vault:
        vault.open()
    path = vault.save_sign_in()
    recovery_file = vault.finish()
    identities = _identities(answer, settings, io)
    document = {
        "authenticated": True,
        "email": answer["user"]["email"],
        "server": settings.server.value,
        "identities": None if identities is None else len(identities),
        "auth_file": path,
        "vault": vault.state,
        "recovery_file": recovery_file,
    }
    io.out.document(document, lambda layout, it: layout.value(f"signed in at {it['server']} as {it['email']}"))
    _say_what_is_next(identities, io)
    if document["vault"] == "locked" and not args.no_vault:
        io.out.note("ravi: hint: the vault is locked; open it with: ravi unlock (or ravi unlock --pin-file FILE)")
    return 0


def _code(given: str | None) -> str | None:
    """The one-time code, from argv or the first line of stdin; None for the device flow."""
    if given is None:
        return None
    code = (sys.stdin.readline() if given == "-" and sys.stdin else given).strip()
    if not code or code == "-":
        raise UsageError("the one-time code is empty")
    return code


def _hostname() -> str:
    import socket

    return socket.gethostname()


def _identities(answer: SignedIn, settings: Settings, io: Io) -> Sequence[Identity] | None:
    """
    The account's identities; None when the server would not say.

    The sign-in is saved by now, so a failure here is worth a warning and no more.
    """
    if "identities" in answer:
        return answer["identities"]
    from ravi.client.session import Client

    try:
        with Client(settings) as ravi:
            return ravi.identities.list()
    except RaviError as problem:
        io.out.warn(f"signed in, but the identities could not be listed: {problem.message}", problem.hint)
        return None


def _say_what_is_next(identities: Sequence[Identity] | None, io: Io) -> None:
    for name in ("RAVI_API_KEY", "RAVI_ACCESS_TOKEN"):
        if os.environ.get(name):
            io.out.warn(f"{name} is set and comes before this sign-in", f"unset {name}")
    if identities is None:
        return
    if not identities:
        io.out.note("ravi: hint: there is no identity yet; make one with: ravi identity create --name <name>")
    elif len(identities) == 1:
        only = identities[0]
        io.out.note(
            f"ravi: hint: your one identity is {only['name']}; act as it with: ravi identity use {only['uuid']}"
        )
