"""The arguments of one command, read with argparse; the flags of settings follow from their declaration."""

import argparse
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NoReturn

from ravi.errors import UsageError
from ravi.server.command.words import Words
from ravi.settings.server import ServerSettings, resolve
from ravi.settings.server_table import BY_NAME, CONFIG_FLAG, CONFIG_VARIABLE, SETTINGS, Setting

#: What every command that opens the database needs to find it.
WHERE = ("data", "database")
EVERYTHING = tuple(BY_NAME)


class Parser(argparse.ArgumentParser):
    """Raises UsageError and knows no abbreviations: a script must not change its meaning with a new flag."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=f"ravi-server {command}", description=description, add_help=False, allow_abbrev=False)
        output = self.add_argument_group("output")
        output.add_argument("--json", action="store_true", help="print JSON (the default when stdout is no terminal)")
        output.add_argument("--human", action="store_true", help="print for people")
        output.add_argument("--help", "-h", action="store_true", help="explain the command instead of running it")

    def error(self, message: str) -> NoReturn:
        if message.startswith("the following arguments are required: "):
            message = "missing " + message.partition(": ")[2]
        raise UsageError(message.removeprefix("argument "), hint=f"see: {self.prog} --help")

    def add_settings(self, names: Iterable[str]) -> None:
        """Let the command line say the settings called *names*, and which file has the rest."""
        group = self.add_argument_group("settings", "Each is also an environment variable and a key of the file.")
        group.add_argument(CONFIG_FLAG, metavar="FILE", help=f"read this TOML file [{CONFIG_VARIABLE}]")
        for name in names:
            self._add_setting(group, BY_NAME[name])

    def _add_setting(self, group: Any, setting: Setting) -> None:
        about = f"{setting.help} [{setting.variable}; default: {setting.default or setting.otherwise}]"
        more: dict[str, Any] = {"dest": f"setting {setting.name}", "default": None, "help": about.replace("%", "%%")}
        if setting.shape == "switch":
            group.add_argument(setting.flag, action="store_const", const="true", **more)
            group.add_argument(
                setting.flag.replace("--", "--no-", 1),
                action="store_const",
                const="false",
                dest=more["dest"],
                help="…or not",
            )
        elif setting.shape == "list":
            group.add_argument(setting.flag, metavar=setting.placeholder, action="append", **more)
        else:
            group.add_argument(setting.flag, metavar=setting.placeholder, **more)


def build(command: str, module: Any) -> Parser:
    """Return the parser of *command*, whose module says what it takes."""
    parser = Parser(command, module.__doc__.strip())
    module.configure(parser)
    return parser


def parse(words: Words, module: Any) -> argparse.Namespace:
    """Return the arguments of the command. Raises UsageError, with the nearest name for an unknown flag."""
    assert words.command is not None
    parser = build(words.command, module)
    arguments, unknown = parser.parse_known_args(words.rest)
    if unknown:
        word = unknown[0].partition("=")[0]
        if not word.startswith("-"):
            raise UsageError(f"unexpected argument {word!r}", hint=f"see: {parser.prog} --help")
        known = [flag for action in parser._actions for flag in action.option_strings]
        elsewhere = word in {setting.flag for setting in SETTINGS}  # spelled right, and not for this command
        near = [] if elsewhere else get_close_matches(word, known, n=1)
        hint = f"did you mean: {near[0]}" if near else f"see: {parser.prog} --help"
        raise UsageError(f"unknown flag {word} for ravi-server {words.command}", hint=hint)
    return arguments


def settings_of(arguments: argparse.Namespace) -> ServerSettings:
    """Return the settings that *arguments*, the environment and the file add up to. Raises ConfigInvalid."""
    said = {setting.name: getattr(arguments, f"setting {setting.name}", None) for setting in SETTINGS}
    return resolve({name: value for name, value in said.items() if value is not None}, config=arguments.config)
