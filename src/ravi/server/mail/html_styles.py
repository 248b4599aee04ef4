"""Which elements nobody sees, by their own style."""

import functools
import re
from dataclasses import dataclass

MOST_CHARACTERS = 2000

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)", re.DOTALL)
_NUMBER = re.compile(r"([+-]?[0-9]{0,9}\.?[0-9]{1,9})([a-z%]*)")
_FONT_SIZE = re.compile(r"(?:^|\s)([0-9]{0,6}\.?[0-9]{1,6})(px|pt|pc|in|cm|mm|rem|vw|vh|em|ex|ch|%)?(?=$|\s|/)")
#: Sizes of these units do not depend on the size around them.
_ABSOLUTE = {"px", "pt", "pc", "in", "cm", "mm", "q", "rem", "vw", "vh"}
_KEYWORD_SIZES = {"xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large", "initial"}
#: Farther outside than this, nothing is a design.
_FAR = -500


@dataclass(frozen=True, slots=True)
class Effect:
    """
    `hidden`: the element and all in it. `is_seen`: what the element says about the visibility of its text, None for
    nothing. `has_size`: the same about the size of the font, False for zero.
    """

    hidden: bool = False
    is_seen: bool | None = None
    has_size: bool | None = None


NOTHING = Effect()


def effect_of(attributes: dict[str, str]) -> Effect:
    """
    Return what an element's attributes do to its visibility.

    Style sheets and colours are not looked at: text that is white on white, or hidden by a class, counts as seen.
    """
    if "hidden" in attributes:
        return Effect(hidden=True)
    style = attributes.get("style")
    return _of_style(style[:MOST_CHARACTERS]) if style else NOTHING


# A newsletter repeats few styles a thousand times.
@functools.lru_cache(maxsize=512)
def _of_style(style: str) -> Effect:
    found = _declarations(style)
    if found.get("display") == "none" or _number(found, "opacity") == 0 or _is_outside(found):
        return Effect(hidden=True)
    if "hidden" in found.get("overflow", "") and any(
        _number(found, name) == 0 for name in ("height", "max-height", "width", "max-width")
    ):
        return Effect(hidden=True)
    visibility = found.get("visibility")
    is_seen = None if visibility in (None, "inherit") else visibility not in ("hidden", "collapse")
    return Effect(is_seen=is_seen, has_size=_has_size(found))


def _declarations(style: str) -> dict[str, str]:
    text = _ESCAPE.sub(_unescaped, _COMMENT.sub(" ", style)).lower()
    found: dict[str, str] = {}
    important: dict[str, str] = {}
    for declaration in text.split(";"):
        name, _, value = declaration.partition(":")
        value, mark, _ = value.partition("!")
        (important if mark else found)[name.strip()] = value.strip()
    return found | important


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[2]
    number = int(found[1], 16)
    return chr(number) if number < 0x110000 else ""


def _number(found: dict[str, str], name: str) -> float | None:
    number = _NUMBER.match(found.get(name, ""))
    return float(number[1]) if number else None


def _is_outside(found: dict[str, str]) -> bool:
    names = ["text-indent"]
    if found.get("position") in ("absolute", "fixed"):
        names += ["left", "top"]
    return any((_number(found, name) or 0) <= _FAR for name in names)


def _has_size(found: dict[str, str]) -> bool | None:
    size = found.get("font-size")
    if size in _KEYWORD_SIZES:
        return True
    number = _NUMBER.match(size) if size else _FONT_SIZE.search(found.get("font", ""))
    if number is None:
        return None
    if float(number[1]) == 0:
        return False
    return True if number[2] in _ABSOLUTE else None
