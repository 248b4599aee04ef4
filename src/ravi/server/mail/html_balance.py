"""
HTML made well-formed, within bounds.

The algorithm of HTML 5 for broken markup can multiply a page: 50,000 unclosed `<font>` and as many `<p>` make two
thousand million elements, and deep nesting takes quadratic time, in every library that follows it. So a message's HTML
passes through here first. What comes out is closed in the order it was opened, at most `MOST_DEPTH` deep, and nested so
that nothing is left to repair. Elements that nobody would see, and what is no text (scripts, styles, drawings), are
left out with their content.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ravi.server.mail import html_styles
from ravi.server.mail.html_tokens import Token

MOST_DEPTH = 200
#: How far an end tag looks for what it ends.
_FARTHEST = 300

VOID = {"br", "hr", "img", "wbr", "col"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
INLINE = {
    "a", "abbr", "b", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark", "q", "s", "samp",
    "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var",
}  # fmt: skip
BLOCKS = HEADINGS | {
    "address", "article", "aside", "blockquote", "center", "dd", "details", "div", "dl", "dt", "figcaption", "figure",
    "footer", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "ul",
}  # fmt: skip
_CELLS = {"td", "th", "caption"}
_ROW_GROUPS = {"thead", "tbody", "tfoot"}
_STRUCTURE = {"table", "tr", "colgroup"} | _ROW_GROUPS
TABLES = _STRUCTURE | _CELLS | {"col"}
ALLOWED = VOID | INLINE | BLOCKS | TABLES
#: Left out with everything in them.
_DROPPED = {
    "applet", "audio", "canvas", "datalist", "frameset", "map", "math", "object", "select", "svg", "template", "video",
}  # fmt: skip
#: Neither shown nor ever ended.
_IGNORED = {
    "area", "base", "body", "embed", "frame", "head", "html", "input", "link", "meta", "param", "source", "track",
}  # fmt: skip
#: Which open elements end when one of a kind begins, and what that does not reach beyond.
_ENDED_BY = {
    "li": ({"li"}, {"ul", "ol", "table"} | _CELLS),
    "dt": ({"dt", "dd"}, {"dl", "table"} | _CELLS),
    "dd": ({"dt", "dd"}, {"dl", "table"} | _CELLS),
    "a": ({"a"}, {"table"} | _CELLS),
}
_BOUNDARIES = {"table"} | _CELLS


@dataclass(slots=True)
class _Open:
    """An element that has not ended. What is `hidden` has no text and is not handed on; `unseen` text neither."""

    tag: str
    is_written: bool = False
    hidden: bool = False
    unseen: bool = False
    zero: bool = False


class Balancer:
    """Reads tokens and hands well-formed ones on. `is_cut` says whether there were too many."""

    def __init__(self, write: Callable[[Token], None]) -> None:
        self.is_cut = False
        self._write = write
        self._stack = [_Open("")]
        self._depth = 0
        #: How many elements of each kind are open, so that most searches end before they begin.
        self._count: Counter[str] = Counter()

    def run(self, tokens: Iterable[Token]) -> None:
        for kind, value, attributes in tokens:
            if kind == "text":
                self._text(value)
            elif kind == "open":
                self._open(value, attributes)
            elif kind == "close":
                self._close(value)
            else:
                self.is_cut = True
        self._pop_to(1)

    def _text(self, text: str) -> None:
        top = self._stack[-1]
        if top.hidden or top.unseen or top.zero:
            return
        if self._in_structure():
            if not text.strip():
                return
            self._begin_cell("td", {})
        self._write(("text", text, {}))

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _IGNORED:
            return
        if tag == "image":
            tag = "img"
        if tag not in ALLOWED:
            self._push(tag, attributes)
        elif tag in TABLES:
            self._open_of_table(tag, attributes)
        else:
            if self._in_structure():
                self._begin_cell("td", {})
            if tag in BLOCKS:
                self._end_nearest({"p"}, _BOUNDARIES)
            if tag in HEADINGS and self._stack[-1].tag in HEADINGS:
                self._pop_to(len(self._stack) - 1)
            if tag in _ENDED_BY:
                self._end_nearest(*_ENDED_BY[tag])
            self._push(tag, attributes)

    def _open_of_table(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table":
            if self._in_structure():
                self._end_nearest({"table"}, set())
            self._end_nearest({"p"}, _BOUNDARIES)
            self._push(tag, attributes)
        elif self._find({"table"}, set()) is None:
            # Outside a table browsers pass over it, with what it says about itself.
            return
        elif tag in ("td", "th"):
            self._begin_cell(tag, attributes)
        else:
            around = {"colgroup", "table"} if tag == "col" else {"table"} | (_ROW_GROUPS if tag == "tr" else set())
            self._pop_to((self._find(around, {"table"}) or 0) + 1)
            self._push(tag, attributes)

    def _begin_cell(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin a cell of the table at hand, and its row where there is none."""
        row = self._find({"tr"}, {"table"})
        if row is None:
            self._pop_to((self._find({"table"} | _ROW_GROUPS, {"table"}) or 0) + 1)
            self._push("tr", {})
        else:
            self._pop_to(row + 1)
        self._push(tag, attributes)

    def _close(self, tag: str) -> None:
        if tag == "br":
            self._open("br", {})
            return
        boundaries = set() if tag in _DROPPED else {"table"} if tag in TABLES else _BOUNDARIES
        self._end_nearest({tag}, boundaries)

    def _in_structure(self) -> bool:
        """Whether we are inside a table and outside its cells, where text cannot stand."""
        for element in reversed(self._stack[-_FARTHEST:]):
            if element.tag in ALLOWED:
                return element.tag in _STRUCTURE
        return False

    def _find(self, tags: set[str], boundaries: set[str]) -> int | None:
        """Return where the innermost open element of *tags* is, looking up to the innermost of *boundaries*."""
        if not any(self._count[tag] for tag in tags):
            return None
        for place in range(len(self._stack) - 1, max(len(self._stack) - _FARTHEST, 0), -1):
            tag = self._stack[place].tag
            if tag in tags:
                return place
            if tag in boundaries:
                return None
        return None

    def _end_nearest(self, tags: set[str], boundaries: set[str]) -> None:
        place = self._find(tags, boundaries)
        if place is not None:
            self._pop_to(place)

    def _push(self, tag: str, attributes: dict[str, str]) -> None:
        parent, effect = self._stack[-1], html_styles.effect_of(attributes)
        hidden = parent.hidden or effect.hidden or tag in _DROPPED
        is_written = tag in ALLOWED and not hidden and self._depth < MOST_DEPTH
        if is_written:
            self._write(("open", tag, attributes))
        if tag in VOID:
            return
        self._depth += is_written
        zero = parent.zero if effect.has_size is None else not effect.has_size
        if tag == "font" and "size" in attributes and effect.has_size is None:
            zero = False
        unseen = parent.unseen if effect.is_seen is None else not effect.is_seen
        self._count[tag] += 1
        self._stack.append(_Open(tag, is_written, hidden, unseen, zero))

    def _pop_to(self, length: int) -> None:
        """End open elements until *length* of them are left."""
        while len(self._stack) > length:
            ended = self._stack.pop()
            self._count[ended.tag] -= 1
            if ended.is_written:
                self._depth -= 1
                self._write(("close", ended.tag, {}))
