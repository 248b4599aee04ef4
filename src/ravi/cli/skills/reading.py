"""Where the skills are, and what they say of themselves."""

from __future__ import annotations

import os

from ravi.errors import NotFound, RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Skill(TypedDict):
        """A skill by its name, and when an agent is to use it."""

        name: str
        description: str


FOLDER = os.path.join(os.path.dirname(__file__), "texts")


def names() -> list[str]:
    """All skills, sorted."""
    return sorted(name.removesuffix(".md") for name in os.listdir(FOLDER) if name.endswith(".md"))


def read(name: str) -> str:
    """The text of SKILL.md. Raises NotFound."""
    if name not in names():
        raise NotFound(f"there is no skill {name!r}", hint=f"there are: {', '.join(names())}")
    with open(os.path.join(FOLDER, f"{name}.md"), encoding="utf-8") as file:
        return file.read()


def describe(name: str) -> Skill:
    """What the head of the text says. Raises NotFound."""
    for line in read(name).splitlines()[1:]:
        if line.startswith("description: "):
            return {"name": name, "description": line.removeprefix("description: ")}
        if line == "---":
            break
    raise RaviError(f"the skill {name} does not say what it is for")
