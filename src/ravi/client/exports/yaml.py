"""Secrets as a YAML mapping of text to text, which readers of YAML 1.1 and 1.2 understand alike."""

from __future__ import annotations

_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def spell(key: str, value: str) -> str:
    """
    The line for *key*, with its line break.

    Both sides are always quoted: unquoted, `NO` is a name that YAML 1.1 reads as false, and `1e3` a number.
    """
    return f'"{key}": "{"".join(map(_escaped, value))}"\n'


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable():
        return char
    code = ord(char)
    # Beyond 16 bits in one escape. The pair of surrogates that JSON writes is two characters to PyYAML.
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
