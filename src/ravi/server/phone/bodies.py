"""What is stored of a text's body, made before the transaction begins: pure, and bounded in what it reads."""

from dataclasses import dataclass, field

import msgspec

from ravi.server.extraction import find_codes, find_links
from ravi.server.phone.segments import count

#: In characters. What networks put together of parts is at most 255 of them.
LONGEST_RECEIVED = 40_000
#: In characters: what a carrier of the world takes.
LONGEST_SENT = 1_600

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Body:
    """A body, with what carriers count of it and what somebody may wait for in it."""

    text: str = field(repr=False)
    encoding: str
    segments: int
    codes: str = field(repr=False)
    """JSON, as `links`."""
    links: str = field(repr=False)


def prepare(text: str, *, incoming: bool) -> Body:
    """Return what is stored of *text*. Codes and links are looked for in what comes in. Never raises."""
    text = clean(text)
    if len(text) > LONGEST_RECEIVED:
        text = text[: LONGEST_RECEIVED - 1] + "…"
    counted = count(text)
    return Body(
        text=text,
        encoding=counted.encoding,
        segments=counted.segments,
        codes=_encode(find_codes("", text) if incoming else []).decode(),
        links=_encode(find_links("", text) if incoming else []).decode(),
    )


def clean(text: str) -> str:
    """*text* as both engines can hold it: without U+0000 and halves of characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
