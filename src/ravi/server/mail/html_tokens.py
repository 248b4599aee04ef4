"""
The tags and texts of HTML as they stand in it (HTML 5, section 13.2.5), in linear time and never raising.

Nothing is repaired here; `html_balance` does that.
"""

import html
import re
from collections.abc import Iterator

from ravi.server.mail.charsets import clean_text

MOST_CHARACTERS = 1024 * 1024
MOST_TOKENS = 40_000

#: ("text", text, {}), ("open", tag, attributes), ("close", tag, {}), and ("cut", "", {}) where too many were to follow.
Token = tuple[str, str, dict[str, str]]

#: The attributes that are read.
_READ = {
    "abbr", "align", "alt", "bgcolor", "border", "cellpadding", "cellspacing", "color", "colspan", "dir", "height",
    "hidden", "href", "lang", "rowspan", "size", "span", "src", "start", "style", "title", "type", "valign", "width",
}  # fmt: skip
#: The content of these is no markup; it ends where their own end tag stands, and is left out.
_RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp")
}

_TAG_NAME = re.compile(r"[A-Za-z][^\s/>]*+")
#: The end of the tag, or a name and perhaps a value.
_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?:(>)|([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|(?!["'])([^\s>]*+)))?+)"""
)
_QUOTE_WITHOUT_END = re.compile(r"\s*+=\s*+[\"']")
_COMMENT_END = re.compile(r"--!?>")
#: Python reads a number of any length, and raises for one of more than 4,300 digits.
_HUGE_REFERENCE = re.compile(r"&#[0-9]{9,}+;?")


def scan(source: str) -> Iterator[Token]:
    """Yield the tokens of *source*; of what lies behind `MOST_CHARACTERS` or `MOST_TOKENS`, none."""
    source = source[:MOST_CHARACTERS]
    at = 0
    for _ in range(MOST_TOKENS):
        start = source.find("<", at)
        if start != at:
            yield "text", _text(source[at : start if start >= 0 else len(source)]), {}
        if start < 0:
            return
        if source.startswith(("<!", "<?"), start):
            at = _after_comment(source, start)
            continue
        closing = source.startswith("</", start)
        name_found = _TAG_NAME.match(source, start + 1 + closing)
        if name_found is None:
            if closing:
                at = _after_comment(source, start)
            else:
                yield "text", "<", {}
                at = start + 1
            continue
        name = name_found[0].lower()
        attributes, at = _attributes(source, name_found.end())
        if at < 0:
            return
        yield "close" if closing else "open", name, attributes
        if not closing and name in _RAW:
            end = _RAW[name].search(source, at)
            if end is None:
                return
            at = end.start()
    yield "cut", "", {}


def _text(piece: str) -> str:
    if "&" in piece:
        piece = html.unescape(_HUGE_REFERENCE.sub("\ufffd", piece))
    return clean_text(piece)


def _after_comment(source: str, start: int) -> int:
    """Return where the comment, doctype or processing instruction at *start* ends; the end when it does not."""
    if source.startswith("<!--", start):
        end = _COMMENT_END.search(source, start + 2)
        return end.end() if end else len(source)
    end_at = source.find(">", start)
    return end_at + 1 if end_at >= 0 else len(source)


def _attributes(source: str, at: int) -> tuple[dict[str, str], int]:
    """Return the attributes from *at* on that are read, and where the tag ends; -1 when it does not."""
    attributes: dict[str, str] = {}
    while found := _ATTRIBUTE.match(source, at):
        end_of_tag, name, *values = found.groups()
        at = found.end()
        if end_of_tag:
            return attributes, at
        value = next((each for each in values if each is not None), None)
        if value is None and _QUOTE_WITHOUT_END.match(source, at):
            break
        name = name.lower()
        if name in _READ and name not in attributes:
            attributes[name] = _text(value or "")
    return attributes, -1
