"""Sign this machine out: the server ends the sign-in, its tokens leave auth.json, and the vault is locked.

API keys, the recovery code, the selected identity and everything else in the files stay. When the server cannot be
reached the tokens are removed all the same. With --everywhere the account is signed out on every machine; there the
server's answer is the point, so nothing is removed when it cannot be had.
"""

from __future__ import annotations

import os

from ravi.errors import RaviError, Unauthenticated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser
    from ravi.settings.client import Settings

EXAMPLES = ("ravi auth logout",)

#: They hand over another credential, or another server, than the saved sign-in that is to end.
_IN_THE_WAY = ("RAVI_API_KEY", "RAVI_ACCESS_TOKEN", "RAVI_API_URL")


def configure(parser: VerbParser) -> None:
    """How far to sign out."""
    parser.add_argument("--everywhere", action="store_true", help="end every sign-in of the account")


def run(args: Namespace, io: Io) -> int:
    """Print {"authenticated", "signed_out", "auth_file", "vault_locked", "message"}."""
    from ravi.settings.client import clear_tokens, resolve
    from ravi.settings.vault_file import forget_keys, login_folder

    environ = {name: value for name, value in io.environ.items() if name not in _IN_THE_WAY}
    settings = resolve(environ=environ, need_identity=False)
    folder = login_folder(settings)
    path = os.path.join(folder, "auth.json")
    ended = _tell_server(settings, path, everywhere=args.everywhere, io=io)
    was_unlocked = forget_keys(path)
    had_tokens = clear_tokens(folder)
    message = "signed out" if had_tokens else "there was no sign-in"
    document = {
        "authenticated": False,
        "signed_out": ended,
        "auth_file": path,
        "vault_locked": was_unlocked,
        "message": f"{message}, and the vault is locked" if was_unlocked else message,
    }
    io.out.document(document, lambda layout, it: layout.value(it["message"]))
    for name in _IN_THE_WAY[:2]:
        if io.environ.get(name):
            io.out.warn(f"{name} is still set, and commands go on using it", f"unset {name}")
    return 0


def _tell_server(settings: Settings, path: str, *, everywhere: bool, io: Io) -> int | None:
    """
    Have the server end the sign-in saved at *path*; how many it ended, None when it was not asked or told.

    Raises what went wrong if *everywhere*; otherwise that is a warning.
    """
    from ravi.client.session import Client

    credential = settings.credential
    if credential is None or credential.path != path:
        if everywhere:
            settings.require_credential()
            raise RaviError(f"the credential from {settings.require_credential().source} is not a sign-in")
        return None
    try:
        with Client(settings) as ravi:
            return ravi.auth.logout(everywhere=everywhere)["signed_out"]
    except Unauthenticated:
        if everywhere:
            raise
        return 0  # the server had ended it before
    except RaviError as problem:
        if everywhere:
            problem.hint = "try again, or sign out on this machine alone with: ravi auth logout"
            raise
        io.out.warn(
            f"the server was not told, so the sign-in stays valid there until it expires: {problem.message}",
            "sign in again and run: ravi auth logout --everywhere",
        )
        return None
