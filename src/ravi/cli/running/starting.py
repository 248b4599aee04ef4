"""What is said of a program that could not be started, and the exit code for it."""

from __future__ import annotations

import errno

from ravi.cli.running.child import NOT_FOUND, NOT_STARTED
from ravi.errors import RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io


def not_started(name: str, fault: OSError, io: Io, *, too_large: str | None = None) -> int:
    """Say that the program *name* could not be started because of *fault*; *too_large* is what helps against E2BIG."""
    if fault.errno == errno.ENOENT:
        io.out.error(RaviError(f"there is no program {name!r}", hint="give its path, or check PATH"))
        return NOT_FOUND
    why = {
        errno.ENOEXEC: "it is not in a format that this machine runs, or its interpreter is missing",
        errno.E2BIG: "its environment and arguments are larger than the system allows",
    }.get(fault.errno or 0, fault.strerror)
    hint = too_large if fault.errno == errno.E2BIG else None
    io.out.error(RaviError(f"cannot start {name!r}: {why}", hint=hint))
    return NOT_STARTED
