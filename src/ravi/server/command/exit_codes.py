"""What each exit code of `ravi-server` means; the same numbers as those of `ravi`."""

from ravi import errors

OK = 0
OTHER = 1
USAGE = 2
NOT_FOUND = 4
CONFLICT = 5
INTERRUPTED = 130

MEANINGS = {
    OK: "done; for run: stopped in good order",
    OTHER: "anything else, such as a configuration or a database that cannot be used",
    USAGE: "the command was put together wrongly; nothing was done",
    NOT_FOUND: "no such account, or no such number",
    CONFLICT: "there is one already",
    INTERRUPTED: "interrupted with Ctrl-C",
}


def of(problem: errors.RaviError) -> int:
    """Return the exit code that *problem* ends the process with."""
    match problem:
        case errors.UsageError():
            return USAGE
        case errors.NotFound():
            return NOT_FOUND
        case errors.Conflict():
            return CONFLICT
    return OTHER
