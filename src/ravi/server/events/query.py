"""What replay and stream read from a query alike."""

from ravi.server.http.errors import invalid

MOST_NAMES = 50


def read_names(field: str, text: str) -> list[str]:
    """Return the names of a comma list. Raises Invalid when there are too many."""
    names = [name for name in (part.strip() for part in text.split(",")) if name]
    if len(names) > MOST_NAMES:
        raise invalid(**{field: f"at most {MOST_NAMES} names"})
    return names


def check_since(field: str, since: int) -> int:
    """Return the cursor. Raises Invalid for what no event can have as its number."""
    if not 0 <= since < 2**63:
        raise invalid(**{field: "must be a seq that you were given, or 0"})
    return since
