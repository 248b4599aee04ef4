"""
Finding the link that a message was sent for: the one that confirms, signs in, resets, accepts or approves.

A link is judged by the words on it; if these say nothing ("here", an address), by the words around it; and by the words
in its address. What does something else (`link_words.LEAVE`) is left, however prominent.
"""

import re
from collections.abc import Iterator
from typing import TypedDict
from urllib.parse import urlsplit

from ravi.server.extraction.folding import fold, keyed
from ravi.server.extraction.link_places import LONGEST_URL, Place, in_html, in_text
from ravi.server.extraction.link_words import BUTTONS, DO, LEAVE, PATH_DO, PATH_LEAVE, WORDS
from ravi.server.extraction.vocabulary import Word

#: In characters. What is beyond is not looked at.
MOST_OF_HTML = 262_144
MOST_OF_TEXT = 65_536
#: Links that are judged, in each form of the body, and that are returned.
MOST_PLACES = 300
MOST_FOUND = 10

#: From here on a link is taken for what the message was sent for.
ENOUGH = 0.5
#: A link that is so much weaker than the best one is left out.
FAR_BEHIND = 0.2

_SENTENCE_END = re.compile(r"[.!?。！？؟।](?:\s|$)")
#: What tells one recipient from another: a number somewhere, or something long.
_PERSONAL = re.compile(r"\d|[^/&=?]{12,}")
_CAMPAIGN = re.compile(r"(?<![^&])(?:utm_[a-z]+|lang|locale|hl|ref|source|campaign)=[^&]*")


class FoundLink(TypedDict):
    """`label` is what is written on it, or "" in plain text; `score` from 0.5 to 1."""

    url: str
    score: float
    label: str


def find_links(html: str, text: str) -> list[FoundLink]:
    """
    Return the links that a message asks its reader to open, the most likely first; at most ten, none twice.

    *html* is sanitised; *text* is the other form of the body, or the only one. Only http and https. Never raises.
    """
    found: dict[str, FoundLink] = {}
    for place in _places(html[:MOST_OF_HTML], text[:MOST_OF_TEXT]):
        score = round(_score(place), 2)
        if score < ENOUGH:
            continue
        known = found.get(place.url)
        if known is None or known["score"] < score:
            label = place.label or (known["label"] if known else "")
            found[place.url] = {"url": place.url, "score": score, "label": label}
    ranked = sorted(found.values(), key=lambda link: -link["score"])[:MOST_FOUND]
    return [link for link in ranked if link["score"] >= ranked[0]["score"] - FAR_BEHIND]


def _places(html: str, text: str) -> Iterator[Place]:
    for places in (in_html(html), in_text(text)):
        for _, place in zip(range(MOST_PLACES), places, strict=False):
            if len(place.url) <= LONGEST_URL:
                yield place


def _score(place: Place) -> float:
    """Return how likely this is the link that the message is about, from 0 to 1."""
    try:
        address = urlsplit(place.url)
    except ValueError:
        return 0.0
    if address.scheme.lower() not in ("http", "https") or not address.netloc:
        return 0.0
    query = _CAMPAIGN.sub("", address.query)
    path = keyed(f"{address.path}?{query}".rstrip("/?"))
    if not path:
        return 0.0
    on_it = _said_on(place)
    said = on_it or _said_around(place)
    # Of the host only what stands before the domain: help.example.com, and not a sender that is called Helpful.
    host = ".".join(address.netloc.lower().split(".")[:-2])
    does, leaves = PATH_DO.search(path), PATH_LEAVE.search(f"{host}{path}")
    personal = _PERSONAL.search(path)
    if said is None:
        return 0.55 if personal and not leaves and PATH_DO.search(keyed(address.path)) else 0.0
    if said == LEAVE:
        return 0.0
    score = 0.85 if on_it else 0.78
    if does:
        return score + 0.1 if personal else score - 0.4
    return score - (0.3 if leaves else 0.0) - (0.0 if personal else 0.3)


def _said_on(place: Place) -> str | None:
    """What the words on the link say; None if they say nothing."""
    if place.label.lower().startswith(("http://", "https://")):
        return None
    kinds = {word.kind for word in BUTTONS.find(keyed(fold(place.label)))}
    return LEAVE if LEAVE in kinds else DO if DO in kinds else None


def _said_around(place: Place) -> str | None:
    """What the sentence around the link says, or else the lines above it."""
    above, _, line = place.before.rpartition("\n")
    sentence = line[_last_end(line) :]
    before = _words(sentence)
    if before:
        return before[-1].kind
    rest = place.after.partition("\n")[0]
    over = _SENTENCE_END.search(rest)
    after = _words(rest[: over.start()] if over else rest)
    if after and (place.label or rest[:1] == " "):
        return after[0].kind
    for part in (line, *reversed(above.split("\n")[-4:])):
        words = _words(part)
        if words:
            return words[-1].kind
    return None


def _last_end(text: str) -> int:
    end = 0
    for match in _SENTENCE_END.finditer(text.rstrip()):
        if match.end() < len(text.rstrip()):
            end = match.end()
    return end


def _words(text: str) -> list[Word]:
    return WORDS.find(keyed(fold(text)))
