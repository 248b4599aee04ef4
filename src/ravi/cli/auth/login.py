"""Sign this machine in.

Prints a code and a link: open the link anywhere, sign in there and approve. With --code it needs no browser
and asks nothing: pass the one-time code that `ravi-server signin-code` printed, or - to read it from stdin.
The server is --server, RAVI_API_URL, the one of the last sign-in, or http://127.0.0.1:8787. No identity is
selected by this.
"""

from __future__ import annotations

import os
import sys

from ravi.cli.auth.files import login_folder
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

EXAMPLES = ("ravi auth login", "ravi auth login --server https://ravi.example.org --code -")

#: Longer than the 25 s for which the server may hold an answer back.
_POLL_TIMEOUT = 40.0


def configure(parser: VerbParser) -> None:
    """How to sign in."""
    parser.add_argument("--code", metavar="code | -", help="a one-time code; - reads it from stdin")
    parser.add_argument("--no-browser", action="store_true", help="only print the link, open nothing")
    parser.add_argument("--timeout", metavar="time", help="give up after this long: 90, 5m (default: the code's end)")


def run(args: Namespace, io: Io) -> int:
    """Print {"authenticated", "email", "server", "identities", "auth_file"}."""
    from ravi.client.session import Client
    from ravi.settings.client import resolve, save_login

    patience = duration(args.timeout, "--timeout")
    code = _code(args.code)
    settings = resolve(server=io.options.server, environ=io.environ, sign_in=True)
    server = settings.server.value
    with Client(settings, timeout=_POLL_TIMEOUT) as ravi:
        if code is not None:
            answer = ravi.auth.login_with_code(code, hostname=_hostname())
        else:
            from ravi.cli.auth.device import sign_in

            answer = sign_in(ravi, io, hostname=_hostname(), patience=patience, browser=not args.no_browser)
    path = save_login(
        login_folder(settings),
        server=server,
        access=answer["access"],
        refresh=answer["refresh"],
        expires_at=answer["expires_at"],
        email=answer["user"]["email"],
    )
    identities = _identities(answer, settings, io)
    document = {
        "authenticated": True,
        "email": answer["user"]["email"],
        "server": server,
        "identities": None if identities is None else len(identities),
        "auth_file": path,
    }
    io.out.document(document, lambda layout, it: layout.value(f"signed in at {it['server']} as {it['email']}"))
    _say_what_is_next(identities, io)
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
    from ravi.settings.client import Credential

    settings.credential = Credential(answer["access"], server=settings.server.value, source="this sign-in")
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
