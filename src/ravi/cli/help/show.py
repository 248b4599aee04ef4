"""
`ravi help …` and `--help`: all commands, one group, one command.

Help is text for people in every mode: a pipe into a pager must not turn it into JSON.
"""

from __future__ import annotations

import sys

from ravi.cli.options import GLOBAL_FLAGS
from ravi.cli.table import COMMANDS, GROUPS, TOPICS, verbs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.cli.io import Io

_ABOUT = "The identity provider for AI agents: an address, a number and a sealed vault for each, from one command."
_SECTIONS = (
    ("IDENTITIES", ("identity", "get", "phone")),
    ("MAIL AND TEXTS", ("wait", "inbox", "message", "email", "sms", "attachments", "contacts")),
    ("EVENTS", ("events", "webhooks")),
    ("VAULT", ("secrets", "passwords", "totp", "run")),
    ("ACCOUNT", ("auth", "keys", "vault", "domains")),
    ("THIS MACHINE", ("status", "unlock", "lock", "trust", "completion", "version")),
)
_EXAMPLES = (
    "ravi auth login",
    "ravi identity create --name research-agent",
    "ravi identity use research-agent",
    "ravi get email",
)
_MORE = "Every command explains itself: ravi help <command>, or ravi <command> --help."


def run(words: list[str], io: Io) -> int:
    """Print help about *words* (none: about everything). Raises UsageError when there is no such command."""
    if words and words[0] in TOPICS:
        path = TOPICS[words[0]][0]
        __import__(path)
        code: int = sys.modules[path].run(io)
        return code
    io.out.text(_text([word for word in words if not word.startswith("-")]))
    return 0


def _text(words: list[str]) -> str:
    name = " ".join(words)
    if not words or name == "help":
        return everything()
    if name in COMMANDS:
        return command(name)
    if words[0] in GROUPS and len(words) == 1:
        return group(name)
    from ravi.cli import suggest

    if words[0] in COMMANDS:
        raise suggest.unexpected(words[1])
    if words[0] in GROUPS:
        raise suggest.unknown_verb(words[0], words[1]) if len(words) == 2 else suggest.unexpected(words[2])
    raise suggest.unknown_command(words[0])


def everything() -> str:
    """The page of `ravi help`."""
    parts = [_ABOUT, _section("USAGE", ["ravi <command> [flags]"])]
    for title, names in _SECTIONS:
        pairs = [(name, GROUPS[name] if name in GROUPS else COMMANDS[name][1]) for name in names]
        parts.append(_section(title, _pairs(pairs)))
    parts.append(_section("FLAGS FOR EVERY COMMAND", _pairs(_global_flags())))
    parts.append(_section("TOPICS", _pairs([(f"help {name}", line) for name, (_, line) in TOPICS.items()])))
    parts.append(_section("EXAMPLES", [f"$ {line}" for line in _EXAMPLES]))
    return "\n\n".join([*parts, _MORE])


def group(noun: str) -> str:
    """The page of one noun."""
    known = verbs(noun)
    pairs = [(f"{noun} {verb}", COMMANDS[f"{noun} {verb}"][1]) for verb in known]
    about = f"{GROUPS[noun][:1].upper()}{GROUPS[noun][1:]}."
    more = f"More: ravi help {noun} <command>"
    return "\n\n".join([about, _section("USAGE", [_group_usage(noun)]), _section("COMMANDS", _pairs(pairs)), more])


def command(name: str) -> str:
    """The page of one command: its module's docstring, its arguments and flags."""
    from ravi.cli.parser import build, placeholder

    path, summary = COMMANDS[name]
    __import__(path)
    verb: Any = sys.modules[path]
    parser = build(name, verb)
    positional = [(placeholder(a), a.help or "") for a in parser.arguments if not a.option_strings]
    own = []
    for action in parser.arguments:
        if action.option_strings:
            takes_value = action.nargs != 0
            shown = ", ".join(action.option_strings) + (f" {placeholder(action)}" if takes_value else "")
            own.append((shown, action.help or ""))
    parts = [_reflow(verb.__doc__ or summary), _section("USAGE", [parser.synopsis()])]
    if positional:
        parts.append(_section("ARGUMENTS", _pairs(positional)))
    if own:
        parts.append(_section("FLAGS", _pairs(own)))
    parts.append(_section("FLAGS FOR EVERY COMMAND", _pairs(_global_flags())))
    examples = getattr(verb, "EXAMPLES", ())
    if examples:
        parts.append(_section("EXAMPLES", [f"$ {line}" for line in examples]))
    return "\n\n".join(parts)


def usage(words: list[str]) -> str:
    """The usage line of the command, or group, that *words* start with."""
    from ravi.cli.parser import build

    for length in (2, 1):
        name = " ".join(words[:length])
        if name in COMMANDS:
            __import__(COMMANDS[name][0])
            return build(name, sys.modules[COMMANDS[name][0]]).synopsis()
    if words and words[0] in GROUPS:
        return _group_usage(words[0])
    return "ravi <command> [flags]"


def _group_usage(noun: str) -> str:
    return f"ravi {noun} {{{' | '.join(verbs(noun))}}} [flags]"


def _global_flags() -> list[tuple[str, str]]:
    return [(f"{flag} <{value}>" if value else flag, text) for flag, value, text in GLOBAL_FLAGS]


def _reflow(text: str) -> str:
    """*text* with its paragraphs broken at 80 columns."""
    import textwrap

    return "\n\n".join(textwrap.fill(" ".join(part.split()), 80) for part in text.strip().split("\n\n"))


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)])


def _pairs(pairs: list[tuple[str, str]]) -> list[str]:
    """Two columns within 80 characters; an entry with a long first half gets its own line for the second."""
    import textwrap

    left = min(max(len(name) for name, _ in pairs), 26)
    lines = []
    for name, text in pairs:
        wrapped = textwrap.wrap(text, 76 - left) or [""]
        if len(name) > left:
            lines += [name, *(" " * (left + 2) + line for line in wrapped)]
        else:
            lines.append(f"{name.ljust(left)}  {wrapped[0]}".rstrip())
            lines += [" " * (left + 2) + line for line in wrapped[1:]]
    return lines
