"""The audit log over HTTP: for the account's owner alone, because an identity's log tells of the owner's doings too."""

from datetime import datetime
from typing import TypedDict

import msgspec

from ravi.server.audit.records import Entry, Head
from ravi.server.audit.service import LARGEST_PAGE, Audit
from ravi.server.db import from_micros
from ravi.server.http import Principal, Routes
from ravi.server.http.errors import invalid
from ravi.server.http.times import rfc3339
from ravi.settings.uuids import is_uuid
from ravi.wire import audit as wire
from ravi.wire import paths
from ravi.wire.scopes import Scope

routes = Routes("audit")


class AuditQuery(TypedDict, total=False):
    """`identity` is a uuid, also of one that is gone; `since` and `until` are RFC 3339; `after` is a seq."""

    identity: str
    since: str
    until: str
    after: int
    limit: int


@routes.get(paths.AUDIT, scope=Scope.AUDIT_READ)
async def list_audit(who: Principal, query: AuditQuery, audit: Audit) -> wire.AuditPage:
    """List who did what, oldest first: the last entries, or with `after` the first ones behind that number."""
    limit, after = query.get("limit", 100), query.get("after")
    if not 1 <= limit <= LARGEST_PAGE:
        raise invalid(limit=f"must be between 1 and {LARGEST_PAGE}")
    if after is not None and not 0 <= after < 2**63:
        raise invalid(after="must be a seq that you were given, or 0")
    identity = query.get("identity", "")
    if identity and not is_uuid(identity):
        raise invalid(identity="must be a uuid")
    entries, head = await audit.list_(
        who.account_id,
        identity_uuid=identity.lower() or None,
        since=_moment("since", query.get("since", "")),
        until=_moment("until", query.get("until", "")),
        after=after,
        limit=limit,
    )
    return {"entries": [to_wire(entry) for entry in entries], "head": head_to_wire(head)}


def to_wire(entry: Entry) -> wire.AuditEntry:
    return msgspec.convert(
        {
            "seq": entry.seq,
            "created_dt": rfc3339(from_micros(entry.at)),
            "by": {"kind": entry.kind, "credential": entry.credential or None},
            "action": entry.action,
            "identity": entry.identity_uuid or None,
            "target": msgspec.json.decode(entry.target),
            "peer": entry.peer or None,
            "request_id": entry.request_id or None,
            "result": entry.result,
            "previous": entry.previous.hex(),
            "hash": entry.hash.hex(),
        },
        wire.AuditEntry,
    )


def head_to_wire(head: Head) -> wire.AuditHead:
    return {"seq": head.seq, "hash": head.hash.hex()}


def _moment(field: str, text: str) -> datetime | None:
    """Return the time that *text* says; None when it says nothing. Raises Invalid."""
    if not text:
        return None
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        raise invalid(**{field: "must be a time such as 2026-01-31T12:00:00Z"}) from None
    if moment.tzinfo is None:
        raise invalid(**{field: "must say its zone, such as Z"})
    return moment
