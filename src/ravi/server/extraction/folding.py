"""
Texts made comparable: one width, one kind of digit, one kind of blank, no invisible characters, no accents.

`fold` is for what may be a value, `keyed` for finding words. `keyed` keeps every position of what it is given, so a
word found in it is at the same place in the folded text.
"""

import re
import unicodedata

#: Characters that are remembered; anybody can write a message of all of Unicode.
MOST_KNOWN = 20_000
_CONTROLS = "\t\v\f\x1c\x1d\x1e\x1f"
_BLANKS = "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_BREAKS = "\x85\u2028\u2029"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
#: Zero width, direction marks, soft hyphens, combining accents, and what makes a digit a keycap.
_INVISIBLE = (
    0xAD, 0x034F, 0x061C, 0x180E, 0xFEFF, 0xFE0E, 0xFE0F, 0x20E3,
    *range(0x0300, 0x0370), *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070),
)  # fmt: skip


class _Plain(dict[int, str | int]):
    """Each character as it is to be read, "" for what cannot be seen; found out once a character."""

    def __missing__(self, point: int) -> str | int:
        digit = unicodedata.decimal(chr(point), None)
        plain = point if digit is None else str(digit)
        if len(self) < MOST_KNOWN:
            self[point] = plain
        return plain


def _plain() -> _Plain:
    table = _Plain({wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)})
    table |= {narrow: unicodedata.normalize("NFKC", chr(narrow)) for narrow in range(0xFF65, 0xFF9E)}
    table |= dict.fromkeys(map(ord, _CONTROLS + _BLANKS), " ")
    table |= dict.fromkeys(map(ord, _BREAKS), "\n")
    table |= dict.fromkeys(map(ord, _DASHES), "-")
    table |= dict.fromkeys(_INVISIBLE, "")
    return table


class _Bare(dict[str, str]):
    """Each letter without its accent; looked up once a letter."""

    def __missing__(self, char: str) -> str:
        parts = unicodedata.decomposition(char).split()
        # A compatibility decomposition ("<wide> 0041") may be several letters, and positions would be lost.
        bare = char
        if len(parts) == 2 and not parts[0].startswith("<"):
            bare = self[chr(int(parts[0], 16))]
        self[char] = bare
        return bare


_PLAIN = _plain()
#: Letters that have no decomposition and are written without their stroke where a keyboard lacks it.
_BARE = _Bare(zip("ıłøđðħŧæœßς", "iloddhtaosσ", strict=True))
#: Where letters with accents are: Latin, Greek, Cyrillic, Arabic, kana.
_ACCENTED = re.compile("[\u00c0-\u024f\u0370-\u0481\u048a-\u052f\u0622-\u0626\u1e00-\u1fff\u3041-\u30ff]")


def fold(text: str) -> str:
    """Return *text* with plain digits, blanks, dashes and line breaks, and without what cannot be seen."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_PLAIN)


def keyed(folded: str) -> str:
    """Return *folded* in small letters without accents; every character stays where it is."""
    if folded.isascii():
        return folded.lower()
    # The capital dotted I alone becomes two characters in small letters.
    small = folded.replace("\u0130", "I").lower()
    return _ACCENTED.sub(lambda char: _BARE[char[0]], small)
