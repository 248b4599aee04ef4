"""
Whom an identity may write to: patterns, which its owner sets and it cannot change.

A pattern is an address, a domain with exactly the addresses at it, `*.` and a domain for what is below it, or a number;
which of these shows in its spelling. For mail and for messages to numbers, which ask `check_recipients`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from ravi.errors import IdentityNotFound, Invalid, RecipientNotAllowed
from ravi.server.db import Database, Queries, Transaction, micros
from ravi.server.http.errors import invalid
from ravi.server.identities import storage
from ravi.server.identities.deliverable import deliverable
from ravi.server.identities.e164 import parse_recipient

MOST_PATTERNS = 200


def check_patterns(patterns: Sequence[str]) -> tuple[str, ...]:
    """Return *patterns*, each once and as `allows` compares it. Raises Invalid for one that is none, and too many."""
    if len(patterns) > MOST_PATTERNS:
        raise invalid(allowed_recipients=f"at most {MOST_PATTERNS}")
    return tuple(dict.fromkeys(map(_check_pattern, patterns)))


def allows(patterns: Iterable[str], recipient: str) -> bool:
    """
    Whether one of the checked *patterns* covers *recipient*.

    That is an address in ASCII, or a number as `e164.parse_recipient` returns it.
    """
    recipient = recipient.lower()
    domain = recipient.rpartition("@")[2]
    return any(
        pattern == recipient
        or ("@" in recipient and (pattern == domain or (pattern[:2] == "*." and domain.endswith(pattern[1:]))))
        for pattern in patterns
    )


async def hold_identity(tx: Transaction, identity_uuid: str) -> None:
    """
    Let one transaction at a time change the identity, or do what depends on how it is.

    Nobody holds two. Whoever needs other locks, too, takes this one first.
    """
    await tx.lock(f"identity:{identity_uuid}")


class Recipients:
    """The part of `Identities` that knows to whom an identity may send."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def check_recipients(self, db: Queries, account_id: int, identity_id: int, recipients: Sequence[str]) -> None:
        """
        Raise RecipientNotAllowed, naming them, when the identity may not send to all of *recipients*: addresses in
        ASCII, or numbers as `e164.parse_recipient` returns them. Raises IdentityNotFound when it was ended.

        In the transaction that sends, after `hold_identity`: so nothing is sent to whom the owner has ruled out before.
        """
        at = micros(self._now())
        exists, patterns = await storage.find_allowed_recipients(db, account_id, identity_id, at=at)
        if not exists:
            raise IdentityNotFound("no such identity")
        if patterns is None:
            return
        refused = [each for each in recipients if not allows(patterns, each)]
        if refused:
            more = f" and {len(refused) - 3} more" if len(refused) > 3 else ""
            raise RecipientNotAllowed(
                f"this identity may not write to {', '.join(refused[:3])}{more}", details={"recipients": refused}
            )


def _check_pattern(given: str) -> str:
    pattern = given.strip()
    below = "*." if pattern.startswith("*.") else ""
    local, at, domain = pattern.removeprefix(below).rpartition("@")
    try:
        if pattern.startswith("+") or pattern.isdecimal():
            return parse_recipient(pattern)
        if at and local and not below:
            return deliverable(pattern).lower()
        # A name without a dot is more likely somebody's name than a domain.
        if local or "." not in domain:
            raise ValueError("it is none of address, domain, *.domain and number")
        return below + deliverable(f"x@{domain}").lower().partition("@")[2]
    except ValueError as problem:
        raise _no_pattern(given, str(problem).rstrip(".")) from None


def _no_pattern(given: str, reason: str) -> Invalid:
    return invalid(allowed_recipients=f"{given[:100]!r} names nobody: {reason}")
