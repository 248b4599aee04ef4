"""
Finding the command in argv, wherever flags stand.

`ravi-server --data DIR owner add EMAIL` and `ravi-server owner add EMAIL --data DIR` are the same command. No
parser is needed for this, only which flags take a value.
"""

import importlib
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ravi.server.command.console import Mode
from ravi.settings.server_table import CONFIG_FLAG, SETTINGS

#: Command, its module, and what it does in one line; `--help` lists them in this order.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("run", "run the server in the foreground"),
    "owner add": ("owner_add", "add an owner's account and print a one-time sign-in code"),
    "owner list": ("owner_list", "list the accounts"),
    "signin-code": ("signin_code", "print another one-time sign-in code for an account"),
    "audit verify": ("audit_verify", "say whether the audit log was tampered with"),
    "phone doctor": ("phone_doctor", "say why no texts arrive, or do not go out"),
    "simulate sms": ("simulate_sms", "play the world outside: text a number for fiction"),
    "migrate": ("migrate", "bring the database's schema up to date"),
    "config check": ("config_check", "print every setting and where it comes from"),
    "config example": ("config_example", "print a configuration file with every setting in it"),
    "version": ("version", "print the version"),
}
GROUPS = {name.split()[0] for name in COMMANDS if " " in name}

_OF_COMMANDS = {
    "--account",
    "--body",
    "--body-file",
    "--expect",
    "--first-name",
    "--from",
    "--last-name",
    "--to",
    "--url",
}
TAKING_A_VALUE = {CONFIG_FLAG, *_OF_COMMANDS} | {setting.flag for setting in SETTINGS if setting.shape != "switch"}


@dataclass
class Words:
    """What argv says, apart from the command's own arguments, which are in `rest`."""

    command: str | None = None
    rest: list[str] = field(default_factory=list)
    mode: Mode = None
    wants_help: bool = False
    problem: str = ""
    hint: str = ""

    def load(self) -> Any:
        """Import and return the module of the command, which must be known."""
        assert self.command is not None
        return importlib.import_module(f"ravi.server.command.{COMMANDS[self.command][0]}")


def split(argv: list[str]) -> Words:
    """Return the command in *argv* and the words that belong to it. Never raises: see `Words.problem`."""
    words = Words()
    named: list[str] = []
    todo = iter(argv)
    for word in todo:
        if word in ("--help", "-h"):
            words.wants_help = True
        elif word in ("--json", "--human"):
            words.mode = _mode(word, words)
        elif word in ("--version", "-V") and not named:
            named = ["version"]
        elif word == "--":
            words.rest += [word, *todo]
        elif word.startswith("-"):
            words.rest.append(word)
            if word in TAKING_A_VALUE:
                words.rest += [value for value in (next(todo, None),) if value is not None]
        elif word == "help" and not named:
            words.wants_help = True
        elif not named or (len(named) == 1 and named[0] in GROUPS):
            named.append(word)
        else:
            words.rest.append(word)
    _name(words, " ".join(named))
    return words


def _mode(word: str, words: Words) -> Mode:
    wanted: Mode = "json" if word == "--json" else "human"
    if words.mode in (None, wanted):
        return wanted
    words.problem = "--json and --human exclude each other"
    return None


def _name(words: Words, name: str) -> None:
    if name in COMMANDS:
        words.command = name
        return
    group = name.partition(" ")[0]
    of_group = [known for known in COMMANDS if known.partition(" ")[0] == group]
    if name == group and name in GROUPS:
        words.problem = f"ravi-server {name} needs to know what to do"
        words.hint = "one of: " + ", ".join(f"ravi-server {known}" for known in of_group)
    elif name:
        near = get_close_matches(name, COMMANDS, n=1) or of_group[:1]
        words.problem = f"there is no command {name!r}"
        words.hint = f"did you mean: ravi-server {near[0]}" if near else "see every command with: ravi-server --help"
    elif words.rest:
        words.problem = f"unexpected {words.rest[0].partition('=')[0]}: no command is given"
        words.hint = "see every command with: ravi-server --help"
