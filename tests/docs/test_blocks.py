"""Every code block in the documentation does what its page says, or gives the reason why it is not run."""

import importlib
import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest

from ravi.cli.integrate.tools import TOOLS
from ravi.cli.options import Options
from ravi.cli.parser import parse
from ravi.cli.table import COMMANDS, GROUPS
from tests.support.docs_blocks import RUNS, SHOWS, Block, blocks_of
from tests.support.docs_runner import Session
from tests.support.postgres import Cluster

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCKS = {
    name: blocks_of(name, path.read_text(encoding="utf-8"))
    for name, path in ((str(path.relative_to(ROOT)), path) for path in PAGES)
}

#: What else a block may be: shown, and neither run nor parsed.
SHOWN_ONLY = ("nginx", "ini", "sql", "http", "mermaid", "console", "caddy")

#: Every block that would run and does not, by page, with its reason. A new one is a decision: it belongs here.
NOT_RUN = {
    ("docs/how-to/behind-a-reverse-proxy.md", "needs systemd"),
    ("docs/how-to/behind-a-reverse-proxy.md", "needs the user of that unit"),
    ("docs/how-to/headless-sign-in.md", "waits for a person who approves"),
    ("docs/how-to/receive-mail.md", "ports below 1024 need privileges"),
    ("docs/how-to/react-to-events.md", "needs a receiver on the internet"),
    ("docs/how-to/run-on-postgresql.md", "needs an administrator of PostgreSQL"),
    ("docs/how-to/text-over-smpp.md", "needs an SMSC"),
    ("docs/how-to/text-with-an-android-phone.md", "needs a phone"),
    ("docs/how-to/text-with-twilio.md", "needs a Twilio account"),
    ("docs/how-to/try-to-steal-the-vault.md", "needs a checkout, and a server that was used"),
    ("docs/how-to/upgrade-an-old-vault.md", "needs an account that the published client set up"),
}

#: Examples of single commands, which are parsed one by one: run in a row they would make no sense.
PARSED_ONLY = (
    "docs/reference/cli.md",
    *(
        f"docs/integrations/{name}.md"
        for name in TOOLS
        if f"docs/integrations/{name}.md" in BLOCKS and name != "openclaw"
    ),
)

#: What the pages call the operator's database.
EXAMPLE_DATABASE = "postgresql://ravi:secret@db.example.org/ravi"


def every_block() -> list[Block]:
    found = [block for blocks in BLOCKS.values() for block in blocks]
    return found + [block.shows for block in found if block.shows]


def everywhere(language: str) -> list[Block]:
    """Every block of *language*, but for what is shown with parts of it left out."""
    return [block for block in every_block() if block.language == language and "…" not in block.text]


def running(page: str) -> list[Block]:
    return [block for block in BLOCKS[page] if block.runs]


@pytest.mark.parametrize("page", [page for page in BLOCKS if running(page) and page not in PARSED_ONLY])
def test_the_blocks_of_a_page_run_in_order(page: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    blocks = running(page)
    text = "".join(block.text for block in blocks)
    for program in ("jq", "curl", "git"):
        assert f"{program} " not in text or shutil.which(program), f"{page} uses {program}; install it"
    replacing = {}
    if EXAMPLE_DATABASE in text:
        cluster: Cluster = request.getfixturevalue("postgres")
        replacing[EXAMPLE_DATABASE] = cluster.url(cluster.create())
    Session(tmp_path, replacing).run(blocks)


def commands_in(block: Block) -> list[list[str]]:
    """The words of each `ravi …` in *block*, on either side of a pipe."""
    split = shlex.shlex(block.text, posix=True, punctuation_chars="|;&\n()<>")
    split.whitespace, split.whitespace_split = " \t", True
    parts: list[list[str]] = [[]]
    for word in split:
        if set(word) <= set("|;&\n()<>"):
            parts.append([])
        else:
            parts[-1].append(word)
    given = [[*words, "argument"] if words[:1] == ["xargs"] else words for words in parts]
    return [words[words.index("ravi") + 1 :] for words in given if "ravi" in words]


@pytest.mark.parametrize("block", [block for page in PARSED_ONLY for block in running(page)], ids=str)
def test_examples_of_the_reference_are_commands_that_parse(block: Block) -> None:
    commands = commands_in(block)

    assert len(commands) >= len(block.text.splitlines())
    for words in commands:
        rest = Options().take(words)
        name = " ".join(rest[:2]) if rest[0] in GROUPS else rest[0]
        parse(name, importlib.import_module(COMMANDS[name][0]), rest[len(name.split()) :])


def test_every_block_that_is_not_run_is_listed_with_its_reason() -> None:
    found = {(block.page, block.not_run) for block in every_block() if block.not_run}

    assert found == NOT_RUN


def test_every_block_says_what_it_is() -> None:
    """A block without a language, or with a misspelled one, would be run by nobody."""
    known = {*RUNS, *SHOWS, *SHOWN_ONLY, "toml"}

    assert [f"{block}: {block.language or 'none'}" for block in every_block() if block.language not in known] == []


@pytest.mark.parametrize("block", everywhere("json"), ids=str)
def test_json_blocks_are_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", everywhere("toml"), ids=str)
def test_toml_blocks_are_toml(block: Block) -> None:
    tomllib.loads(block.text)


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = {
        (page, target)
        for page, path in zip(BLOCKS, PAGES, strict=True)
        for target in re.findall(r"^\s*(?:\$ )?make ([a-z-]+)|`make ([a-z-]+)", path.read_text(encoding="utf-8"), re.M)
        for target in target
        if target
    }

    assert {target for _, target in named} >= {"setup", "demo", "dev", "test"}
    assert {(page, target) for page, target in named if target not in targets} == set()
