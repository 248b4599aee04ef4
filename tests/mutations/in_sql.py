"""Checks that stand in SQL: whose rows are meant, and which of them are over."""

import re
from collections.abc import Iterator

from tests.mutations.sites import Site, Source

#: Where a condition stands. In a SET or a select list the same words are no condition.
_HERE = r"(?P<before>WHERE |AND |OR |ON |NOT |\(|\"|')"
_OWNER = re.compile(
    _HERE + r"(?P<says>\+?(?:\w+\.)?(?:(?:account_id|identity_id) = (?::\w+|\w+\.\w+)|id = :(?:account|identity)\b))"
)
#: The owner's column in a list of columns that a condition is made of each.
_OWNER_IN_LIST = re.compile(r"\((?P<says>\"(?:identity_id|account_id)\", \w+)\)")

_TIMES = "expires_at|revoked_at|used_at|redeemed_at|released_at|returned_at|deleted_at|removed_at|ends_at|retired_at"
_OVER = re.compile(
    _HERE
    + rf"(?P<says>\((?:\w+\.)?(?:{_TIMES}) IS NULL OR (?:\w+\.)?(?:{_TIMES}) > :\w+\)"
    + rf"|COALESCE\((?:\w+\.)?(?:{_TIMES}) <= :\w+, FALSE\)"
    + rf"|(?:\w+\.)?(?:{_TIMES}) (?:IS NULL|IS NOT NULL|<=? :\w+|>=? :\w+)"
    + r"|(?:\w+\.)?(?:status|state) (?:=|<>) '\w+'"
    + r"|(?:\w+\.)?enabled = 1"
    + r"|k\.id IS NULL)"
)


def owners(source: Source) -> Iterator[Site]:
    """Yield each condition by account or identity."""
    for start, end in source.strings():
        for found in _OWNER.finditer(source.text, start, end):
            if not _is_set(source.text[start : found.start("says")]):
                yield source.site("identity filter", *found.span("says"), "TRUE")
    for found in _OWNER_IN_LIST.finditer(source.text):
        column = found["says"].partition(",")[0]
        yield source.site("identity filter", *found.span("says"), f"{column}, None")


def endings(source: Source) -> Iterator[Site]:
    """Yield each condition about what is revoked, used, expired, released or switched off."""
    for start, end in source.strings():
        for found in _OVER.finditer(source.text, start, end):
            if _is_set(source.text[start : found.start("says")]):
                continue
            # One of several reasons to call something over is dropped by making it untrue; a condition that rows
            # have to meet, by making it true.
            after = source.text[found.end() :].lstrip("\"' \n")
            reason = found["before"] == "OR " or after.startswith("OR ")
            yield source.site("tombstone check", *found.span("says"), "FALSE" if reason else "TRUE")


def _is_set(before: str) -> bool:
    """Whether what follows *before* is part of what an UPDATE writes."""
    return before.rfind(" SET ") > max(before.rfind(" WHERE "), before.rfind(" ON "), -1)
