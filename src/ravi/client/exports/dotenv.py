"""
Secrets as lines of a `.env` file.

There is no standard for these files. python-dotenv, npm's dotenv and the shells agree on a part of what each of them
understands, and that part is what is written here: for every value a spelling that all of the wanted readers read
back exactly, or none. The table says for each spelling what each reader does not get back; it was worked out from
python-dotenv 1.2 (parser.py, variables.py), npm dotenv 16 to 18 (the one regular expression that these share, and the
second parser of 18) and from what dash and bash do. tests/unit/cli/test_export_dotenv.py asks the readers themselves.
"""

from __future__ import annotations

import re

from ravi.client.exports.shell import KEPT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

PYTHON = "python"
NPM = "npm"
SHELL = "shell"
READERS = (PYTHON, NPM, SHELL)

#: Found where python-dotenv would put in a variable's value, inside any quotes; there is no escape for it. (Looked for
#: at the last `${` only: from the first one, a long row of these would take seconds.)
_INTERPOLATED = r"\$\{(?:[^}:$]|\$(?!\{))*+(?::-[^}]*+)?+\}"

#: Found nowhere.
_NOTHING = r"(?!)"

#: Characters that mean nothing to anybody, anywhere.
_NOT_PLAIN = r"[^A-Za-z0-9_./:@%+,-]|\A\Z"

#: In double quotes shells leave `$` alone in front of these only. (POSIX leaves open what happens otherwise. Outside
#: ASCII it depends on the locale.)
_AFTER_DOLLAR = r"\x01-\x20%&'),./:;<=>\]^|}~+"


def _as_it_is(value: str) -> str:
    return value


def _in_single(value: str) -> str:
    return f"'{value}'"


def _in_double(value: str) -> str:
    return f'"{value}"'


def _in_backticks(value: str) -> str:
    return f"`{value}`"


def _escaped_for_npm(value: str) -> str:
    """npm's dotenv knows two escapes, in double quotes, and not one for the backslash itself."""
    return _in_double(value.replace("\n", "\\n").replace("\r", "\\r"))


def _escaped_for_python(value: str) -> str:
    """Every `${` becomes the default of a variable without a name, which cannot exist, and `{`."""
    for char, spelled in (("\\", "\\\\"), ('"', '\\"'), ("\r", "\\r"), ("${", "${:-$}{")):
        value = value.replace(char, spelled)
    return _in_double(value)


#: (how, {reader: what a value must not have for this reader to get it back}); readers that are not named never do.
_SPELLINGS: tuple[tuple[Callable[[str], str], dict[str, re.Pattern[str]]], ...] = tuple(
    (write, {reader: re.compile(breaks, re.DOTALL) for reader, breaks in readers.items()})
    for write, readers in (
        (_as_it_is, {PYTHON: _NOT_PLAIN, NPM: _NOT_PLAIN, SHELL: _NOT_PLAIN}),
        (
            _in_single,
            {
                PYTHON: rf"['\r]|\\\\|\\\Z|{_INTERPOLATED}",
                NPM: r"['\r]|\\\Z",
                SHELL: r"'",
            },
        ),
        (
            _in_double,
            {
                PYTHON: rf"[\"\r]|\\[\\'abfnrtv]|\\\Z|{_INTERPOLATED}",
                NPM: r"[\"\r]|\\[nr]|\\\Z",
                SHELL: rf"[\"`]|\\[\\$\n]|\\\Z|\$[^{_AFTER_DOLLAR}]",
            },
        ),
        (_in_backticks, {NPM: r"[`\r]|\\\Z"}),
        # Quotes inside the same quotes are good as long as the whole is on one line and without what may be a comment.
        (_escaped_for_npm, {NPM: r"\\[nr]|\\\Z|\A(?=.*\").*[#\u2028\u2029]"}),
        (_in_single, {NPM: r"[\r\n#\u2028\u2029]|\\\Z"}),
        (_as_it_is, {NPM: r"[\r\n#\u2028\u2029]|\A[\s\ufeff'\"`]|[\s\ufeff]\Z|\A\Z"}),
        (_escaped_for_python, {PYTHON: _NOTHING}),
    )
)


def spell(key: str, value: str, readers: Collection[str] = READERS) -> str | None:
    """The lines that set *key* to *value* for each of *readers*, with the last line break; None when there are none."""
    if "\0" in value or (SHELL in readers and key in KEPT):
        return None
    for write, breaks in _SPELLINGS:
        if breaks.keys() >= set(readers) and not any(breaks[reader].search(value) for reader in readers):
            return f"{key}={write(value)}\n"
    return None
