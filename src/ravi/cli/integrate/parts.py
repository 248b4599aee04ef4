"""What an entry of the table is made of: files, and what goes into each."""

from __future__ import annotations

from ravi.cli.integrate.front_matter import FrontMatterLine
from ravi.cli.integrate.json_parts import Command, Edit, Item, Line, Value, new_text
from ravi.cli.integrate.lines import MISSING, OK, STALE, Conflict
from ravi.cli.integrate.script_text import Block, new_script
from ravi.cli.integrate.toml_text import TomlLine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.integrate.lines import Values

    Any_Edit = Edit | TomlLine | FrontMatterLine | Block

__all__ = [
    "Block",
    "Command",
    "Conflict",
    "FrontMatterLine",
    "Item",
    "Line",
    "Paste",
    "Target",
    "TomlLine",
    "Tool",
    "Value",
]

#: What is done where there is no such file yet: make it; say that the tool has to be set up first; or leave it at that.
MAKE = "make"
REFUSE = "refuse"
SKIP = "skip"


class Target:
    """
    One file of a tool. *path* is counted from the top of the project, from the home (`~/…`), or is `hooks/…` of git.

    Of several paths with `|` between them, the first that exists is meant, or else the first. All *edits* are of one
    kind. *why* says what has to be there first, for REFUSE.
    """

    def __init__(self, path: str, *edits: Any_Edit, absent: str = MAKE, why: str = "") -> None:
        self.paths = path.split("|")
        self.edits = edits
        self.absent = absent
        self.why = why

    @property
    def shown(self) -> str:
        """The path for people, where no project says which of several it is."""
        return self.paths[0].replace("git:", ".git/")

    @property
    def is_script(self) -> bool:
        """Whether the tool executes the file."""
        return isinstance(self.edits[0], Block)

    def fresh(self, values: Values) -> str:
        """The whole file, where there is none."""
        if isinstance(self.edits[0], Block):
            return new_script([each for each in self.edits if isinstance(each, Block)], values)
        if isinstance(self.edits[0], Edit):
            return new_text([each for each in self.edits if isinstance(each, Edit)], values)
        text = "" if isinstance(self.edits[0], TomlLine) else "---\n---\n"
        return self.put(text, values)

    def put(self, text: str, values: Values) -> str:
        """*text* with ours in it. Raises Conflict."""
        # Each goes before what is there, so the last is put first: they then stand in the order of the table.
        for edit in reversed(self.edits):
            if edit.state(text, values) != OK:
                text = edit.put(text, values)
        return text

    def withdraw(self, text: str, values: Values) -> str | None:
        """*text* without ours; None when nothing is left that somebody else wrote. Raises Conflict."""
        rest: str | None = text
        for edit in self.edits:
            if rest is not None:
                rest = edit.withdraw(rest, values)
        return rest

    def state(self, text: str, values: Values) -> str:
        """The worst of what the edits say. Raises Conflict."""
        states = [edit.state(text, values) for edit in self.edits]
        return next((worst for worst in (MISSING, STALE) if worst in states), OK)


class Paste:
    """Something that only a person can put where it belongs."""

    def __init__(self, where: str, content: str) -> None:
        self.where = where
        self.content = content


class Tool:
    """
    One entry. *summary* is one line for the list, *notes* are what remains to be done by hand afterwards; both and
    every content may hold the placeholders of `lines.py`.
    """

    def __init__(self, title: str, summary: str, *parts: Target | Paste, notes: tuple[str, ...] = ()) -> None:
        self.title = title
        self.summary = summary
        self.targets = [part for part in parts if isinstance(part, Target)]
        self.pastes = [part for part in parts if isinstance(part, Paste)]
        self.notes = notes
