"""Calls on many identities at once. All are account calls."""

from __future__ import annotations

from ravi.client.calls import Call
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ravi.wire.identities import IdentitiesCreated, IdentityActivity, IdentityCreate

#: The server makes no more in one call.
MOST_AT_ONCE = 200


def create_many(wanted: Sequence[IdentityCreate]) -> Call[IdentitiesCreated]:
    """Make all of *wanted* (1 to 200) or none; the answer has them in this order, with the keys that were asked for."""
    return Call(
        "POST",
        paths.IDENTITIES_BULK,
        body={"identities": list(wanted)},
        keys=("identities",),
        idempotent=True,
        account=True,
    )


def activity(*, labels: Mapping[str, str]) -> Call[list[IdentityActivity]]:
    """How it stands with the identities that bear all *labels*, oldest first."""
    wanted = [f"{key}={value}" for key, value in labels.items()]
    return Call(
        "GET",
        paths.IDENTITIES_ACTIVITY,
        {"label": wanted},
        keys=("identity", "unread_mail", "unread_sms", "last_seen_dt", "waiting"),
        many=True,
        account=True,
    )
