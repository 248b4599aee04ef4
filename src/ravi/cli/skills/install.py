"""Put skills where an agent finds them: all of them, or those that are named.

Each is a folder with a SKILL.md, below .claude/skills of the working directory, of the home directory with --user, or
below --dir. What is there already and differs stays as it is, unless --force says otherwise.
"""

from __future__ import annotations

import os

from ravi.cli.skills import reading as texts
from ravi.errors import Conflict, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi skills install",
    "ravi skills install ravi-sign-up --user",
    "ravi skills install --dir .agents/skills",
)

_USUAL = os.path.join(".claude", "skills")


def configure(parser: VerbParser) -> None:
    """Which skills, and where to."""
    parser.add_argument("names", metavar="name", nargs="*", help="a skill that ravi skills list names; repeatable")
    parser.add_argument("--user", action="store_true", help="for every project: below the home directory")
    parser.add_argument("--dir", metavar="folder", help="below this folder")
    parser.add_argument("--force", action="store_true", help="replace what is there and differs")


def run(args: Namespace, io: Io) -> int:
    """Print a list of {"name", "path", "status"}: installed, replaced or unchanged. Raises Conflict, then none is."""
    if args.user and args.dir is not None:
        raise UsageError("--user and --dir exclude each other")
    folder = args.dir or (os.path.join(os.path.expanduser("~"), _USUAL) if args.user else _USUAL)
    wanted = {name: texts.read(name) for name in args.names or texts.names()}
    paths = {name: os.path.abspath(os.path.join(folder, name, "SKILL.md")) for name in wanted}
    present = {name: _read(path) for name, path in paths.items()}
    differing = [paths[name] for name, text in wanted.items() if present[name] not in (None, text)]
    if differing and not args.force:
        raise Conflict(f"there is something else at {', '.join(differing)}", hint="replace it with --force")
    done = []
    for name, text in wanted.items():
        status = "installed" if present[name] is None else "unchanged" if present[name] == text else "replaced"
        if status != "unchanged":
            _write(paths[name], text)
        done.append({"name": name, "path": paths[name], "status": status})
    io.out.document(
        done,
        lambda layout, rows: layout.table(
            ("name", "status", "path"), [(each["name"], each["status"], each["path"]) for each in rows], empty=""
        ),
    )
    return 0


def _read(path: str) -> str | None:
    """What is there; None when nothing is. Raises UsageError when that cannot be told."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {(error.strerror or 'failed').lower()}") from error


def _write(path: str, text: str) -> None:
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {(error.strerror or 'failed').lower()}") from error
