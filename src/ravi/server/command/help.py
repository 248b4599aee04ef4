"""`ravi-server --help`, and `--help` of one command."""

from ravi.errors import UsageError
from ravi.server.command import exit_codes
from ravi.server.command.console import Console
from ravi.server.command.words import COMMANDS, Words


def show(words: Words, console: Console) -> int:
    """Print what the program, or the command that *words* name, does."""
    if words.problem and words.command is None:
        raise UsageError(words.problem, hint=words.hint)
    if words.command is None:
        console.text(overview())
        return exit_codes.OK
    from ravi.server.command.flags import build

    console.text(build(words.command, words.load()).format_help())
    return exit_codes.OK


def overview() -> str:
    """Return the list of commands."""
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name.ljust(width)}  {about}" for name, (_, about) in COMMANDS.items())
    return (
        "usage: ravi-server COMMAND [flags]\n\n"
        "The open, self-hosted identity provider for AI agents.\n\n"
        f"{commands}\n\n"
        "ravi-server COMMAND --help explains a command. --data DIR, --database URL, --config FILE, --json and\n"
        "--human may stand before or after it."
    )
