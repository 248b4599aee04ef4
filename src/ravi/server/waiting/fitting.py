"""Whether a message is the one that is waited for. Pure."""

from ravi.server.identities.e164 import parse_recipient
from ravi.server.waiting.records import Candidate, Medium, Wish


def media_of(wish: Wish) -> tuple[Medium, ...]:
    """Return the media that can bring what is wished for: an address is no number, and texts have no subject."""
    possible = set(wish.media)
    if "@" in wish.sender or "." in wish.sender or wish.subject:
        possible.discard("sms")
    if _number(wish.sender):
        possible.discard("mail")
    return tuple(medium for medium in wish.media if medium in possible)


def fits(candidate: Candidate, wish: Wish) -> bool:
    """Whether subject and sender are those of the wish. Whether the sender is certain is another question."""
    if wish.subject and wish.subject not in candidate.subject.casefold():
        return False
    if not wish.sender:
        return True
    if candidate.medium == "sms":
        return candidate.sender.casefold() == (_number(wish.sender) or wish.sender.casefold())
    sender = candidate.sender.lower()
    if "@" in wish.sender:
        return sender == wish.sender
    domain = sender.rpartition("@")[2]
    return domain == wish.sender or domain.endswith(f".{wish.sender}")


def others(rest: list[Candidate], taken: Candidate) -> tuple[str, ...]:
    """Return what those in *rest* say that is not what was *taken*, each once."""
    return tuple(dict.fromkeys(each.best for each in rest if each.best not in ("", taken.best)))


def _number(sender: str) -> str:
    """Return *sender* as texts have it if it is a number or a short code, else ""."""
    if not sender or sender[0] not in "+0123456789":
        return ""
    try:
        return parse_recipient(sender)
    except ValueError:
        return ""
