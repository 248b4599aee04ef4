"""
What is shown of a message's HTML: a harmless version of it, and its text.

The harmless version has no script, style, form or frame, no element that hides, no address but http, https and mailto,
and nothing that is loaded when it is shown: the address of a picture moves to `data-src`, unless the picture is part of
the message (`cid:`). `html_balance` builds it, and nh3 then checks it by the rules of browsers.
"""

import html
import re

import nh3

from ravi.server.mail.html_balance import ALLOWED, VOID, Balancer
from ravi.server.mail.html_text import TextWriter
from ravi.server.mail.html_tokens import MOST_CHARACTERS, Token, scan

MOST_URL = 8192
#: nh3 takes quadratic time for these: seven seconds for a million.
MOST_AMPERSANDS = 20_000

_BOX = {"align", "bgcolor", "height", "valign", "width"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "col": {"align", "span", "width"},
    "div": {"align"},
    "font": {"color", "size"},
    "hr": {"align", "size", "width"},
    "img": {"alt", "data-src", "height", "src", "width"},
    "ol": {"start", "type"},
    "p": {"align"},
    "table": _BOX | {"border", "cellpadding", "cellspacing"},
    "td": _BOX | {"colspan", "rowspan"},
    "th": _BOX | {"abbr", "colspan", "rowspan"},
    "tr": _BOX,
}
_CLEANER = nh3.Cleaner(
    tags=ALLOWED,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "cid"},
    link_rel="noopener noreferrer nofollow",
    strip_comments=True,
)
#: What browsers take out of an address before they read it (WHATWG URL, section 4.4).
_PASSED_OVER = re.compile(r"[\t\n\r]+")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+", re.IGNORECASE)
_PICTURE = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_OWN_PICTURE = re.compile(r"cid:[!-~]+", re.IGNORECASE)


def read_html(source: str) -> tuple[str, str, bool]:
    """
    Return *source* made harmless, its text, and whether it was too long to be read whole. Never raises.

    Links stand in the text as `label <address>`; what cannot be seen is in neither.
    """
    writer = _Writer()
    balancer = Balancer(writer.write)
    balancer.run(scan(source))
    is_cut = balancer.is_cut or len(source) > MOST_CHARACTERS
    return _CLEANER.clean("".join(writer.written)), writer.text.result(), is_cut


class _Writer:
    """Writes well-formed tokens as HTML and as text."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.text = TextWriter()
        self._ampersands = 0

    def write(self, token: Token) -> None:
        kind, value, attributes = token
        if kind == "text":
            self._ampersands += value.count("&")
            shown = value if self._ampersands <= MOST_AMPERSANDS else value.replace("&", " ")
            self.written.append(html.escape(shown, quote=False))
            self.text.text(value)
        elif kind == "open":
            kept = _kept(value, attributes)
            self.written.append(f"<{value}{''.join(map(_attribute, kept.items()))}>")
            self.text.open(value, kept)
        elif value not in VOID:
            self.written.append(f"</{value}>")
            self.text.close(value)


def _kept(tag: str, attributes: dict[str, str]) -> dict[str, str]:
    """Return those attributes of an element that harm nobody."""
    if not attributes:
        return attributes
    allowed = _ATTRIBUTES.get(tag, set()) | _ATTRIBUTES["*"]
    kept = {name: value for name, value in attributes.items() if name in allowed and len(value) <= MOST_URL}
    if "href" in kept:
        address = _address(kept.pop("href"))
        if _LINK.fullmatch(address):
            kept["href"] = address
    if "src" in kept:
        address = _address(kept.pop("src"))
        if _OWN_PICTURE.fullmatch(address):
            kept["src"] = address
        elif _PICTURE.fullmatch(address):
            kept["data-src"] = address
    return kept


def _attribute(item: tuple[str, str]) -> str:
    name, value = item
    return f' {name}="{html.escape(value)}"'


def _address(value: str) -> str:
    return _PASSED_OVER.sub("", value).strip("".join(map(chr, range(33)))).replace(" ", "%20")
