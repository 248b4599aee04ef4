"""
One line of ours among lines of somebody else: what it is, and how it is found again.

A line calls `ravi` by its absolute path in single quotes, which nobody writes by hand. What stands behind the path is
a constant of the table, so a line is ours if all of it but the path is as the table says; with another path it is
stale. Nothing has to be remembered, and comments, which not every shell and format has, are not needed.
"""

from __future__ import annotations

import re

#: Stands in the table for the absolute path of this `ravi`, in quotes, and for the agent that wrappers start.
RAVI = "{ravi}"
AGENT = "{agent}"

OK = "ok"
STALE = "stale"
MISSING = "missing"

#: A word in single quotes as `quoted` writes it.
_QUOTED = "'(?:[^']|'\"'\"')*'"


class Conflict(Exception):
    """What is in the file leaves no place for ours. The text says why, for a person who edits it by hand."""


class Values:
    """What the placeholders of the table stand for: *ravi* is a path, *agent* the words of a command."""

    __slots__ = ("agent", "ravi")

    def __init__(self, ravi: str, agent: str) -> None:
        self.ravi = quoted(ravi)
        self.agent = agent

    def fill(self, template: str) -> str:
        """*template* with both in place."""
        return template.replace(RAVI, self.ravi).replace(AGENT, self.agent)


def quoted(path: str) -> str:
    """*path* as one word for a shell, always in single quotes."""
    return "'" + path.replace("'", "'\"'\"'") + "'"


def pattern_of(template: str) -> re.Pattern[str]:
    """What a text of *template* looks like whatever the path and the agent were when it was written."""
    text = re.escape(template).replace(re.escape(RAVI), _QUOTED).replace(re.escape(AGENT), "[^\\n]+")
    return re.compile(text)


def head(template: str) -> str:
    """*template* up to the agent, which is the user's choice once it stands there."""
    return template.partition(AGENT)[0]


def renewed(text: str, template: str, values: Values) -> str:
    """*text*, which is ours, with the right path."""
    found = pattern_of(head(template)).match(text)
    return text if found is None else values.fill(head(template)) + text[found.end() :]


def find(lines: list[str], template: str) -> int | None:
    """At which of *lines* ours stands; None when it does not."""
    pattern = pattern_of(template)
    return next((at for at, line in enumerate(lines) if pattern.fullmatch(line.strip())), None)


def state(lines: list[str], template: str, values: Values) -> str:
    """Whether ours stands among *lines*, and with the right path."""
    at = find(lines, template)
    if at is None:
        return MISSING
    return OK if lines[at].strip() == values.fill(template) else STALE
