"""
The way in: argv to one verb module, errors to one line and one exit code.

Nothing is imported here that the command at hand does not need; tests/unit/cli/test_startup.py holds the
list of modules that the two most frequent commands may load.
"""

from __future__ import annotations

import os
import sys

from ravi.cli.exit_codes import INTERRUPTED, OTHER, exit_code
from ravi.cli.io import Io
from ravi.cli.options import Options
from ravi.cli.output import Output
from ravi.cli.table import COMMANDS, GROUPS
from ravi.errors import RaviError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def console() -> NoReturn:
    """
    The `ravi` program: run argv and end the process.

    `os._exit` leaves out the interpreter's teardown, measured at 4 ms of a 25 ms command. That is safe
    here: `main` has flushed both streams, files are written whole and renamed before a command returns, no
    module of ours registers an exit handler or leaves a thread behind, and the kernel closes sockets and
    drops file locks.
    """
    try:
        code = main()
    except KeyboardInterrupt:  # between the last statement of main and this one
        code = INTERRUPTED
    os._exit(code)


def main(argv: list[str] | None = None) -> int:
    """Run the command in *argv* (default: this process's) and return its exit code. Never raises."""
    out = Output(os.environ)
    try:
        return _attempt(sys.argv[1:] if argv is None else argv, out)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader left (`ravi identity list | head -1`): quietly, but no success
        return OTHER
    except Exception as fault:  # noqa: BLE001 - the last line of defence: a person gets one line, not a stack
        return _internal_error(fault, out)


def _attempt(argv: list[str], out: Output) -> int:
    """Run *argv*; errors raised on purpose are printed and become exit codes here and nowhere else."""
    options = Options()
    words = argv
    try:
        try:
            words = options.take(argv)
        finally:  # a usage error is printed in the mode that was asked for
            out.json = options.json or (out.json and not options.human)
        code = _run(*_find(words), Io(options, out, os.environ))
        out.flush()
    except UsageError as problem:
        out.error(problem, _usage(words))
        return exit_code(problem)
    except RaviError as problem:
        out.error(problem)
        return exit_code(problem)
    return code


def _find(rest: list[str]) -> tuple[str, list[str]]:
    """The command that *rest* starts with, and the words that belong to it. Raises UsageError."""
    first = rest[0] if rest else "help"
    if first in ("--help", "-h", "help"):
        return "help", rest[1:]
    if first in ("--version", "-V"):
        return "version", rest[1:]
    if first in COMMANDS:
        return first, rest[1:]
    if first not in GROUPS:
        if os.path.basename(first) == "ravi":  # lalph repeats the first word of the prefix that it is given
            return _find(rest[1:])
        from ravi.cli.suggest import unknown_command

        raise unknown_command(first)
    if len(rest) > 1 and f"{first} {rest[1]}" in COMMANDS:
        return f"{first} {rest[1]}", rest[2:]
    if len(rest) > 1 and rest[1] in ("--help", "-h"):
        return "help", [first]
    from ravi.cli.suggest import unknown_verb

    raise unknown_verb(first, rest[1] if len(rest) > 1 else None)


def _run(command: str, words: list[str], io: Io) -> int:
    own = words[: words.index("--")] if "--" in words else words
    if command == "help":
        from ravi.cli.help import show

        return show.run(words, io)
    if "--help" in own or "-h" in own:
        from ravi.cli.help import show

        return show.run(command.split(), io)
    verb = _load(COMMANDS[command][0])
    args = None
    if hasattr(verb, "configure"):
        from ravi.cli.parser import parse

        args = parse(command, verb, words)
    elif words:
        from ravi.cli.suggest import unexpected

        raise unexpected(words[0])
    code: int = verb.run(args, io)
    return code


def _load(path: str) -> Any:
    """Import the module at *path*. Not importlib, which is one more module to load."""
    __import__(path)
    return sys.modules[path]


def _usage(words: list[str]) -> str:
    """The usage line of the command that *words* start with, for the error that says it was used wrongly."""
    from ravi.cli.help.show import usage

    return usage(words)


def _internal_error(fault: Exception, out: Output) -> int:
    """Only the type is named: the text of an unforeseen error may hold anything, secrets included."""
    debug = bool(os.environ.get("RAVI_DEBUG"))
    hint = "please report it" if debug else "see where with RAVI_DEBUG=1, and please report it"
    out.error(RaviError(f"internal error: {type(fault).__name__}", hint=hint))
    if debug:
        import traceback

        traceback.print_exception(fault)
    return OTHER
