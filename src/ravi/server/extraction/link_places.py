"""Where links stand: on which words, after which text, before which; in HTML and in plain text."""

import html as entities
import re
from collections.abc import Iterator
from typing import NamedTuple

from ravi.server.extraction.folding import fold

#: In characters: of an address that could be one, of the text on a link, of the text around it.
LONGEST_URL = 4_096
LONGEST_LABEL = 200
AROUND = 240

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})([^<>]*)>")
_ATTRIBUTE = r"\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))"
_HREF = re.compile(r"(?<![\w-])href" + _ATTRIBUTE, re.IGNORECASE)
_ALT = re.compile(r"(?<![\w-])(?:alt|title)" + _ATTRIBUTE, re.IGNORECASE)
_BLOCKS = frozenset(
    "address article aside blockquote br center dd div dl dt footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p"
    " pre section table tbody td tfoot th thead tr ul".split()
)
_URL = re.compile(r"https?://[^\s<>\"'`\x00-\x1f\u3000-\u303f\uff00-\uffef]+", re.IGNORECASE)
_TRAILING = ".,;:!?*_~'\"»”’"
_PAIRS = {")": "(", "]": "[", "}": "{"}


class Place(NamedTuple):
    """One link. `before` and `after` are the text around it up to the next link; a line break is a block's end."""

    url: str
    label: str
    before: str
    after: str


def in_html(html: str) -> Iterator[Place]:
    """Yield the links of sanitised *html* in order; the text of an image counts as its label."""
    pieces: list[str] = []
    links: list[tuple[str, int, int]] = []  # with the places of its label among the pieces
    href, began, at = "", 0, 0
    for tag in _TAG.finditer(html):
        pieces.append(_plain(html[at : tag.start()]))
        at = tag.end()
        closing, name, attributes = tag[1], tag[2].lower(), tag[3]
        if name == "a":
            if href:
                links.append((href, began, len(pieces)))
            href = "" if closing else _value(_HREF, attributes)
            began = len(pieces)
        elif name == "img":
            pieces.append(f" {_value(_ALT, attributes)} ")
        elif name in _BLOCKS:
            pieces.append("\n")
    pieces.append(_plain(html[at:]))
    last = 0
    for place, (url, start, end) in enumerate(links):
        following = links[place + 1][1] if place + 1 < len(links) else len(pieces)
        yield Place(
            url=url.strip()[: LONGEST_URL + 1],
            label=" ".join(_tail_or_head(pieces[start:end], LONGEST_LABEL).split()),
            before=_tail_or_head(pieces[last:start], -AROUND),
            after=_tail_or_head(pieces[end:following], AROUND),
        )
        last = end


def in_text(text: str) -> Iterator[Place]:
    """Yield the addresses in plain *text* in order; what stands before one on its line is its label."""
    if "://" not in text:  # found many times faster than that there is none by the pattern
        return
    found = [(match.start(), _trimmed(match[0])) for match in _URL.finditer(text)]
    last = 0
    for place, (start, url) in enumerate(found):
        end = start + len(url)
        following = found[place + 1][0] if place + 1 < len(found) else len(text)
        yield Place(
            url=url[: LONGEST_URL + 1],
            label="",
            before=fold(text[max(last, start - AROUND) : start]).rstrip("<([ "),
            after=fold(text[end : min(following, end + AROUND)]).lstrip(">)]"),
        )
        last = end


def _plain(piece: str) -> str:
    return fold(" ".join(entities.unescape(piece).split(" "))).replace("\n", " ")


def _value(pattern: re.Pattern[str], attributes: str) -> str:
    found = pattern.search(attributes)
    return entities.unescape(found[found.lastindex or 0]) if found else ""


def _tail_or_head(pieces: list[str], size: int) -> str:
    """Return the first *size* characters of the joined *pieces*, or the last if *size* is negative."""
    kept: list[str] = []
    length = 0
    for piece in pieces if size > 0 else reversed(pieces):
        kept.append(piece)
        length += len(piece)
        if length >= abs(size):
            break
    joined = "".join(kept if size > 0 else reversed(kept))
    return joined[:size] if size > 0 else joined[size:]


def _trimmed(url: str) -> str:
    """Return *url* without the punctuation of the sentence around it; brackets stay if they were opened in it."""
    url = url[: LONGEST_URL + 1]
    while url:
        last = url[-1]
        if last in _TRAILING or (last in _PAIRS and url.count(last) > url.count(_PAIRS[last])):
            url = url[:-1]
        else:
            break
    return url
