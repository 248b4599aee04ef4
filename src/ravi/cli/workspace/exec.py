"""See that a directory has its identity, as ravi workspace ensure does, and become the agent's program.

The program is given RAVI_CONFIG_DIR, and none of the variables that hold or choose your own credentials: no other
RAVI_ variable is handed on. It is started in the working directory as it is, with everything else of the environment.
If the directory cannot be bound it is not started, and the exit code says why; 127 and 126 say that it was not found,
or could not be started. Made to stand before an agent's command in a configuration file: where a tool repeats its own
first word, as in ravi ravi workspace exec, that is overlooked. Never asks.
"""

from __future__ import annotations

import os

from ravi.cli.workspace import asking
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi workspace exec -- claude",
    "ravi workspace exec ../agent-7 --ttl 8h -- codex exec 'fix the build'",
)

#: What an agent keeps of our variables: they say how, not who.
_HANDED_ON = ("RAVI_ALLOW_HTTP", "RAVI_DEBUG")


def configure(parser: VerbParser) -> None:
    """The workspace, and the program."""
    asking.configure(parser)
    parser.add_program("command", "the program and its arguments, as they are")


def run(args: Namespace, io: Io) -> int:
    """Does not return once the program runs. Raises what `ensure` does: nothing was started then."""
    options = io.options
    if not args.marked and (options.json or options.human or options.server):
        raise UsageError(
            "it is unclear whose flags these are",
            hint="put -- before the program: ravi workspace exec [dir] -- <command>",
        )
    program = _without_ourselves(args.program)
    if not program:
        raise UsageError("the program to run is missing", hint="it comes last: ravi workspace exec -- <command>")
    bound = asking.ensure(args, io)
    from ravi.cli.running.child import become
    from ravi.cli.running.starting import not_started

    try:
        become(program, agent_environment(io.environ, bound.config_dir))
    except OSError as fault:
        return not_started(program[0], fault, io)


def _without_ourselves(words: Sequence[str]) -> list[str]:
    """*words* without `ravi workspace exec --` in front of them, which a tool that repeats its prefix puts there."""
    rest = list(words)
    while rest and os.path.basename(rest[0]) == "ravi":
        skipped = rest[1:]
        while skipped and os.path.basename(skipped[0]) == "ravi":
            skipped = skipped[1:]
        if skipped[:3] != ["workspace", "exec", "--"]:
            return rest
        rest = skipped[3:]
    return rest


def agent_environment(inherited: Mapping[str, str], config_dir: str) -> dict[bytes, bytes]:
    """The environment of an agent whose workspace has this `.ravi`: *inherited* without what is the owner's."""
    kept = {
        os.fsencode(name): os.fsencode(value)
        for name, value in inherited.items()
        if not name.startswith("RAVI_") or name in _HANDED_ON
    }
    return kept | {b"RAVI_CONFIG_DIR": os.fsencode(config_dir)}
