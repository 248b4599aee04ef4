"""
Reading `.env` files, as python-dotenv does, as npm's dotenv does, or where both read the same.

There is no standard for these files, and quotes, backslashes and `#` mean different things to different readers. A
value that is not what its owner's program used to see is worse than an error, so by default a line that the two would
read differently is refused. Variables are never expanded: where a reader would, the line is refused too.
"""

from __future__ import annotations

import re

from ravi.client.exports import dotenv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    #: The line that a statement begins on, counted from 1; its name; its value.
    Statement = tuple[int, str, str]


class Unreadable(Exception):
    """*line*, counted from 1, is not one that can be read, because of *why*. Holds nothing of the line itself."""

    def __init__(self, line: int, why: str, hint: str = "") -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why
        self.hint = hint


_DIFFERENT = "python-dotenv and npm dotenv read this differently"
_CHOOSE = "say whose reading is meant: --reader python or --reader npm"


def read(text: str, reader: str | None) -> list[Statement]:
    """
    The statements in *text* as *reader* (`dotenv.PYTHON`, `dotenv.NPM`, or None for both) reads them, in their order.

    Raises Unreadable for the first line that is no statement, or that the two read differently.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")  # both readers begin with this
    if reader == dotenv.NPM:
        return list(_as_npm(lines))
    found = list(_as_python(lines))
    if reader is None:
        other = list(_as_npm(lines))
        for ours, theirs in zip(found, other, strict=False):
            if ours[1:] != theirs[1:]:
                raise Unreadable(min(ours[0], theirs[0]), _DIFFERENT, _CHOOSE)
        if len(found) != len(other):
            longer, shorter = (found, other) if len(found) > len(other) else (other, found)
            raise Unreadable(longer[len(shorter)][0], _DIFFERENT, _CHOOSE)
    return found


# The two grammars are those of python-dotenv 1.2 (parser.py, variables.py) and npm dotenv 16 to 18 (the one regular
# expression that they share). tests/unit/cli/test_import_dotenv.py compares them with the libraries.

_BLANK = re.compile(r"\s*")
_COMMENT = re.compile(r"(?:export[^\S\n]+)?#[^\n]*")
_NAME = re.compile(r"(?:export[^\S\n]+)?+(?:'([^']+)'|(?!')([^=#\s]+))[^\S\n]*")
_EQUALS = re.compile(r"=([^\S\n]*)")
_SINGLE = re.compile(r"'((?:\\.|[^'\\])*)'", re.DOTALL)
_DOUBLE = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_LINE = re.compile(r"[^\n]*")
_INLINE_COMMENT = re.compile(r"(?<!\s)\s+#.*")
_END = re.compile(r"[^\S\n]*(?:#[^\n]*)?(?:\n|\Z)")
_SINGLE_ESCAPE = re.compile(r"\\([\\'])")
_DOUBLE_ESCAPE = re.compile(r"""\\([\\'"abfnrtv])""")
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_INTERPOLATED = re.compile(r"\$\{[^}:]*+(?::-[^}]*+)?+\}")


def _as_python(text: str) -> Iterator[Statement]:
    text = text.removeprefix("\ufeff")
    position, line = 0, 1
    while True:
        start = _end_of(_BLANK, text, position)
        line += text.count("\n", position, start)
        if start == len(text):
            return
        comment = _COMMENT.match(text, start)
        if comment:
            position = comment.end()
            continue
        name = _NAME.match(text, start)
        equals = name and _EQUALS.match(text, name.end())
        if name is None or equals is None:
            raise Unreadable(line, "this is neither NAME=value nor a comment")
        value, end = _python_value(text, equals.end(), after_blank=bool(equals[1]), line=line)
        rest = _END.match(text, end)
        if rest is None:
            raise Unreadable(line, "something follows the closing quote")
        yield line, name[1] or name[2], _without_variables(value, line)
        position = rest.end()
        line += text.count("\n", start, position)


def _python_value(text: str, at: int, *, after_blank: bool, line: int) -> tuple[str, int]:
    """The value that begins at *at*, and where it ends."""
    quote = text[at : at + 1]
    if after_blank and quote == "#":
        return "", at
    if quote not in ("'", '"'):
        end = _end_of(_LINE, text, at)
        return _INLINE_COMMENT.sub("", text[at:end]).rstrip(), end
    quoted = (_SINGLE if quote == "'" else _DOUBLE).match(text, at)
    if quoted is None:
        raise Unreadable(line, "a quote is opened and not closed")
    escape = _SINGLE_ESCAPE if quote == "'" else _DOUBLE_ESCAPE
    return escape.sub(lambda found: _ESCAPED.get(found[1], found[1]), quoted[1]), quoted.end()


def _without_variables(value: str, line: int) -> str:
    """*value* with the defaults of nameless variables, which is how an export spells `${`."""

    def default(found: re.Match[str]) -> str:
        if found[0][2] not in ":}":
            raise Unreadable(
                line,
                "this uses a variable, as python-dotenv reads it",
                "write the variable's value out, or take it literally: --reader npm",
            )
        return found[0][4:-1]

    return _INTERPOLATED.sub(default, value)


#: What JavaScript calls blank (`\s`, `trim`), and where its anchors stop.
_JS_LINE_ENDS = "\n\u2028\u2029"
_JS_BLANKS = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
_B = f"[{_JS_BLANKS}]"
#: Before a name only those of its own line: to begin at the first of many empty lines takes long and finds the same.
_INDENT = f"[{''.join(set(_JS_BLANKS) - set(_JS_LINE_ENDS))}]"
_JS_START = f"(?<![^{_JS_LINE_ENDS}])"
_JS_END = f"(?![^{_JS_LINE_ENDS}])"

_NPM_STATEMENT = re.compile(
    rf"{_JS_START}{_INDENT}*+(?:export{_B}+)?([A-Za-z0-9_.-]+)(?:{_B}*={_B}*?|:{_B}+?)"
    rf"""({_B}*'(?:\\'|[^'])*'|{_B}*"(?:\\"|[^"])*"|{_B}*`(?:\\`|[^`])*`|[^#\r\n]+)?"""
    rf"{_B}*(?:#[^{_JS_LINE_ENDS}]*)?{_JS_END}"
)
_NPM_QUOTES = re.compile(rf"{_JS_START}(['\"`])([\s\S]*)\1{_JS_END}")


def _as_npm(text: str) -> Iterator[Statement]:
    position, line = 0, 1
    for found in _NPM_STATEMENT.finditer(text):
        # npm's dotenv passes over what it does not understand; a secret must not get lost that way.
        _check_skipped(text[position : found.start()], line)
        line += text.count("\n", position, found.start(1))
        value = (found[2] or "").strip(_JS_BLANKS)
        opening = value[:1]
        value = _NPM_QUOTES.sub(r"\2", value)
        if opening == '"':
            value = value.replace("\\n", "\n").replace("\\r", "\r")
        yield line, found[1], value
        line += text.count("\n", found.start(1), found.end())
        position = found.end()
    _check_skipped(text[position:], line)


def _check_skipped(text: str, line: int) -> None:
    for number, skipped in enumerate(text.split("\n"), line):
        if skipped.strip(_JS_BLANKS) and not skipped.lstrip(_JS_BLANKS).startswith("#"):
            raise Unreadable(number, "this is neither NAME=value nor a comment")


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a match of *pattern* at *at* ends; *at* when there is none."""
    found = pattern.match(text, at)
    return at if found is None else found.end()
