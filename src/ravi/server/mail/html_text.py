"""The text of HTML, with lines where a reader sees lines."""

import re

from ravi.server.mail.html_balance import HEADINGS

_BLANKS = re.compile(r"[ \t\n\f\r\xa0]+")
#: Set apart from what is around them by an empty line.
_PARAGRAPHS = HEADINGS | {"p", "ul", "ol", "dl", "blockquote", "pre", "table", "figure"}
_LINES = {
    "address", "article", "aside", "caption", "center", "dd", "details", "div", "dt", "figcaption", "footer", "header",
    "li", "main", "nav", "section", "summary", "tr",
}  # fmt: skip
_SCHEME = re.compile(r"(?:https?://(?:www\.)?|mailto:)?", re.IGNORECASE)


class TextWriter:
    """Takes well-formed tokens in order."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        #: How many line feeds the parts end in, as far as it matters; none at the very beginning are wanted.
        self._feeds = 2
        self._space = False
        self._preformatted = 0
        self._link: tuple[str, int] | None = None

    def text(self, text: str) -> None:
        if self._preformatted:
            self._put(text)
            return
        text = _BLANKS.sub(" ", text)
        if text.startswith(" "):
            self._space = True
        bare = text.strip(" ")
        if bare:
            self._put(bare)
            self._space = text.endswith(" ")

    def open(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "br":
            self._feeds = self._feeds if self._feeds >= 2 else self._feeds + 1
            self._parts.append("\n")
            self._space = False
        elif tag in _PARAGRAPHS:
            self._break(2)
        elif tag in _LINES or tag == "hr":
            self._break(1)
        elif tag in ("td", "th"):
            self._space = True
        elif tag == "a":
            self._link = (attributes.get("href", ""), len(self._parts))
        elif tag == "img" and attributes.get("alt"):
            self.text(attributes["alt"])
        if tag == "li":
            self._put("- ")
        self._preformatted += tag == "pre"

    def close(self, tag: str) -> None:
        self._preformatted -= tag == "pre"
        if tag in _PARAGRAPHS:
            self._break(2)
        elif tag in _LINES:
            self._break(1)
        elif tag in ("td", "th"):
            self._space = True
        elif tag == "a" and self._link is not None:
            address, since = self._link
            self._link = None
            label = "".join(self._parts[since:]).strip()
            if address and _bare(label) != _bare(address):
                self._space = self._space or bool(label)
                self._put(f"<{address}>" if label else address)

    def result(self) -> str:
        """Return the text: no blanks at its ends or at the ends of lines, at most one empty line in a row."""
        lines = [line.rstrip() for line in "".join(self._parts).split("\n")]
        kept = [line for place, line in enumerate(lines) if line or (place and lines[place - 1])]
        return "\n".join(kept).strip()

    def _put(self, text: str) -> None:
        if self._space and self._feeds == 0:
            self._parts.append(" ")
        self._parts.append(text)
        self._space = False
        self._feeds = 0

    def _break(self, feeds: int) -> None:
        if self._feeds < feeds:
            self._parts.append("\n" * (feeds - self._feeds))
            self._feeds = feeds
        self._space = False


def _bare(address: str) -> str:
    """Return what is left of an address when it is compared with how it is shown."""
    return _SCHEME.sub("", address, count=1).rstrip("/ \n").lower()
