"""
Where things are in a JSON text, with comments and trailing commas where somebody wrote them, and how to put one more
thing in without touching the rest.

A thing always goes first in its object or list: then neither a comma nor a comment of another member moves, and taking
it out again leaves the bytes that were there. How a container looks says whether it was ours: an empty one of somebody
else gets a space behind its bracket, one that we made does not.
"""

from __future__ import annotations

import json
import re

from ravi.cli.integrate.lines import Conflict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BLANK = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_OTHER = re.compile(r"[^\s,\]}\[{:\"/]+")
_DEEPEST = 100


class Node:
    """A value of the text, from `start` to `end`. `members` are (key, start, value); in a list, keys are empty."""

    __slots__ = ("end", "kind", "members", "start", "value")

    def __init__(self, kind: str, start: int) -> None:
        self.kind = kind
        self.start = start
        self.end = start
        self.value: Any = None
        self.members: list[tuple[str, int, Node]] = []

    def find(self, key: str) -> Node | None:
        """The value under *key*."""
        return next((node for name, _, node in self.members if name == key), None)


def parse(text: str) -> Node:
    """The value that *text* is. Raises Conflict when it is none, or names a key twice."""
    node = _value(text, _skip(text, 1 if text.startswith("\ufeff") else 0), 0)
    if _skip(text, node.end) != len(text):
        raise Conflict("it is not valid JSON")
    return node


def dumps(value: Any, lead: str, unit: str) -> str:
    """*value* for a place whose members are led in by *lead*: on lines of their own if that has a line's end."""
    if "\n" not in lead:
        return json.dumps(value, ensure_ascii=False)
    newline = "\r\n" if "\r\n" in lead else "\n"
    indent = lead.rpartition("\n")[2]
    return json.dumps(value, ensure_ascii=False, indent=unit).replace("\n", newline + indent)


def put_first(text: str, container: Node, key: str, value: Any, unit: str) -> str:
    """*text* with one more member at the beginning of *container*."""
    inside = container.start + 1
    if not container.members:
        return text[:inside] + " " + _member(key, json.dumps(value, ensure_ascii=False)) + text[inside:]
    lead = text[inside : inside + len(text[inside:]) - len(text[inside:].lstrip())]
    return text[:inside] + lead + _member(key, dumps(value, lead, unit)) + "," + text[inside:]


def take_out(text: str, way: list[Node], index: int) -> str | None:
    """
    *text* without member *index* of the last container of *way*, which begins at the root.

    A container that was made for it goes as well. None when nothing is left but what we made.
    """
    container = way[-1]
    _, start, node = container.members[index]
    inside, end = container.start + 1, node.end
    if len(container.members) == 1:
        lead, rest = text[inside:start], text[end : container.end - 1]
        if not lead.startswith(" ") or lead.strip():
            if lead.strip() or rest.strip(" \t\r\n,"):
                return text[:start] + text[end:]
            if len(way) == 1:
                return None
            place = [child for _, _, child in way[-2].members].index(container)
            return take_out(text, way[:-1], place)
        return text[:inside] + text[end:]
    begin = start - len(text[:start]) + len(text[:start].rstrip())
    comma = _skip(text, end)
    if text[comma] == ",":
        return text[:begin] + text[comma + 1 :]
    before = _skip(text, container.members[index - 1][2].end)
    return text[:before] + text[before + 1 : begin] + text[end:]


def unit_of(text: str, root: Node) -> str:
    """By what the members of *root* are indented; two spaces when they are not."""
    lead = text[root.start + 1 : root.members[0][1]] if root.members else ""
    indent = lead.rpartition("\n")[2] if "\n" in lead else ""
    return indent if indent and not indent.strip() else "  "


def encoded(text: str) -> str:
    """*text* as it stands between the quotes of a string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _member(key: str, value: str) -> str:
    return f"{json.dumps(key, ensure_ascii=False)}: {value}" if key else value


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int, depth: int) -> Node:
    if depth > _DEEPEST:
        raise Conflict("it is nested too deeply")
    opening = text[at : at + 1]
    if opening in ("{", "["):
        return _container(text, at, depth)
    found = _STRING.match(text, at) if opening == '"' else _OTHER.match(text, at)
    if found is None:
        raise Conflict("it is not valid JSON")
    node = Node("string" if opening == '"' else "other", at)
    node.end = found.end()
    try:
        node.value = json.loads(found[0])
    except ValueError:
        raise Conflict("it is not valid JSON") from None
    return node


def _container(text: str, at: int, depth: int) -> Node:
    is_object = text[at] == "{"
    node = Node("object" if is_object else "array", at)
    closing = "}" if is_object else "]"
    place = _skip(text, at + 1)
    while text[place : place + 1] != closing:
        start, key = place, ""
        if is_object:
            name = _value(text, place, depth) if text[place : place + 1] == '"' else None
            place = _skip(text, name.end) if name else place
            if name is None or text[place : place + 1] != ":":
                raise Conflict("it is not valid JSON")
            key = name.value
            if node.find(key):
                raise Conflict(f"it names {key!r} twice")
            place = _skip(text, place + 1)
        child = _value(text, place, depth + 1)
        node.members.append((key, start, child))
        place = _skip(text, child.end)
        if text[place : place + 1] == ",":
            place = _skip(text, place + 1)
        elif text[place : place + 1] != closing:
            raise Conflict("it is not valid JSON")
    node.end = place + 1
    children = node.members
    node.value = {k: c.value for k, _, c in children} if is_object else [c.value for _, _, c in children]
    return node
