"""Which functions of a file make use of a constant: SQL often stands in one."""

import ast
from functools import cache
from pathlib import Path

from tests.mutations.sites import Source


@cache
def names_that_lead_to(path: Path, name: str) -> frozenset[str]:
    """Return *name* if it is a function of the file, or else the functions that use that constant, directly or not."""
    source = Source(path.parent, path)
    wanted = {name}
    if not name.isidentifier() or name in _function_names(source.tree):
        return frozenset(wanted)
    while True:
        users = {
            source.function(node.lineno)
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in wanted
        }
        if users <= wanted:
            return frozenset(wanted)
        wanted |= users


def _function_names(tree: ast.Module) -> set[str]:
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
