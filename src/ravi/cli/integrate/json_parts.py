"""What may be put into a JSON file of a tool: an item of a list, a line of a shell script in a string, or a value."""

from __future__ import annotations

from ravi.cli.integrate.json_text import dumps, encoded, parse, put_first, take_out, unit_of
from ravi.cli.integrate.lines import MISSING, OK, RAVI, STALE, Conflict, find, pattern_of, renewed, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.cli.integrate.json_text import Node
    from ravi.cli.integrate.lines import Values


class Edit:
    """
    One addition at *path*, whose keys stand between dots. *content* is a template, or objects and lists of templates.

    `state`, `put` and `withdraw` take the file's text. The last two return the new one; `withdraw` None when nothing
    is left that somebody else wrote. All raise Conflict.
    """

    def __init__(self, path: str, content: Any) -> None:
        self.path = path.split(".")
        self.content = content

    def made(self, values: Values) -> Any:
        """What stands at the path when nothing was there before."""
        return filled(self.content, values)

    def state(self, text: str, values: Values) -> str:
        way, left = _walk(text, self.path)
        return MISSING if left else self._state(text, way[-1], values)

    def put(self, text: str, values: Values) -> str:
        way, left = _walk(text, self.path)
        if left:
            if way[-1].kind != "object":
                raise Conflict(f"{self._name(left)} is not an object")
            value = self.made(values)
            for key in reversed(left[1:]):
                value = {key: value}
            return put_first(text, way[-1], left[0], value, unit_of(text, way[0]))
        return self._put(text, way, values)

    def withdraw(self, text: str, values: Values) -> str | None:
        way, left = _walk(text, self.path)
        return text if left else self._withdraw(text, way, values)

    def _name(self, left: list[str]) -> str:
        return ".".join(self.path[: len(self.path) - len(left)]) or "it"

    def _state(self, text: str, node: Node, values: Values) -> str:
        raise NotImplementedError

    def _put(self, text: str, way: list[Node], values: Values) -> str:
        raise NotImplementedError

    def _withdraw(self, text: str, way: list[Node], values: Values) -> str | None:
        raise NotImplementedError


class Item(Edit):
    """One item of a list, before the others."""

    def made(self, values: Values) -> Any:
        return [filled(self.content, values)]

    def _state(self, text: str, node: Node, values: Values) -> str:
        leaf = self._leaf(self._array(node))
        if leaf is None:
            return MISSING
        return OK if leaf.value == renewed(leaf.value, _template(self.content), values) else STALE

    def _put(self, text: str, way: list[Node], values: Values) -> str:
        array = self._array(way[-1])
        leaf = self._leaf(array)
        if leaf is None:
            return put_first(text, array, "", filled(self.content, values), unit_of(text, way[0]))
        return _replace(text, leaf, renewed(leaf.value, _template(self.content), values))

    def _withdraw(self, text: str, way: list[Node], values: Values) -> str | None:
        array = self._array(way[-1])
        for index, (_, _, node) in enumerate(array.members):
            if _find_leaf(node, self.content) is not None:
                return take_out(text, way, index)
        return text

    def _leaf(self, array: Node) -> Node | None:
        found = (_find_leaf(node, self.content) for _, _, node in array.members)
        return next((leaf for leaf in found if leaf is not None), None)

    def _array(self, node: Node) -> Node:
        if node.kind != "array":
            raise Conflict(f"{'.'.join(self.path)} is not a list")
        return node


class Line(Edit):
    """The first line of a shell script that is a string, where several lines are allowed."""

    def _state(self, text: str, node: Node, values: Values) -> str:
        return state(self._script(node).split("\n"), self.content, values)

    def _put(self, text: str, way: list[Node], values: Values) -> str:
        node = way[-1]
        lines = self._script(node).split("\n")
        at = find(lines, self.content)
        ours = encoded(values.fill(self.content))
        if at is None:
            return text[: node.start + 1] + ours + "\\n" + text[node.start + 1 :]
        raw = text[node.start : node.end].replace(encoded(lines[at]), ours, 1)
        return text[: node.start] + raw + text[node.end :]

    def _withdraw(self, text: str, way: list[Node], values: Values) -> str | None:
        node = way[-1]
        lines = self._script(node).split("\n")
        at = find(lines, self.content)
        if at is None:
            return text
        if len(lines) == 1:
            index = [child for _, _, child in way[-2].members].index(node)
            return take_out(text, way[:-1], index)
        old = encoded(lines[at])
        raw = text[node.start : node.end]
        raw = raw.replace(old + "\\n", "", 1) if at + 1 < len(lines) else raw.replace("\\n" + old, "", 1)
        return text[: node.start] + raw + text[node.end :]

    def _script(self, node: Node) -> str:
        if node.kind != "string":
            raise Conflict(f"{'.'.join(self.path)} is not a string")
        script: str = node.value
        return script


class Value(Edit):
    """A value that only one can set: a command that starts an agent, or a constant."""

    def _state(self, text: str, node: Node, values: Values) -> str:
        self._check(node, values)
        return OK if node.value == renewed(node.value, self.content, values) else STALE

    def _put(self, text: str, way: list[Node], values: Values) -> str:
        self._check(way[-1], values)
        return _replace(text, way[-1], renewed(way[-1].value, self.content, values))

    def _withdraw(self, text: str, way: list[Node], values: Values) -> str | None:
        node = way[-1]
        if not self._is_ours(node):
            return text
        index = [child for _, _, child in way[-2].members].index(node)
        return take_out(text, way[:-1], index)

    def _is_ours(self, node: Node) -> bool:
        return node.kind == "string" and pattern_of(self.content).fullmatch(node.value) is not None

    def _check(self, node: Node, values: Values) -> None:
        if not self._is_ours(node):
            name = ".".join(self.path)
            raise Conflict(f"{name} is set to something else; write it by hand: {values.fill(self.content)}")


class Command(Line):
    """A command that may be a shell script or an object of several that run side by side (dev containers)."""

    def state(self, text: str, values: Values) -> str:
        return self._fitting(text).state(text, values)

    def put(self, text: str, values: Values) -> str:
        return self._fitting(text).put(text, values)

    def withdraw(self, text: str, values: Values) -> str | None:
        return self._fitting(text).withdraw(text, values)

    def _fitting(self, text: str) -> Edit:
        way, left = _walk(text, self.path)
        if not left and way[-1].kind == "object":
            return Value(".".join([*self.path, "ravi"]), self.content)
        return Line(".".join(self.path), self.content)


def new_text(edits: list[Edit], values: Values) -> str:
    """The whole file, where there was none."""
    root: dict[str, Any] = {}
    for edit in edits:
        place = root
        for key in edit.path[:-1]:
            place = place.setdefault(key, {})
        place[edit.path[-1]] = edit.made(values)
    return dumps(root, "\n", "  ") + "\n"


def filled(content: Any, values: Values) -> Any:
    """*content* with every template in it filled."""
    if isinstance(content, dict):
        return {key: filled(each, values) for key, each in content.items()}
    if isinstance(content, list):
        return [filled(each, values) for each in content]
    return values.fill(content) if isinstance(content, str) else content


def _template(content: Any) -> str:
    """The text in *content* that calls ravi."""
    if isinstance(content, str):
        return content if RAVI in content else ""
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return next((found for found in map(_template, inner) if found), "")


def _find_leaf(node: Node, content: Any) -> Node | None:
    """The text below *node* that calls ravi as *content* does."""
    pattern = pattern_of(_template(content))
    if node.kind == "string":
        return node if pattern.fullmatch(node.value) else None
    found = (_find_leaf(child, content) for _, _, child in node.members)
    return next((leaf for leaf in found if leaf is not None), None)


def _replace(text: str, node: Node, value: str) -> str:
    return text[: node.start] + '"' + encoded(value) + '"' + text[node.end :]


def _walk(text: str, path: list[str]) -> tuple[list[Node], list[str]]:
    """The nodes from the root towards *path*, and the keys of it that are not there. Raises Conflict."""
    root = parse(text)
    if root.kind != "object":
        raise Conflict("it is not a JSON object")
    way, left = [root], list(path)
    while left:
        child = way[-1].find(left[0]) if way[-1].kind == "object" else None
        if child is None:
            break
        way.append(child)
        left.pop(0)
    return way, left
