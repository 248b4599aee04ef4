"""
On whose word something happens, and from where: known where a request arrives, needed where it is written down.

It travels beside the calls in a context variable, because between those two places nothing else would look at it. What
begins by itself (chores, queues) has none, and is the server's own doing.
"""

from contextvars import ContextVar

from msgspec import Struct
from starlette.types import Scope

from ravi.wire.audit import Kind


class Origin(Struct, frozen=True):
    """
    `credential` is the uuid of the key or token, never its secret; empty where there is none. `peer` is the IP address
    of whoever connects, as the listener (or the proxy that it trusts) says. `request_id` finds the line in the log.

    `account_id` is whose credential it is. What it causes in another account (mail to somebody on the same server) is
    nobody's doing there: neither credential nor address is for that owner to read.
    """

    kind: Kind = "system"
    credential: str = ""
    peer: str = ""
    request_id: str = ""
    account_id: int | None = None

    def as_seen_by(self, account_id: int) -> "Origin":
        """Return what the owner of *account_id* may know."""
        return self if self.account_id in (None, account_id) else _SYSTEM


_SYSTEM = Origin()
_present: ContextVar[Origin] = ContextVar("origin", default=_SYSTEM)


def origin() -> Origin:
    """Return on whose word the present task works."""
    return _present.get()


class acting:  # noqa: N801 - used like a function; a generator would cost a request twice as much
    """What happens in this block happens on the word of *who*."""

    __slots__ = ("_token", "_who")

    def __init__(self, who: Origin) -> None:
        self._who = who

    def __enter__(self) -> "acting":
        self._token = _present.set(self._who)
        return self

    def __exit__(self, *failure: object) -> None:
        _present.reset(self._token)


def found_to_be(kind: Kind, credential: str, account_id: int) -> None:
    """Say who it is that acts in the present block, once it is known: from then on, to its end."""
    before = _present.get()
    _present.set(Origin(kind, credential, before.peer, before.request_id, account_id))


def peer_of(scope: Scope) -> str:
    """Return the address that a request came from; empty when the listener does not know."""
    client = scope.get("client")
    return str(client[0]) if client else ""
