"""The formats that secrets are exported in, and what is said when one of them cannot hold a value."""

from __future__ import annotations

from ravi.client.exports import docker, dotenv, shell, yaml
from ravi.errors import ExportImpossible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FORMATS = ("dotenv", "json", "yaml", "shell", "docker")
#: Readers of `.env` files that one may write for alone.
LIBRARIES = (dotenv.NPM, dotenv.PYTHON)

#: flags → (how a line is spelled, what is said when it cannot be). JSON and YAML hold everything.
_WAYS: dict[str, tuple[Callable[[str, str], str | None], str]] = {
    "--format dotenv": (
        dotenv.spell,
        "no spelling of it in a .env file is read alike by python-dotenv, npm dotenv, sh and bash",
    ),
    "--reader python": (
        lambda key, value: dotenv.spell(key, value, (dotenv.PYTHON,)),
        "python-dotenv reads no spelling of it exactly",
    ),
    "--reader npm": (
        lambda key, value: dotenv.spell(key, value, (dotenv.NPM,)),
        "npm dotenv reads no spelling of it exactly",
    ),
    "--format shell": (shell.spell, "sh and bash cannot hold it"),
    "--format docker": (docker.spell, "a file for docker --env-file cannot hold it"),
    "--format yaml": (yaml.spell, ""),
}
_EVERYTHING = ("--format yaml", "--format json")


def write(values: Mapping[str, str], form: str, reader: str | None = None) -> str:
    """
    *values* by name in the format *form*, which is one of FORMATS but json; *reader* is one of LIBRARIES, for dotenv.

    Raises ExportImpossible unless every value reads back exactly. It names those that do not, and the ways in which
    all of *values* can be written, which it has tried.
    """
    way = f"--reader {reader}" if reader else f"--format {form}"
    spell, why_not = _WAYS[way]
    lines = {key: spell(key, value) for key, value in values.items()}
    stuck = [key for key, line in lines.items() if line is None]
    if stuck:
        instead = [other for other in _WAYS if other not in (way, *_EVERYTHING) and _holds(other, values)]
        raise ExportImpossible(
            f"{', '.join(stuck)}: {why_not}; nothing was written",
            hint=f"what can hold it: {', '.join((*instead, *_EVERYTHING))}",
        )
    if form == "yaml" and not lines:
        return "{}\n"
    return "".join(line for line in lines.values() if line is not None)


def _holds(way: str, values: Mapping[str, str]) -> bool:
    spell, _ = _WAYS[way]
    return all(spell(key, value) is not None for key, value in values.items())
