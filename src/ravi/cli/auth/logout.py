"""Sign this machine out: the server ends the sign-in, its tokens leave auth.json, and the vault is locked.

API keys, the recovery code, the selected identity and everything else in the files stay. When the server cannot be
reached the tokens are removed all the same.

With --everywhere the account is signed out on every machine and in every browser, with everything that was made with
those sign-ins, and approvals and one-time codes that nobody has used are void. With --keys every API key ends too,
the account's and those of all identities: no agent gets in any more until it is given a new one. For both the
server's answer is the point, so nothing is removed when it cannot be had.
"""

from __future__ import annotations

import os

from ravi.errors import RaviError, Unauthenticated, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser
    from ravi.settings.client import Settings
    from ravi.wire.auth import LogoutDone

EXAMPLES = ("ravi auth logout", "ravi auth logout --everywhere", "ravi auth logout --everywhere --keys")

#: They hand over another credential, or another server, than the saved sign-in that is to end.
_IN_THE_WAY = ("RAVI_API_KEY", "RAVI_ACCESS_TOKEN", "RAVI_API_URL")


def configure(parser: VerbParser) -> None:
    """How far to sign out."""
    parser.add_argument("--everywhere", action="store_true", help="end every sign-in of the account")
    parser.add_argument("--keys", action="store_true", help="with --everywhere: end every API key, of identities too")


def run(args: Namespace, io: Io) -> int:
    """Print {"authenticated", "signed_out", "revoked_keys", "auth_file", "vault_locked", "message"}."""
    from ravi.settings.client import clear_tokens, resolve
    from ravi.settings.vault_file import forget_keys, login_folder

    if args.keys and not args.everywhere:
        raise UsageError("--keys needs --everywhere; to end one key: ravi keys revoke <uuid>")
    environ = {name: value for name, value in io.environ.items() if name not in _IN_THE_WAY}
    settings = resolve(environ=environ, need_identity=False)
    folder = login_folder(settings)
    path = os.path.join(folder, "auth.json")
    ended = _tell_server(settings, path, everywhere=args.everywhere, keys=args.keys, io=io)
    was_unlocked = forget_keys(path)
    had_tokens = clear_tokens(folder)
    message = "signed out" if had_tokens else "there was no sign-in"
    document = {
        "authenticated": False,
        "signed_out": None if ended is None else ended["signed_out"],
        "revoked_keys": None if ended is None else ended.get("revoked_keys", 0),
        "auth_file": path,
        "vault_locked": was_unlocked,
        "message": f"{message}, and the vault is locked" if was_unlocked else message,
    }
    io.out.document(document, lambda layout, it: layout.value(it["message"]))
    for name in _IN_THE_WAY[:2]:
        if io.environ.get(name):
            io.out.warn(f"{name} is still set, and commands go on using it", f"unset {name}")
    return 0


def _tell_server(settings: Settings, path: str, *, everywhere: bool, keys: bool, io: Io) -> LogoutDone | None:
    """
    Have the server end the sign-in saved at *path*; what it ended, None when it was not asked or told.

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
            return ravi.auth.logout(everywhere=everywhere, keys=keys)
    except Unauthenticated:
        if everywhere:
            raise
        return {"signed_out": 0}  # the server had ended it before
    except RaviError as problem:
        if everywhere:
            problem.hint = "try again, or sign out on this machine alone with: ravi auth logout"
            raise
        io.out.warn(
            f"the server was not told, so the sign-in stays valid there until it expires: {problem.message}",
            "sign in again and run: ravi auth logout --everywhere",
        )
        return None
