"""The pages about orchestrators show what `ravi integrate` writes, and there is one for each tool."""

import re
from pathlib import Path

import pytest

from ravi.cli.integrate.lines import Values
from ravi.cli.integrate.tools import TOOLS
from tests.support.docs_blocks import blocks_of

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "integrations"
#: What the pages call the installed program, and the agent.
VALUES = Values("/usr/local/bin/ravi", "claude")
#: Its page is about the plugin; the file for its worktrees is shown there.
ELSEWHERE = {"openclaw"}


@pytest.mark.parametrize("name", [name for name in TOOLS if name not in ELSEWHERE])
def test_a_page_shows_exactly_what_is_written(name: str) -> None:
    tool = TOOLS[name]
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    shown = [block.text for block in blocks_of(name, text) if block.language != "sh"]

    files = [target.fresh(VALUES) for target in tool.targets]
    assert shown == files + [VALUES.fill(paste.content) + "\n" for paste in tool.pastes]
    assert all(f"`{target.shown}`" in text for target in tool.targets)
    assert f"ravi integrate {name}" in text


@pytest.mark.parametrize("name", [name for name in TOOLS if name not in ELSEWHERE])
def test_a_page_says_what_happens_what_does_not_and_how_it_ends(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")

    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["What happens when", "What it cannot do", "How it ends", "Tests"]
    assert re.search(r"^- `journeys/test_orchestrators\w*\.py::test_\w+`$", text, re.MULTILINE)


def test_the_page_about_openclaw_shows_the_script_for_its_worktrees() -> None:
    shown = [block.text for block in blocks_of("openclaw", (FOLDER / "openclaw.md").read_text(encoding="utf-8"))]

    assert TOOLS["openclaw"].targets[0].fresh(VALUES) in shown


def test_the_index_lists_every_tool() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert [name for name in TOOLS if name not in ELSEWHERE and f"]({name}.md)" not in index] == []
