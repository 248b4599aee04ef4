"""
Which machine this is, as identities remember it: `<host name>:<8 hex digits>`.

Host names repeat, and one account is used on many machines. What looks for identities whose workspace is gone must
not take another machine's for its own, so that each home directory has a random number of its own beside the name.
"""

from __future__ import annotations

import os

from ravi.errors import ConfigInvalid
from ravi.settings.files import find_file, write_bytes
from ravi.settings.locking import locked

_DIGITS = 8
_LONGEST_NAME = 200


def host(ravi_dir: str) -> str:
    """
    This machine for the user whose `~/.ravi` is *ravi_dir*; its number is made when it is first asked for.

    Raises ConfigInvalid when the number cannot be read or written.
    """
    path = os.path.join(ravi_dir, "host_id")
    number = _find(path)
    if number is None:
        with locked(path, path):
            number = _find(path)
            if number is None:
                number = os.urandom(_DIGITS // 2).hex()
                write_bytes(path, f"{number}\n".encode("ascii"), path)
    return _named(number)


def find_host(ravi_dir: str) -> str | None:
    """As `host`, but None where it was not needed yet. Raises ConfigInvalid when the number cannot be read."""
    number = _find(os.path.join(ravi_dir, "host_id"))
    return None if number is None else _named(number)


def number_of(host: str) -> str:
    """The random number in *host*; empty when it is no host of ours."""
    number = host.rpartition(":")[2]
    return number if _is_number(number) else ""


def _named(number: str) -> str:
    name = "".join(char for char in os.uname().nodename if char.isprintable() and char != ":").strip()
    return f"{name[:_LONGEST_NAME] or 'localhost'}:{number}"


def _find(path: str) -> str | None:
    raw = find_file(path, path)
    if raw is None:
        return None
    number = raw.content.decode("ascii", "replace").strip()
    if not _is_number(number):
        raise ConfigInvalid(
            f"{path} does not hold {_DIGITS} hexadecimal digits",
            hint="remove it: identities made before are then not found by ravi workspace gc any more",
        )
    return number


def _is_number(text: str) -> bool:
    return len(text) == _DIGITS and all(char in "0123456789abcdef" for char in text)
