"""
The program `ravi-server`: run the server, and look after what is in its database.

One file per command, imported when that command is asked for. `words.py` finds the command in argv, `flags.py`
reads its arguments, `console.py` is the only writer to stdout, `opening.py` opens the database with errors that
an operator can act on. What serving needs (socket, signals, lock) lives here too; what is served is built by
`ravi.server.app`.
"""

import os
import sys

from ravi.errors import RaviError, UsageError
from ravi.server.command import exit_codes
from ravi.server.command.console import Console
from ravi.server.command.words import Words, split

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """
    Run the command in *argv* (default: this process's) and return its exit code.

    Errors raised on purpose become one error, one hint and an exit code here and nowhere else; anything else is
    a bug and leaves as it is, with its traceback.
    """
    os.umask(0o077)  # nothing that we write is for others to read
    words = split(sys.argv[1:] if argv is None else argv)
    console = Console(words.mode)
    try:
        code = _run(words, console)
        console.flush()
    except RaviError as problem:
        console.error(problem)
        return exit_codes.of(problem)
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except BrokenPipeError:  # the reader left (`ravi-server owner list | head -1`): quietly, but no success
        console.abandon()
        return exit_codes.OTHER
    return code


def _run(words: Words, console: Console) -> int:
    if words.wants_help or not (words.problem or words.command):
        from ravi.server.command import help

        return help.show(words, console)
    if words.problem:
        raise UsageError(words.problem, hint=words.hint)
    from ravi.server.command.flags import parse

    module = words.load()
    return int(module.run(parse(words, module), console))
