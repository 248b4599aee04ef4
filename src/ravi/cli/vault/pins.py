"""
Where PINs and recovery codes come from: a terminal, a file, or an open file descriptor.

Never argv: every user of a machine can read it (`ps`), and shells keep it in their history.
"""

from __future__ import annotations

import argparse
import os
import stat
import sys

from ravi.cli import terminal
from ravi.errors import ConfigInvalid, RecoveryCodeInvalid, UsageError, VaultLocked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any, NoReturn

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

TRIES = 3
#: Of bytes in the one line that is read: a PIN is no book, and a wrong file may be large.
_LONGEST = 1024


def add_pin_arguments(parser: VerbParser) -> None:
    """The PIN of the vault, for where nobody can be asked."""
    parser.add_argument("--pin-file", metavar="file", help="read the PIN from the first line of a file; - is stdin")
    parser.add_argument(
        "--pin-fd", metavar="number", type=_descriptor, help="read the PIN from an open file descriptor"
    )
    _refuse_on_argv(parser, "--pin", instead="--pin-file or --pin-fd")


def add_new_pin_arguments(parser: VerbParser) -> None:
    """The PIN that is to be."""
    parser.add_argument("--new-pin-file", metavar="file", help="read the new PIN from the first line of a file")
    parser.add_argument(
        "--new-pin-fd", metavar="number", type=_descriptor, help="read the new PIN from an open file descriptor"
    )
    _refuse_on_argv(parser, "--new-pin", instead="--new-pin-file or --new-pin-fd")


def add_code_arguments(parser: VerbParser) -> None:
    """The recovery code, for a machine that does not hold it."""
    parser.add_argument(
        "--recovery-code-file", metavar="file", help="read the recovery code from the first line of a file"
    )
    parser.add_argument(
        "--recovery-code-fd",
        metavar="number",
        type=_descriptor,
        help="read the recovery code from an open file descriptor",
    )
    parser.add_argument(
        "--new-code", action="store_true", help="ask for the recovery code even if this machine holds one"
    )
    _refuse_on_argv(parser, "--recovery-code", instead="--recovery-code-file or --recovery-code-fd")


def add_recovery_file_argument(parser: VerbParser) -> None:
    """Whether a new recovery code is also written to a file."""
    parser.add_argument(
        "--no-recovery-file", action="store_true", help="only show a new recovery code, write no recovery-code.txt"
    )


class Pins:
    """
    The answers of one command. What was given in files and descriptors is read here, before anything is sent: first
    the PIN, then the new PIN, then the recovery code, a line each, so that one descriptor may carry several.

    Raises UsageError, ConfigInvalid for a file that cannot be read, RecoveryCodeInvalid for a code with a typing error.
    """

    def __init__(self, args: Namespace, io: Io) -> None:
        self._io = io
        self._pin = self._given(args, "pin", "the PIN")
        self._new_pin = self._given(args, "new_pin", "the new PIN")
        self._code = self._given(args, "recovery_code", "the recovery code")
        if self._code is not None:
            _check_code(self._code)
        self._wants_code = bool(getattr(args, "new_code", False))
        if self._wants_code and (self._code is not None or not terminal.can_ask()):
            raise UsageError("--new-code asks on a terminal", hint="give the code with --recovery-code-file FILE")
        if getattr(args, "no_recovery_file", False) and self.can_answer and not can_show():
            raise UsageError(
                "without a terminal and without a file a new recovery code would be lost",
                hint="leave out --no-recovery-file",
            )

    @property
    def can_answer(self) -> bool:
        """Whether there is a PIN, or a person who could type one."""
        return self._pin is not None or terminal.can_ask()

    @property
    def was_given(self) -> bool:
        """Whether the command was handed a PIN, so that it is to be used."""
        return self._pin is not None

    @property
    def given_code(self) -> str | None:
        """The recovery code that the command was handed."""
        return self._code

    @property
    def tries(self) -> int:
        """How often the PIN may be wrong: a person may mistype it, a file says the same every time."""
        return 1 if self._pin is not None else TRIES

    def pin(self) -> str:
        """The PIN of the vault as it is."""
        return self._pin if self._pin is not None else self._ask("PIN of the vault: ", "--pin-file FILE")

    def new_pin(self, *, first: bool) -> str:
        """
        A PIN to be, typed twice if it is typed; *first* when the vault has none yet. Raises UsageError for one that
        may not be chosen, VaultLocked when a recovery code was given for a vault that the server says is not there.
        """
        from ravi.crypto.pin import MIN_PIN_CHARACTERS, find_fault

        if first and self._code is not None:
            raise VaultLocked(
                "a recovery code was given, but the server says that no vault is set up",
                hint="if that is right, leave the code away; if there was one, do not trust the server",
            )
        given = self._pin if first else self._new_pin
        if given is not None:
            fault = find_fault(given)
            if fault is not None:
                raise UsageError(fault)
            return given
        flag = "--pin-file FILE" if first else "--new-pin-file FILE"
        for _ in range(TRIES):
            chosen = self._ask(f"New PIN for the vault, at least {MIN_PIN_CHARACTERS} characters: ", flag)
            fault = find_fault(chosen)
            if fault is None:
                if self._ask("The same PIN again: ", flag) == chosen:
                    return chosen
                fault = "the two differ"
            self._io.out.note(f"{fault}; nothing was set")
        raise UsageError("no PIN was chosen")

    def code(self, *, known: bool) -> str | None:
        """
        The recovery code, checked for typing errors; None when it is not asked for, because this machine holds one
        (*known*), or cannot be.
        """
        if self._code is not None or (known and not self._wants_code) or not terminal.can_ask():
            return self._code
        return self._ask_code("Recovery code of the account: ")

    def code_again(self, former: str) -> str:
        """The recovery code once more, after *former* did not fit."""
        if self._code is not None:
            return former
        return self._ask_code("Recovery code (Enter: the same): ", former)

    def _ask_code(self, prompt: str, former: str = "") -> str:
        while True:
            code = self._ask(prompt, "--recovery-code-file FILE") or former
            try:
                _check_code(code)
            except RecoveryCodeInvalid as typing_error:  # no try with the PIN: nothing was computed
                self._io.out.note(typing_error.message)
            else:
                return code

    def _ask(self, prompt: str, flag: str) -> str:
        if not terminal.can_ask():
            raise UsageError("there is no terminal to ask at", hint=f"give it with {flag}")
        return ask_hidden(prompt)

    def _given(self, args: Namespace, name: str, what: str) -> str | None:
        file, number = getattr(args, f"{name}_file", None), getattr(args, f"{name}_fd", None)
        flag = f"--{name.replace('_', '-')}"
        if file is not None and number is not None:
            raise UsageError(f"{flag}-file and {flag}-fd exclude each other")
        if file is not None and file != "-":
            return self._first_line_of(file, what, f"{flag}-file")
        if file is None and number is None:
            return None
        if getattr(args, "code", None) == "-" and not number:
            raise UsageError(f"{what} and the one-time code cannot both come from stdin")
        return _read_line(number or 0, what, f"{flag}-fd" if number is not None else f"{flag}-file")

    def _first_line_of(self, path: str, what: str, flag: str) -> str:
        if not path:
            raise UsageError(f"{flag} needs a value and has none")
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a path"
            raise ConfigInvalid(f"{what} cannot be read from {path}: {reason.lower()}") from None
        try:
            status = os.fstat(fd)
            if stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
                self._io.out.warn(f"{path} can be read by other users", f"chmod 600 {path}")
            return _read_line(fd, what, flag)
        finally:
            os.close(fd)


def can_show() -> bool:
    """Whether a person sees what is written to stderr, and nothing else keeps it."""
    return terminal.is_terminal(sys.stderr)


def ask_hidden(prompt: str) -> str:
    """One line typed at the terminal and not shown; call it only where `can_ask`. Raises UsageError at its end."""
    import termios

    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    hidden = [*before]
    hidden[3] &= ~termios.ECHO
    # First hidden, then asked: who sees the question may type at once.
    termios.tcsetattr(fd, termios.TCSAFLUSH, hidden)
    try:
        sys.stderr.write(prompt)
        sys.stderr.flush()
        line = sys.stdin.readline()
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
        sys.stderr.write("\n")
        sys.stderr.flush()
    if not line:
        raise UsageError("nothing was typed")
    return _text(line.rstrip("\r\n"), "what was typed")


def _read_line(fd: int, what: str, flag: str) -> str:
    """
    The first line from *fd* without its end; reads no further, because the next may be somebody else's.

    Raises UsageError when it is empty, too long or no text.
    """
    line = b""
    try:
        while (char := os.read(fd, 1)) not in (b"", b"\n"):
            line += char
            if len(line) > _LONGEST:
                raise UsageError(f"the first line of what {flag} names is too long to be {what}")
    except OSError as error:
        # The number is not repeated: it may be a PIN in the wrong place.
        raise UsageError(f"{flag} names something that cannot be read: {(error.strerror or '').lower()}") from None
    found = line.removesuffix(b"\r")
    if not found:
        raise UsageError(f"{what} from {flag} is empty")
    try:
        return found.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{what} from {flag} is not UTF-8 text") from None


def _text(typed: str, what: str) -> str:
    try:
        typed.encode("utf-8")
    except UnicodeEncodeError:  # bytes that the terminal's encoding does not know
        raise UsageError(f"{what} is not text") from None
    return typed


def _check_code(code: str) -> None:
    from ravi.crypto.recovery import decode

    decode(code)


def _descriptor(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise argparse.ArgumentTypeError("expected the number of an open file descriptor, such as 3")
    return int(text)


def _refuse_on_argv(parser: VerbParser, flag: str, *, instead: str) -> None:
    """Answer *flag*, which does not exist, with the reason. It is in no help and no completion."""

    class Refuse(argparse.Action):
        def __call__(self, *_: Any, **__: Any) -> NoReturn:
            raise UsageError(
                f"there is no {flag}: what stands on the command line can be read by every user of this machine",
                hint=f"use {instead}",
            )

    argparse.ArgumentParser.add_argument(parser, flag, action=Refuse, nargs="?", help=argparse.SUPPRESS)
