"""What is dropped: one place in the server's source, and what it says without it."""

import ast
import io
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Site:
    """One check that can be dropped by replacing `source[start:end]`."""

    file: str
    """From `src/ravi/server/`."""
    line: int
    kind: str
    function: str
    """The qualified name of the function that it stands in; of a constant, the constant's name; or empty."""
    start: int
    end: int
    says: str
    """The text as it is."""
    instead: str

    @property
    def name(self) -> str:
        """What a list of exceptions calls it: it stays the same when lines are added above."""
        return f"{self.file}:{self.function}: {' '.join(self.says.split())}"


class Source:
    """One file of the server, parsed, with places as offsets into its text."""

    def __init__(self, root: Path, path: Path) -> None:
        self.file = str(path.relative_to(root))
        self.text = path.read_text()
        self.tree = ast.parse(self.text)
        self._lines = [0]
        for line in self.text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._functions = sorted(_functions(self.tree), key=lambda found: found[0])

    def offset(self, line: int, column: int) -> int:
        """Return where *column*, which counts UTF-8 bytes as `ast` does, of *line* is in the text."""
        start = self._lines[line - 1]
        whole = self.text[start : self._lines[line]]
        return start + len(whole.encode()[:column].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def line(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def function(self, line: int) -> str:
        """Return the innermost function, or else the constant, that *line* belongs to."""
        found = ""
        for first, last, name in self._functions:
            if first <= line <= last:
                found = name
        return found

    def site(self, kind: str, start: int, end: int, instead: str) -> Site:
        line = self.line(start)
        return Site(self.file, line, kind, self.function(line), start, end, self.text[start:end], instead)

    def strings(self) -> Iterator[tuple[int, int]]:
        """Yield where each string literal of the source begins and ends, docstrings left out."""
        docs = {
            (node.lineno, node.col_offset)
            for each in ast.walk(self.tree)
            if isinstance(each, ast.Expr) and isinstance(node := each.value, ast.Constant)
        }
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.STRING and token.start not in docs:
                (first, column), (last, until) = token.start, token.end
                yield self._lines[first - 1] + column, self._lines[last - 1] + until


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[int, int, str]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            yield first, node.end_lineno or node.lineno, f"{prefix}{node.name}"
            yield from _functions(node, f"{prefix}{node.name}.<locals>.")
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.Assign) and not prefix and isinstance(target := node.targets[0], ast.Name):
            yield node.lineno, node.end_lineno or node.lineno, target.id
        elif not isinstance(node, ast.expr):
            yield from _functions(node, prefix)


#: Folders whose checks keep nobody out: the programs of who runs the server, who has its files.
NOT_ASKED = frozenset({"command", "db", "extraction"})

Finder = Callable[[Source], Iterator[Site]]


def find_sites(server: Path, finders: tuple[Finder, ...]) -> list[Site]:
    """Return what *finders* see in the files below *server*, in order, each place once: the first finder has it."""
    found: dict[tuple[str, int, int], Site] = {}
    for path in sorted(server.rglob("*.py")):
        if path.relative_to(server).parts[0] in NOT_ASKED:
            continue
        source = Source(server, path)
        for finder in finders:
            for site in finder(source):
                found.setdefault((site.file, site.start, site.end), site)
    return sorted(found.values(), key=lambda site: (site.file, site.start))
