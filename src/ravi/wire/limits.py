"""Shapes of what limits apply to a caller, and how much of each is left."""

from typing import Literal, NotRequired, TypedDict

Name = Literal[
    "requests",
    "requests_at_once",
    "held_requests",
    "mail_per_hour",
    "mail_per_day",
    "texts_per_hour",
    "texts_per_day",
]
Of = Literal["credential", "identity", "account"]


class Limit(TypedDict):
    """
    One limit, and who shares it: everybody with this credential, all who act as this identity, or the account.

    `most` null: there is no limit, and `left` is null, too. Requests come back at `per_second`, and `most` is what can
    be saved up; messages come back all at once, in `resets_in_seconds` of `seconds`. Of requests under way or held,
    `left` is how many more there may be now.
    """

    name: Name
    of: Of
    most: int | None
    left: int | None
    per_second: NotRequired[int]
    seconds: NotRequired[int]
    resets_in_seconds: NotRequired[int]


class Limits(TypedDict):
    """Counts of requests are those of the process that has answered; each replica has its own."""

    identity: str | None
    limits: list[Limit]
