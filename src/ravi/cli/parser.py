"""
Arguments of one verb, parsed by argparse (docs/adr/0003) and described in our own words.

Imported only by commands that take arguments, by help, and by usage errors.
"""

from __future__ import annotations

import argparse

from ravi.cli.options import GLOBAL_FLAGS
from ravi.cli.suggest import unexpected
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


class _FixedWidth(argparse.HelpFormatter):
    """argparse makes a formatter for every argument; asking for the terminal's width costs 5 ms of imports."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=80)


class VerbParser(argparse.ArgumentParser):
    """A parser that raises UsageError, knows no abbreviations, and remembers its arguments for help."""

    def __init__(self, command: str) -> None:
        super().__init__(prog=f"ravi {command}", add_help=False, allow_abbrev=False, formatter_class=_FixedWidth)
        self.command = command
        self.arguments: list[argparse.Action] = []
        self.runs_program = False

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        """As in argparse."""
        action = super().add_argument(*names, **settings)
        self.arguments.append(action)
        return action

    def add_program(self, metavar: str, help: str) -> None:
        """
        The words of another program come last, behind `--`, and are nobody's but its own: `args.program` has them.

        `args.marked` says whether the `--` was there. Without it no word may begin with a dash.
        """
        self.runs_program = True
        self.arguments.append(argparse.Action([], "program", nargs="+", metavar=metavar, help=help))

    def error(self, message: str) -> NoReturn:
        """Raise UsageError in our words."""
        if message.startswith("the following arguments are required: "):
            wanted = message.partition(": ")[2].split(", ")
            message = "missing " + ", ".join(w if w.startswith("-") else f"<{w}>" for w in wanted)
        raise UsageError(message.removeprefix("argument "))

    def flags(self) -> list[str]:
        """Every long flag of the verb and the global ones."""
        own = [name for action in self.arguments for name in action.option_strings]
        return own + [flag for flag, _, _ in GLOBAL_FLAGS]

    def synopsis(self) -> str:
        """One line in the grammar `<required>`, `[optional]`, `{a | b}`, `...` for several."""
        words = [f"ravi {self.command}"]
        positional = [placeholder(action) for action in self.arguments if not action.option_strings]
        if self.runs_program:
            return " ".join([*words, *positional[:-1], "[flags]", "--", positional[-1]])
        return " ".join([*words, *positional, "[flags]"])


def placeholder(action: argparse.Action) -> str:
    """How a positional argument, or the value of a flag, is written in usage lines."""
    name = str(action.metavar or action.dest)
    if action.choices is not None:
        name = "{" + " | ".join(str(choice) for choice in action.choices) + "}"
    elif action.option_strings or action.nargs not in ("?", "*"):
        name = f"<{name}>"
    if action.nargs in ("?", "*"):
        name = f"[{name}]"
    return f"{name}..." if action.nargs in ("+", "*") else name


def build(command: str, verb: Any) -> VerbParser:
    """The parser of *command*, whose module is *verb*; without arguments if it takes none."""
    parser = VerbParser(command)
    if hasattr(verb, "configure"):
        verb.configure(parser)
    return parser


def parse(command: str, verb: Any, words: list[str]) -> argparse.Namespace:
    """The arguments in *words*. Raises UsageError."""
    parser = build(command, verb)
    program, marked = None, "--" in words
    if parser.runs_program:
        words, program = _split(words, parser.synopsis())
    # The intermixed reading goes over the words twice and has lost `--` by then: what follows it would be flags.
    read = parser.parse_known_args if "--" in words else parser.parse_known_intermixed_args
    args, unknown = read(words)
    if unknown and getattr(verb, "WORDS_ARE_SECRET", False):
        raise UsageError(
            "a word too many, or an unknown flag",
            hint="quote the value as one word; put -- in front of a value that begins with -",
        )
    if unknown:
        raise unexpected(unknown[0], parser.flags())
    if program is not None:
        args.program, args.marked = program, marked
    return args


def _split(words: list[str], usage: str) -> tuple[list[str], list[str]]:
    """The words before and after the first `--`; without one, all are the program's. Raises UsageError."""
    if "--" not in words and any(word.startswith("-") for word in words):
        raise UsageError("it is unclear where the other program begins", hint=f"put -- before it: {usage}")
    at = words.index("--") if "--" in words else -1
    own, program = words[: max(at, 0)], words[at + 1 :]
    if not program:
        raise UsageError("the program to run is missing", hint=f"it comes last: {usage}")
    return own, program
