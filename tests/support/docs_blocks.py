"""
The code blocks of a Markdown page.

A comment on the line before a block changes what is done with it:

    <!-- not run: needs systemd -->     nothing; the reason stands in tests/docs/test_blocks.py as well
    <!-- file: fleet.py -->             it is written to that file, where the session stands
    <!-- exits: 4 -->                   its last command must end with that code

A `text` or `json` block right behind a block that runs is what a reader should see: its lines must appear in that
order, between whatever else appears. `…` stands for anything, and what differs between any two runs (uuids, times,
numbers, codes, keys) is not compared.
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace

RUNS = ("sh", "bash", "python")
SHOWS = ("text", "json")

_FENCE = re.compile(r"(?P<indent> *)(?P<marks>`{3,}|~{3,}) *(?P<language>[\w+-]*)")
_REMARK = re.compile(r" *<!-- (?P<kind>not run|file|exits): (?P<value>.+?) -->")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block. `line` is that of its first fence, counted from 1."""

    page: str
    line: int
    language: str
    text: str
    not_run: str | None = None
    file: str | None = None
    exits: int = 0
    shows: "Block | None" = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def runs(self) -> bool:
        return self.not_run is None and (self.file is not None or self.language in RUNS)


def blocks_of(page: str, markdown: str) -> list[Block]:
    """Return the fenced blocks of *markdown*, in order. Raises ValueError for one that does not end."""
    found: list[Block] = []
    remarks: dict[str, str] = {}
    lines = iter(enumerate(markdown.splitlines(), 1))
    adjacent = False  # nothing but blank lines since the last block
    for number, line in lines:
        if remark := _REMARK.fullmatch(line):
            remarks[remark["kind"]] = remark["value"]
        elif fence := _FENCE.match(line):
            block = Block(
                page,
                number,
                fence["language"],
                textwrap.dedent("\n".join(_inside(fence, lines, f"{page}:{number}"))) + "\n",
                not_run=remarks.get("not run"),
                file=remarks.get("file"),
                exits=int(remarks.get("exits", 0)),
            )
            if adjacent and not remarks and block.language in SHOWS and found[-1].runs and not found[-1].shows:
                found[-1] = replace(found[-1], shows=block)
            else:
                found.append(block)
            remarks, adjacent = {}, True
        elif line.strip():
            remarks, adjacent = {}, False
    return found


def _inside(fence: "re.Match[str]", lines: Iterator[tuple[int, str]], where: str) -> Iterator[str]:
    for _, line in lines:
        if line.strip().startswith(fence["marks"]) and not line.strip().strip(fence["marks"][0]):
            return
        yield line
    raise ValueError(f"{where}: this block does not end")
