"""Every link inside the tree leads somewhere, and every decision is listed and complete."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tracked import ROOT, tracked_files

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
FENCE = re.compile(r"^ *(`{3,}|~{3,}).*?^ *\1", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
MENTION = re.compile(r"(?<![\w/])docs/[\w./-]+\w")

PAGES = [path for path in tracked_files() if path.suffix == ".md"]
ADRS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def links(page: Path) -> Iterator[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for match in LINK.finditer(re.sub(r"`[^`\n]*`", "", text)):
        yield match[1] or match[2]


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings make, as forges make them."""
    found: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.add(anchor if anchor not in found else f"{anchor}-{len(found)}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):  # another site; nobody asks the network in a test
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or ROOT not in (file, *file.parents):
            broken.append(f"{link}: no such file")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            broken.append(f"{link}: no such heading")
    assert broken == []


def test_there_are_pages_and_links_to_check() -> None:
    """Guards the guard."""
    assert len(PAGES) > 10
    assert sum(1 for page in PAGES for _ in links(page)) > 30


def test_pages_that_code_mentions_exist() -> None:
    """Comments point at decisions by number: `docs/adr/0007` means the page that begins so."""
    broken = []
    for path in tracked_files():
        if path.suffix not in (".py", ".sql", ".toml", ".sh", "") or path == Path(__file__).resolve():
            continue
        for mention in MENTION.findall(path.read_text(encoding="utf-8")):
            whole = ROOT / mention
            if not whole.exists() and not list(whole.parent.glob(f"{whole.name}[-.]*")):
                broken.append(f"{name(path)}: {mention}")
    assert broken == []


def test_every_decision_is_listed_once() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    numbers = [path.name[:4] for path in ADRS]

    assert len(set(numbers)) == len(numbers), "two decisions have one number"
    assert [path.name for path in ADRS if index.count(f"({path.name})") != 1] == []


@pytest.mark.parametrize("adr", ADRS, ids=name)
def test_every_decision_has_the_same_parts(adr: Path) -> None:
    text = adr.read_text(encoding="utf-8")

    assert re.match(rf"# ADR {adr.name[:4]}: \S", text)
    assert re.search(r"^Status: \w+", text, re.MULTILINE)
    wanted = ["Context", "Decision", "What we gave up", "What would change our mind"]
    assert [heading for heading in HEADING.findall(text) if heading in wanted] == wanted
