"""
What each exit code means and which errors end in it: the one table.

`ravi help exit-codes` and docs/reference/exit-codes.md say the same; scripts may branch on these numbers.
"""

from __future__ import annotations

from ravi import errors
from ravi.wire import codes

OK = 0
OTHER = 1
USAGE = 2
SIGN_IN = 3
NOT_FOUND = 4
CONFLICT = 5
FORBIDDEN = 6
TIMED_OUT = 7
UNREACHABLE = 8
RATE_LIMITED = 9
VAULT = 10

#: What a shell reports for a process that was ended by Ctrl-C.
INTERRUPTED = 130

#: What a vault that stays closed is called. Other codes of the vault are refusals like any other.
_CLOSED = (
    codes.VAULT_LOCKED,
    codes.VAULT_PIN_WRONG,
    codes.VAULT_RECOVERY_CODE,
    codes.VAULT_UNREADABLE,
    codes.VAULT_KEY_DIFFERS,
)

#: (exit code, what it means, error classes, prefixes of error codes), the first row that fits wins. Codes
#: come before classes in each row, because a server may use a code that this version has no class for.
TABLE: tuple[tuple[int, str, tuple[type[errors.RaviError], ...], tuple[str, ...]], ...] = (
    (OK, "done", (), ()),
    (VAULT, "the vault is locked, or a value in it will not open", (errors.VaultError,), _CLOSED),
    (USAGE, "the command was put together wrongly; nothing was done", (errors.UsageError,), ()),
    (SIGN_IN, "not signed in, or the credential was refused", (errors.NotSignedIn, errors.Unauthenticated), ()),
    (
        NOT_FOUND,
        "no such thing, or no identity is selected",
        (errors.NotFound, errors.IdentityRequired),
        (codes.IDENTITY_REQUIRED,),
    ),
    (CONFLICT, "it clashes with something that exists, or the name fits several", (errors.Conflict,), ()),
    (FORBIDDEN, "not allowed, or the identity is switched off", (errors.Forbidden,), ()),
    (TIMED_OUT, "the answer did not come in time", (errors.TimedOut,), ()),
    (UNREACHABLE, "the server cannot be reached", (errors.ServerUnreachable,), (codes.SERVER_UNREACHABLE,)),
    (RATE_LIMITED, "too many requests; wait and try again", (errors.RateLimited,), ()),
    (OTHER, "anything else, such as a file that cannot be used", (errors.RaviError,), ()),
    (INTERRUPTED, "interrupted with Ctrl-C", (), ()),
)


def exit_code(problem: errors.RaviError) -> int:
    """The exit code that *problem* ends the process with."""
    for number, _, classes, prefixes in TABLE:
        if problem.code.startswith(prefixes) or isinstance(problem, classes):
            return number
    return OTHER
