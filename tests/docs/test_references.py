"""What the documentation names exists: paths and tests. (Links and decisions are in test_links.py.)"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in PAGES}

_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_TEST = re.compile(r"`(?:tests/)?(?P<file>[\w/]+/test_\w+\.py)(?:::(?P<name>\w+))?`")
#: A path in backticks: something with a slash in it, or a Python file alone.
_PATH = re.compile(r"`(?P<path>(?:[\w.-]+/)+[\w.-]*|\w+\.py)`")

#: Written by people and programs elsewhere, not part of the checkout.
MADE_ELSEWHERE = (".venv", ".ravi", ".git", ".dev", "~")


def prose(text: str) -> str:
    """Return *text* without its fenced blocks."""
    return re.sub(r"^ *(```+).*?^ *\1 *$", "", text, flags=re.MULTILINE | re.DOTALL)


def whereabouts(test: str | None) -> str:
    """Return the files that have a test of this name, for the message."""
    sources = ROOT.glob("tests/**/test_*.py") if test else ()
    found = [path for path in sources if f"def {test}(" in path.read_text(encoding="utf-8")]
    return ", ".join(str(path.relative_to(ROOT / "tests")) for path in found) or "no file"


@pytest.mark.parametrize("page", [page for page in TEXTS if _TEST.search(TEXTS[page])])
def test_every_test_that_is_named_exists(page: str) -> None:
    missing = []
    for named in _TEST.finditer(TEXTS[page]):
        path = ROOT / "tests" / named["file"]
        source = path.read_text(encoding="utf-8") if path.exists() else ""
        if not source or (named["name"] and f"def {named['name']}(" not in source):
            missing.append(f"{named[0]} (now in {whereabouts(named['name'])})")

    assert missing == []


@pytest.mark.parametrize("page", [page for page in TEXTS if page.startswith(("ARCHITECTURE", "CONTRIB", "docs/adr/"))])
def test_every_path_that_is_named_exists(page: str) -> None:
    """In backticks, from the root of the checkout, from `src/ravi/`, `src/ravi/server/` or `tests/`."""
    places = (ROOT, ROOT / "src" / "ravi", ROOT / "src" / "ravi" / "server", ROOT / "tests", (ROOT / page).parent)
    files = {path.name for folder in ("src", "tests") for path in (ROOT / folder).rglob("*.py")}
    missing = [
        named["path"]
        for named in _PATH.finditer(prose(TEXTS[page]))
        if not named["path"].startswith(MADE_ELSEWHERE)
        and named["path"] not in files
        and not any((place / named["path"]).exists() for place in places)
    ]

    assert missing == []


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
    assert [row for row in wrong if not row.startswith("| | What | Here | ")] == []


def test_every_threat_has_a_test_or_a_reason_why_there_is_none() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", TEXTS["docs/explanation/threats.md"], re.MULTILINE)

    assert [int(number) for number, *_ in rows] == list(range(1, 39))
    for number, _, holds, tests in rows:
        reason = re.search(r"\*Not (?:ours|yet)[.:]\*", holds + tests)
        assert _TEST.search(tests) or reason, number
        assert _TEST.sub("", tests).strip(" ,") == "" or reason, number


def test_every_promise_names_its_test() -> None:
    page = TEXTS["docs/explanation/security-model.md"].partition("## What is promised")[2]
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| Promise |")]

    assert len(rows) > 80
    assert [row for row in rows if not _TEST.search(row)] == []
