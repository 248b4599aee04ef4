"""Usage errors that name what was probably meant."""

from __future__ import annotations

from difflib import get_close_matches

from ravi.cli.options import GLOBAL_FLAGS
from ravi.cli.table import COMMANDS, GROUPS, verbs
from ravi.errors import UsageError


def unknown_command(word: str) -> UsageError:
    """*word* is neither a command nor a group of commands."""
    if word.startswith("-"):
        return unknown_flag(word, [*(flag for flag, _, _ in GLOBAL_FLAGS), "--version"])
    names = [*GROUPS, *(name for name in COMMANDS if " " not in name), "help"]
    elsewhere = [name for name in COMMANDS if name.endswith(f" {word}")]
    near = elsewhere or get_close_matches(word, names, n=1)
    meant = ", ".join(f"ravi {name}" for name in near)
    hint = f"did you mean: {meant}" if near else "see every command with: ravi help"
    return UsageError(f"there is no command {word!r}", hint=hint)


def unknown_verb(noun: str, word: str | None) -> UsageError:
    """*noun* is a group; *word* is none of its commands, or missing (None)."""
    known = verbs(noun)
    choices = f"ravi {noun} {{{' | '.join(known)}}}"
    if word is None:
        return UsageError(f"ravi {noun} needs to know what to do", hint=f"one of: {choices}")
    near = get_close_matches(word, known, n=1)
    hint = f"did you mean: ravi {noun} {near[0]}" if near else f"one of: {choices}"
    return UsageError(f"there is no command {word!r} in ravi {noun}", hint=hint)


def unknown_flag(word: str, known: list[str]) -> UsageError:
    """*word* looks like a flag and is not among the *known* ones."""
    name = word.partition("=")[0]
    near = get_close_matches(name, known, n=1)
    return UsageError(f"unknown flag {name}", hint=f"did you mean: {near[0]}" if near else None)


def unexpected(word: str, known: list[str] | None = None) -> UsageError:
    """*word* is one more than the command takes."""
    if word.startswith("-") and word != "-":
        return unknown_flag(word, known or [])
    return UsageError(f"unexpected argument {word!r}")
