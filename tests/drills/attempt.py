"""One attempt of the attacker, and how it is described to the intruder."""

from dataclasses import dataclass
from typing import Any

#: Statuses of HTTP, and exit codes of `ravi`, with which something is refused.
REFUSED = ("400", "401", "403", "404", "405", "409", "410", "415", "422")
UNSUCCESSFUL = tuple(f"exit {code}" for code in (1, 2, 3, 4, 5, 6, 9, 10, 12))


@dataclass(frozen=True)
class Attempt:
    """`do` is for the intruder; `expected` has every outcome that is fine."""

    what: str
    do: dict[str, Any]
    expected: tuple[str, ...]
    shows: str = ""
    """What must be in the answer, where reaching it is right."""


def ask(method: str, target: str, body: Any = None, **more: Any) -> dict[str, Any]:
    """Describe a request, to be sent byte for byte with the credential of the workspace."""
    return {"method": method, "target": target, "body": body, **more}
