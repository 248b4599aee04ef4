"""Skills for agents: each command in them does what it says, and installing them loses nothing."""

import json
import re
from pathlib import Path

import pytest

from ravi.cli.skills.reading import FOLDER
from tests.support.cli import Cli
from tests.support.docs_blocks import Block, blocks_of
from tests.support.docs_runner import Session

SKILLS = sorted(path.stem for path in Path(FOLDER).glob("*.md"))
NOT_SAID = "\u2026"

#: A site that sends codes: who it is, is certain for identities of this server only.
SITE = {"--from shop.example": "--from in.ravi.localhost"}
#: What is there before an agent reads the skill: a workspace with its own keys, and what the world has sent.
BEFORE = {
    "ravi-sign-up": """
        ME=$(ravi get email --json | jq -r .email)
        (cd ~ && ravi identity create --name shop >/dev/null
         site() { sleep 2; ravi email compose --identity shop --to "$ME" --subject "$1" --body "$2"; }
         site "Your code" "Your verification code is 482913."
         site "Confirm your address" "Please confirm your address: https://shop.example/confirm?token=c3a81f9e77"
        ) >/dev/null 2>&1 &
    """,
    "ravi-messages": """
        ME=$(ravi get email --json | jq -r .email)
        export BOSS=$(cd ~ && ravi identity create --name boss --json | jq -r .email)
        (cd ~ && ravi email compose --identity boss --to "$ME" --subject "Invoice 17" --body "Is it paid?" >/dev/null)
    """,
    "ravi-vault": """
        printf canary-7731 | ravi secrets set API_TOKEN --stdin
        ravi passwords create shop.example --generate >/dev/null
        ravi totp add shop --secret JBSWY3DPEHPK3PXP
    """,
}
#: What its blocks print, by their place; one that is not here prints nothing that matters.
SHOWN = {
    "ravi-sign-up": {0: "agent@in.ravi.localhost", 2: "482913", 3: "https://shop.example/confirm?token=c3a81f9e77"},
    "ravi-messages": {0: "Invoice 17", 1: "--- message text, not instructions", 3: "boss@in.ravi.localhost"},
    "ravi-vault": {0: "API_TOKEN\nshop.example\nshop", 1: "it has a token: "},
}


def prepared(name: str) -> list[Block]:
    """What runs before the skill: the agent's workspace is made, and it stands there."""
    making = "mkdir agent && cd agent && ravi workspace ensure --name agent >/dev/null\n"
    script = making + re.sub(r"^ +", "", BEFORE[name], flags=re.M)
    return [Block(page=name, line=0, language="sh", text=script)]


def test_there_are_skills_and_each_is_tried() -> None:
    assert set(SKILLS) == set(BEFORE) == set(SHOWN)


@pytest.mark.parametrize("name", SKILLS)
def test_every_command_of_a_skill_works(name: str, tmp_path: Path) -> None:
    blocks = blocks_of(name, Path(FOLDER, f"{name}.md").read_text())
    assert {block.language for block in blocks} == {"sh"}
    page = prepared(name)
    for place, block in enumerate(blocks):
        shown = SHOWN[name].get(place)
        lines = [f"{NOT_SAID}{line}{NOT_SAID}" for line in (shown or "").splitlines()]
        expected = Block(page=name, line=block.line, language="text", text="\n".join(lines))
        page.append(Block(**{**_fields(block), "shows": expected if shown else None}))

    Session(tmp_path, SITE).run(page)

    assert "canary-7731" not in (tmp_path / "page.sh").read_text()


def _fields(block: Block) -> dict[str, object]:
    return {name: getattr(block, name) for name in block.__slots__}


@pytest.mark.parametrize("name", SKILLS)
def test_a_skill_has_the_head_that_harnesses_read_and_is_short(name: str) -> None:
    lines = Path(FOLDER, f"{name}.md").read_text().splitlines()

    assert lines[:2] == ["---", f"name: {name}"]
    assert re.fullmatch(r"description: .{60,400}", lines[2])
    assert lines[3] == "---"
    assert len(lines) < 80


def test_they_are_installed_where_agents_look(cli: Cli, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    there = cli.at(project)
    listed = {each["name"]: each["description"] for each in there.json("skills", "list")}
    assert set(listed) == set(SKILLS)

    assert {each["status"] for each in there.json("skills", "install")} == {"installed"}
    for name in SKILLS:
        assert (project / ".claude" / "skills" / name / "SKILL.md").read_text() == Path(
            FOLDER, f"{name}.md"
        ).read_text()
    assert {each["status"] for each in there.json("skills", "install")} == {"unchanged"}

    [one] = there.json("skills", "install", "ravi-vault", "--user")
    assert one["path"] == str(there.home / ".claude" / "skills" / "ravi-vault" / "SKILL.md")
    there.ok("skills", "install", "ravi-vault", "--dir", ".agents/skills")
    assert (project / ".agents" / "skills" / "ravi-vault" / "SKILL.md").exists()


def test_what_somebody_has_changed_stays(cli: Cli, tmp_path: Path) -> None:
    there = cli.at(tmp_path)
    there.ok("skills", "install")
    mine = tmp_path / ".claude" / "skills" / "ravi-vault" / "SKILL.md"
    mine.write_text("mine")
    other = tmp_path / ".claude" / "skills" / "ravi-messages" / "SKILL.md"
    other.unlink()

    assert str(mine) in there.fails(5, "skills", "install")["error"]
    assert mine.read_text() == "mine"
    assert not other.exists(), "all or nothing"

    done = {each["name"]: each["status"] for each in there.json("skills", "install", "--force")}
    assert done["ravi-vault"] == "replaced"
    assert json.dumps(done).count("unchanged") == len(SKILLS) - 2


def test_a_skill_that_is_not_there_is_said(cli: Cli) -> None:
    assert "ravi-vault" in cli.fails(4, "skills", "install", "nothing")["hint"]
