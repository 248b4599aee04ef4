"""
Segments: how many single texts a network makes of one body, and where it is cut.

A body whose characters all are in the GSM 7-bit default alphabet (3GPP TS 23.038 §6.2.1) is counted in septets, and
those of the extension table cost two. Any other is counted in 16-bit units as UCS-2, where what is beyond the basic
plane, as most emoji are, costs two. A body of more than one segment gives up six octets of each for a header.
"""

from dataclasses import dataclass
from typing import Literal

Encoding = Literal["gsm-7", "ucs-2"]

#: The place in the string is the code. The escape stands for itself and is not a character that can be sent.
GSM_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: What a code means behind the escape.
GSM_EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
GSM_ESCAPE = 0x1B

_WHOLE = {"gsm-7": 160, "ucs-2": 70}
_PART = {"gsm-7": 153, "ucs-2": 67}

_SEPTETS = dict.fromkeys(GSM_ALPHABET, 1) | dict.fromkeys(GSM_EXTENSION.values(), 2)
del _SEPTETS["\x1b"]


@dataclass(frozen=True, slots=True)
class Segments:
    """What a body costs. `units` are septets or 16-bit units of it, without headers."""

    encoding: Encoding
    segments: int
    units: int


def count(body: str) -> Segments:
    """Count what *body* costs. An empty one is one segment."""
    encoding, sizes = _measured(body)
    units = sum(sizes)
    return Segments(encoding, 1 if units <= _WHOLE[encoding] else len(_ends(sizes, _PART[encoding])), units)


def split(body: str, encoding: Encoding | None = None) -> list[str]:
    """
    Cut *body* into the texts that it is sent as, in their order; one that fits is left whole.

    A character is never cut, whether it is two septets or two units; a sequence of several characters may be.
    *encoding* "ucs-2" is for a carrier that cannot take this body in septets.
    """
    encoding, sizes = ("ucs-2", _units(body)) if encoding == "ucs-2" else _measured(body)
    if sum(sizes) <= _WHOLE[encoding]:
        return [body]
    ends = _ends(sizes, _PART[encoding])
    return [body[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


def _measured(body: str) -> tuple[Encoding, list[int]]:
    """The encoding of *body*, and the units of each of its characters."""
    try:
        return "gsm-7", [_SEPTETS[character] for character in body]
    except KeyError:
        return "ucs-2", _units(body)


def _units(body: str) -> list[int]:
    return [2 if character > "\uffff" else 1 for character in body]


def _ends(sizes: list[int], limit: int) -> list[int]:
    """Where each part of at most *limit* units ends, the last one included."""
    ends: list[int] = []
    used = 0
    for place, size in enumerate(sizes):
        if used + size > limit:
            ends.append(place)
            used = 0
        used += size
    return [*ends, len(sizes)]
