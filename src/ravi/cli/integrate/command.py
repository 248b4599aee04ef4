"""Make an orchestrator give each of its workspaces an identity, and take it back.

Without a tool, lists the tools. With one, prints what belongs into which file; --write puts it there, beside what is
there already, and --write again changes nothing. --check says what is missing or stale, such as a path to a ravi that
has moved, and --remove takes out what --write put in. Files of the project are those at the top of the git checkout
that you stand in.

What is written calls this ravi by its absolute path, because hooks often run with another PATH than yours.
"""

from __future__ import annotations

import sys

from ravi.cli.integrate import changes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from ravi.cli.integrate.lines import Values
    from ravi.cli.integrate.parts import Tool
    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser
    from ravi.errors import RaviError

EXAMPLES = (
    "ravi integrate",
    "ravi integrate amux",
    "ravi integrate amux --write",
    "ravi integrate dmux --check",
    "ravi integrate claude-squad --write --agent 'claude --model opus'",
    "ravi integrate symphony --remove --dir ~/src/project",
)


def configure(parser: VerbParser) -> None:
    """Which tool, and what to do."""
    parser.add_argument("tool", nargs="?", help="one of those that ravi integrate lists")
    what = parser.add_mutually_exclusive_group()
    what_to_do = (
        ("--print", "show", "print it (the default)"),
        ("--write", "write", "put it into the tool's files"),
        ("--check", "check", "exit 1 unless all of it is there and calls this ravi"),
        ("--remove", "remove", "take it out again"),
    )
    for flag, dest, meaning in what_to_do:
        parser.arguments.append(what.add_argument(flag, dest=dest, action="store_true", help=meaning))
    parser.add_argument("--dir", metavar="folder", help="a folder of the project, in place of the working directory")
    parser.add_argument("--agent", metavar="command", default="claude", help="what wrappers start (default: claude)")


def run(args: Namespace, io: Io) -> int:
    """
    Print {"tool", "files": [{"file", …}], "notes"}, or a list of tools. Exit 1 if --check finds something wrong.

    Nothing is written unless everything can be. Raises UsageError, ConfigInvalid, or ByHandOnly for a tool that has
    no file to write to.
    """
    from ravi.cli.integrate.lines import Values
    from ravi.cli.integrate.project import Project, running_program
    from ravi.cli.integrate.tools import TOOLS
    from ravi.cli.values import absolute
    from ravi.errors import UsageError
    from ravi.settings.place import Place

    acts = args.write or args.check or args.remove
    if args.tool is None:
        if acts:
            raise UsageError("name the tool")
        tools = [{"tool": name, "title": tool.title, "summary": tool.summary} for name, tool in TOOLS.items()]
        io.out.document(tools, _listed)
        return 0
    tool = _find(args.tool)
    if not args.agent.strip() or "\n" in args.agent:
        raise UsageError("--agent is not a command of one line")
    values = Values(running_program(sys.argv, sys.executable), args.agent)
    if not acts:
        io.out.document(printed(args.tool, tool, values), _texts)
        return 0
    if not tool.targets:
        raise _by_hand(args.tool, tool)
    project = Project(absolute(args.dir or "."), Place(io.environ).home)
    plan = changes.removed if args.remove else changes.checked if args.check else changes.written
    done = [plan(target, project, values) for target in tool.targets]
    for change in done:
        change.carry_out(project)
    notes = [values.fill(note) for note in tool.notes] if args.write else []
    io.out.document({"tool": args.tool, "files": [change.document() for change in done], "notes": notes}, _rows)
    return 1 if args.check and not all(change.is_well for change in done) else 0


def printed(name: str, tool: Tool, values: Values) -> dict[str, Any]:
    """What belongs where: for each file, all of it as it would be if nothing else were in it."""
    return {
        "tool": name,
        "files": [
            {"file": target.shown, "text": target.fresh(values), "executable": target.is_script}
            for target in tool.targets
        ],
        "paste": [{"where": paste.where, "text": values.fill(paste.content)} for paste in tool.pastes],
        "notes": [values.fill(note) for note in tool.notes],
    }


def _find(name: str) -> Tool:
    from ravi.cli.integrate.tools import TOOLS
    from ravi.errors import UsageError

    if name in TOOLS:
        return TOOLS[name]
    from ravi.settings.resolve import find_nearest

    near = find_nearest(name, tuple(TOOLS))
    raise UsageError(
        f"no tool is called {name!r}", hint=f"did you mean {near}?" if near else "see which there are: ravi integrate"
    )


def _by_hand(name: str, tool: Tool) -> RaviError:
    from ravi.errors import ByHandOnly

    return ByHandOnly(
        f"{tool.title} has no file that ravi could write: {tool.summary}",
        hint=f"see what to paste, and where: ravi integrate {name} --human",
    )


def _listed(layout: Layout, tools: list[dict[str, str]]) -> str:
    return layout.table(("tool", "what", "how"), [(t["tool"], t["title"], t["summary"]) for t in tools], empty="")


def _texts(layout: Layout, it: dict[str, Any]) -> str:
    parts = [f"# {each['file']}\n{each['text'].rstrip()}" for each in it["files"]]
    parts += [f"# {each['where']}\n{each['text'].rstrip()}" for each in it["paste"]]
    return "\n\n".join(parts + [f"# {note}" for note in it["notes"]])


def _rows(layout: Layout, it: dict[str, Any]) -> str:
    explained = any("reason" in each for each in it["files"])
    headers = ("file", "status", "why") if explained else ("file", "status")
    rows = [(each["file"], each["status"], each.get("reason", ""))[: len(headers)] for each in it["files"]]
    return "\n".join([layout.table(headers, rows, empty=""), *(f"- {note}" for note in it["notes"])])
