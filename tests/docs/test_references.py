"""What the documentation points at exists: files, headings, tests, decisions."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in PAGES}

_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_TEST = re.compile(r"`(?:tests/)?(?P<file>[\w/]+/test_\w+\.py)(?:::(?P<name>\w+))?`")
#: A path in backticks: it has a slash or a suffix that only files have, and nothing that only code has.
_PATH = re.compile(r"`(?P<path>(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|toml|lock|cfg))`")


def prose(text: str) -> str:
    """Return *text* without its fenced blocks."""
    return re.sub(r"^ *(```+).*?^ *\1 *$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """Return the anchors that the headings of a page get."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", TEXTS)
def test_every_link_leads_somewhere(page: str) -> None:
    broken = []
    for link in _LINK.finditer(prose(TEXTS[page])):
        target, _, anchor = link["target"].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        path = (ROOT / page).parent / target if target else ROOT / page
        fits = path.exists() and (not anchor or anchor in anchors(path.read_text(encoding="utf-8")))
        if not fits:
            broken.append(link["target"])

    assert broken == []


@pytest.mark.parametrize("page", [page for page in TEXTS if _TEST.search(TEXTS[page])])
def test_every_test_that_is_named_exists(page: str) -> None:
    missing = []
    for named in _TEST.finditer(TEXTS[page]):
        path = ROOT / "tests" / named["file"]
        source = path.read_text(encoding="utf-8") if path.exists() else ""
        if not source or (named["name"] and f"def {named['name']}(" not in source):
            missing.append(named[0])

    assert missing == []


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md", *(p for p in TEXTS if p.startswith("docs/adr"))])
def test_every_path_that_is_named_exists(page: str) -> None:
    """In backticks, from the root of the checkout, from `src/ravi/` or from `src/ravi/server/`."""
    places = (ROOT, ROOT / "src" / "ravi", ROOT / "src" / "ravi" / "server", ROOT / "tests", (ROOT / page).parent)
    made_here = (".venv", ".ravi", ".git", ".dev", "~", "config.toml")  # written by people and programs
    missing = [
        named["path"]
        for named in _PATH.finditer(prose(TEXTS[page]))
        if not named["path"].startswith(made_here) and not any((place / named["path"]).exists() for place in places)
    ]

    assert missing == []


def test_every_decision_is_in_the_index_and_says_its_four_things() -> None:
    index = TEXTS["docs/adr/README.md"]
    decisions = {page for page in TEXTS if re.match(r"docs/adr/\d{4}-", page)}

    assert {f"docs/adr/{link}" for link in re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index)} == decisions
    wanted = ("## Context", "## Decision", "## What we gave up", "## What would change our mind")
    assert [f"{page}: {heading}" for page in sorted(decisions) for heading in wanted if heading not in TEXTS[page]] == []


def test_every_page_is_reachable_from_the_readme() -> None:
    seen: set[str] = set()
    todo = ["README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page not in TEXTS:
            continue
        seen.add(page)
        for link in _LINK.finditer(prose(TEXTS[page])):
            target = link["target"].partition("#")[0]
            if target and "://" not in target:
                path = ((ROOT / page).parent / target).resolve()
                if path.is_relative_to(ROOT):
                    todo.append(str(path.relative_to(ROOT)))

    assert set(TEXTS) - seen == set()


def test_a_row_of_the_compatibility_page_is_ticked_if_and_only_if_it_names_a_test() -> None:
    rows = [line for line in TEXTS["docs/compatibility.md"].splitlines() if re.match(r"\| [✓ ]?\s*\| ", line)]
    wrong = [row for row in rows if row.startswith("| ✓") != bool(_TEST.search(row))]

    assert len(rows) > 80
    assert wrong == ["| | What | Here | Test |"] * wrong.count("| | What | Here | Test |")
