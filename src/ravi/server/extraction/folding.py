"""
Texts made comparable: one width, one kind of digit, one kind of blank, no invisible characters, no accents.

`fold` is for what may be a value, `keyed` for finding words. `keyed` keeps every position of what it is given, so a
word found in it is at the same place in the folded text.
"""

import re
import unicodedata

#: The zeros of the scripts in which codes are written (Unicode, general category Nd); nine digits follow each.
_ZEROS = (
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50,
    0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6,
)  # fmt: skip
_BLANKS = "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_BREAKS = "\x85\u2028\u2029"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
#: Zero width, direction marks, soft hyphens, combining accents, and what makes a digit a keycap.
_INVISIBLE = (
    0xAD, 0x034F, 0x061C, 0x180E, 0xFEFF, 0xFE0E, 0xFE0F, 0x20E3,
    *range(0x0300, 0x0370), *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070),
)  # fmt: skip


def _folds() -> dict[int, str | None]:
    table: dict[int, str | None] = {zero + value: str(value) for zero in _ZEROS for value in range(10)}
    table |= {wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}
    table |= {narrow: unicodedata.normalize("NFKC", chr(narrow)) for narrow in range(0xFF65, 0xFF9E)}
    table |= dict.fromkeys(map(ord, _BLANKS), " ")
    table |= dict.fromkeys(map(ord, _BREAKS), "\n")
    table |= dict.fromkeys(map(ord, _DASHES), "-")
    table |= dict.fromkeys(_INVISIBLE, None)
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


_FOLDS = {chr(point): plain or "" for point, plain in _folds().items()}
_FOREIGN = re.compile("[^\x00-\x7f]")
_CONTROLS = re.compile("[\t\v\f\x1c-\x1f]")
#: Letters that have no decomposition and are written without their stroke where a keyboard lacks it.
_BARE = _Bare(zip("ıłøđðħŧæœßς", "iloddhtaosσ", strict=True))
#: Where letters with accents are: Latin, Greek, Cyrillic, Arabic, kana.
_ACCENTED = re.compile("[\u00c0-\u024f\u0370-\u0481\u048a-\u052f\u0622-\u0626\u1e00-\u1fff\u3041-\u30ff]")


def fold(text: str) -> str:
    """Return *text* with plain digits, blanks, dashes and line breaks, and without what cannot be seen."""
    text = _CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if text.isascii() else _FOREIGN.sub(lambda char: _FOLDS.get(char[0], char[0]), text)


def keyed(folded: str) -> str:
    """Return *folded* in small letters without accents; every character stays where it is."""
    if folded.isascii():
        return folded.lower()
    # The capital dotted I alone becomes two characters in small letters.
    small = folded.replace("\u0130", "I").lower()
    return _ACCENTED.sub(lambda char: _BARE[char[0]], small)
