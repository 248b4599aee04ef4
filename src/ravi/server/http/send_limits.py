"""How much an account, and each of its identities, may send."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ravi.errors import RateLimited
from ravi.server.db import Database
from ravi.server.http.limits import Attempts

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SendLimits:
    """Messages, however many recipients each has. 0: no limit."""

    per_hour: int = 60
    per_day: int = 500
    identity_per_hour: int = 0
    identity_per_day: int = 0


class SendCounter:
    """
    Counts what is sent, on all replicas together.

    *kind* keeps mail and texts apart, *what* is how people call them.
    """

    def __init__(
        self,
        db: Database,
        limits: SendLimits,
        now: Callable[[], datetime],
        *,
        kind: str = "sends",
        what: str = "messages",
    ) -> None:
        self._limits = limits
        self._attempts = Attempts(db, now)
        self._kind = kind
        self._what = what

    async def count(self, account_id: int, identity_id: int) -> None:
        """
        Count one message. Raises RateLimited when a limit is reached.

        Call it inside the transaction that stores the message: what is not sent does not count.
        """
        for rule in self._rules(account_id, identity_id):
            if rule.most:
                await limited(self._attempts, rule.subject, rule.most, rule.per, rule.what)

    async def left(self, account_id: int, identity_id: int | None) -> list["Left"]:
        """Return how much may still be sent: by the account, and if one is given by the identity beside that."""
        found = []
        for rule in self._rules(account_id, identity_id):
            count, resets = await self._attempts.counted(rule.subject, per=rule.per)
            rest = max(0, rule.most - count) if rule.most else None
            found.append(Left(self._kind, rule.by, rule.per, rule.most or None, rest, resets if rule.most else 0))
        return found

    def _rules(self, account_id: int, identity_id: int | None) -> list["_Rule"]:
        limits, kind, noun = self._limits, self._kind, self._what
        rules = [
            _Rule("account", f"{kind}/hour/account/{account_id}", limits.per_hour, _HOUR, f"{noun} an hour"),
            _Rule("account", f"{kind}/day/account/{account_id}", limits.per_day, _DAY, f"{noun} a day"),
        ]
        if identity_id is None:
            return rules
        hour, day = f"{kind}/hour/identity/{identity_id}", f"{kind}/day/identity/{identity_id}"
        return [
            *rules,
            _Rule("identity", hour, limits.identity_per_hour, _HOUR, f"{noun} an hour by one identity"),
            _Rule("identity", day, limits.identity_per_day, _DAY, f"{noun} a day by one identity"),
        ]


@dataclass(frozen=True, slots=True)
class Left:
    """How much of one limit is left. `kind` as in `SendCounter`; `most` and `left` None: there is no limit."""

    kind: str
    by: Literal["account", "identity"]
    per: timedelta
    most: int | None
    left: int | None
    resets_in_seconds: int


@dataclass(frozen=True, slots=True)
class _Rule:
    by: Literal["account", "identity"]
    subject: str
    most: int
    per: timedelta
    what: str


async def limited(attempts: Attempts, subject: str, most: int, per: timedelta, what: str) -> None:
    """Count one of *what* for *subject*. Raises RateLimited with a message that names the limit."""
    try:
        await attempts.count(subject, most=most, per=per)
    except RateLimited as reached:
        raise RateLimited(
            f"the limit of {most} {what} is reached", retry_after=reached.retry_after, hint=reached.hint
        ) from None
