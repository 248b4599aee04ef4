"""From what a person calls an identity, uuid or name, to the identity."""

from __future__ import annotations

from ravi.client.calls import identities as calls
from ravi.errors import IdentityAmbiguous, IdentityNotFound, ServerNonsense, UsageError
from ravi.settings.uuids import is_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.core import Core, Steps
    from ravi.wire.identities import Identity


def uuid_of(core: Core, ref: str, *, source: str | None = None) -> Steps[str]:
    """
    The uuid of the identity *ref*; a uuid is believed without asking.

    Raises IdentityNotFound, or IdentityAmbiguous with all candidates in its details. *source* is where *ref*
    was read, for the message.
    """
    if is_uuid(ref):
        return ref.lower()
    row = yield from _by_name(core, ref, source)
    if row is None:
        raise IdentityNotFound(f"no identity is called {ref!r}{_from(source)}")
    return row["uuid"]


def get(core: Core, ref: str) -> Steps[Identity]:
    """The identity *ref*. Raises IdentityNotFound, IdentityAmbiguous, and ServerNonsense for another one."""
    if is_uuid(ref):
        row = yield from core.send(calls.get(ref.lower()))
        if row["uuid"] != ref.lower():  # its key would be handed out for the one that was asked for
            raise ServerNonsense("the server answered with another identity than was asked for")
        return row
    found = yield from _by_name(core, ref, None)
    if found is None:
        raise IdentityNotFound(f"no identity is called {ref!r}")
    return found


def find(core: Core, ref: str) -> Steps[Identity | None]:
    """The identity *ref*, or None. Raises IdentityAmbiguous."""
    try:
        return (yield from get(core, ref))
    except IdentityNotFound:
        return None


def _by_name(core: Core, name: str, source: str | None) -> Steps[Identity | None]:
    if not name.strip():
        raise UsageError("an identity's name is empty")
    rows = yield from core.send(calls.list_(name=name))
    # The server filters; a proxy or an older server that ignored the
    # query would otherwise hand us somebody else's identity.
    rows = [row for row in rows if row["name"] == name]
    if len(rows) > 1:
        raise IdentityAmbiguous(
            f"{len(rows)} identities are called {name!r}{_from(source)}: "
            + ", ".join(f"{row['uuid']} ({row['email']})" for row in rows),
            details=[{key: row.get(key) for key in ("uuid", "name", "email", "status", "created_dt")} for row in rows],
        )
    return rows[0] if rows else None


def _from(source: str | None) -> str:
    return f" (from {source})" if source else ""
