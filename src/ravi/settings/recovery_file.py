"""`recovery-code.txt` beside auth.json: the recovery code for its owner to put somewhere else."""

from __future__ import annotations

import os

from ravi.settings.files import find_file, write_bytes
from ravi.settings.locking import locked

_NAME = "recovery-code.txt"
_TEXT = """\
{code}

This is the recovery code of a Ravi account. Together with the PIN it opens the account's vault on another machine.
Nobody can replace it: not the server, and not whoever runs it. Keep a copy away from this machine, and away from
the PIN.

account: {account}
email: {email}
server: {server}
made: {made}
"""


def write_recovery_file(auth_file: str, code: str, *, account_uuid: str, email: str, server: str) -> str:
    """
    Write the recovery code *code* beside *auth_file* and return the file's path.

    An older code of the same account is replaced, because it opens nothing any more; whatever else lies at that name
    is kept under another, `recovery-code-1.txt` and so on. Raises ConfigInvalid.
    """
    import time

    folder = os.path.dirname(auth_file)
    path = os.path.join(folder, _NAME)
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    text = _TEXT.format(code=code, account=account_uuid, email=_line(email), server=_line(server), made=made)
    with locked(auth_file, auth_file):
        there = find_file(path, path)
        if there is not None and f"\naccount: {account_uuid}\n".encode() not in there.content:
            os.rename(path, _free_name(folder))
        write_bytes(path, text.encode(), path)
    return path


def _free_name(folder: str) -> str:
    number = 1
    while os.path.lexists(found := os.path.join(folder, f"recovery-code-{number}.txt")):
        number += 1
    return found


def _line(text: str) -> str:
    """One line, whatever the server said: nothing of it may pass for a line of ours."""
    return " ".join(text.encode("ascii", "replace").decode().split())
