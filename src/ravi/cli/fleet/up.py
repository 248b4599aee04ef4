"""Give many directories an identity each, at once: all of them, or none.

With a number, directories are made here: agent-0, agent-1 and so on. With --worktrees they are worktrees of this git
repository instead, made beside it, each on a branch of its own: with --worktrees task in /src/app, /src/app-task-0 is
on the branch task-0. Otherwise name the directories; their identities are called as they are, unless you say --prefix.

Each directory then has what ravi workspace ensure gives it: a key of its own, and its vault key if this machine has
unlocked the vault. When anything fails, or it is stopped (Ctrl-C, SIGTERM), all that was made is unmade. A second run
keeps what is bound and makes what is missing, also after a crash. A fleet is known by the label fleet=<name> of its
identities; without --fleet the name is made of the prefix and of where you are, so that the other commands find it
again here.
"""

from __future__ import annotations

import signal

from ravi.cli.values import duration, labels
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from types import FrameType

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi fleet up 50 --ttl 8h",
    "ravi fleet up 5 --worktrees task --env-file .env.local",
    "ravi fleet up api web docs --fleet monorepo",
    "ravi fleet up 10 | jq -r '.[].config_dir'",
)


def configure(parser: VerbParser) -> None:
    """Who belongs to it, and what their identities shall be."""
    parser.add_argument("targets", metavar="n | dir", nargs="+", help="how many, or which directories")
    parser.add_argument("--fleet", metavar="name", help="what the fleet is called")
    parser.add_argument("--prefix", metavar="text", help="what names begin with (default: agent)")
    parser.add_argument("--worktrees", metavar="branch", help="make git worktrees, on branches that begin with this")
    parser.add_argument("--ttl", metavar="time", help="end them after this long: 2h, 30m, 7d or seconds")
    parser.add_argument("--env-file", metavar="file", help="write RAVI_EMAIL and RAVI_PHONE to this file in each")
    parser.add_argument("--label", metavar="k=v", action="append", help="attach a label to each; repeatable")
    parser.add_argument("--no-phone", action="store_true", help="give them no numbers")


def run(args: Namespace, io: Io) -> int:
    """Print a list of members."""
    from ravi.cli.fleet import view
    from ravi.cli.fleet.bar import Bar

    targets = _targets(args.targets)
    wanted, seconds = labels(args.label), duration(args.ttl, "--ttl")
    with _ended_as_interrupted(), io.client(need_identity=False) as ravi, Bar(io.environ.get("TERM")) as bar:
        fleet = ravi.fleet.up(
            targets,
            name=args.fleet,
            prefix=args.prefix,
            worktrees=args.worktrees,
            ttl_seconds=seconds,
            env_file=args.env_file,
            labels=wanted,
            provision_phone=False if args.no_phone else None,
            progress=bar.show,
        )
    for note in dict.fromkeys(note for each in fleet.members for note in each.notes):
        io.out.warn(note)
    io.out.document(view.members(fleet), view.up_table)
    io.out.hint(
        f"see how they are: ravi fleet status --fleet {fleet.name}; end them: ravi fleet down --fleet {fleet.name}"
    )
    return 0


class _ended_as_interrupted:  # noqa: N801 - reads as what it does
    """In this block SIGTERM does what Ctrl-C does, so that all is unmade."""

    def __enter__(self) -> None:
        self._former = signal.signal(signal.SIGTERM, self._interrupt)

    def __exit__(self, *failure: object) -> None:
        signal.signal(signal.SIGTERM, self._former or signal.SIG_DFL)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGINT)


def _targets(words: list[str]) -> int | list[str]:
    """How many, or which. Raises UsageError."""
    if any(not word.strip() for word in words):
        raise UsageError("a directory is empty", hint="say how many, or name directories")
    if len(words) == 1 and words[0].isascii() and words[0].isdecimal():
        return int(words[0]) if len(words[0]) < 7 else 10**6  # more than there can be
    if any(word.isdecimal() for word in words):
        raise UsageError("say how many, or name directories", hint="a directory with digits for a name: ./10")
    return words
