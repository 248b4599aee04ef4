"""Calls on the audit log, which only the account's credentials reach."""

from __future__ import annotations

from ravi.client.calls import Call, given
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.wire.audit import AuditPage


def list_(
    *,
    identity: str | None = None,
    since: str | None = None,
    until: str | None = None,
    limit: int | None = None,
    after: int | None = None,
) -> Call[AuditPage]:
    """The last entries, or with *after* the first ones behind that number; of the identity with this uuid, or all."""
    query = given(
        identity=identity,
        since=since,
        until=until,
        limit=None if limit is None else str(limit),
        after=None if after is None else str(after),
    )
    return Call("GET", paths.AUDIT, query, keys=("entries", "head"), account=True)
