"""Which identity a request acts as, when neither its credential nor its choice has settled it."""

from collections.abc import Callable
from datetime import datetime

from ravi.errors import Forbidden, IdentityDisabled, SelectorsDiffer
from ravi.server.db import Database, micros
from ravi.server.http import IdentityRef, Principal
from ravi.server.identities import storage
from ravi.server.identities.errors import IdentityNotFound


class Acting:
    """The part of `Identities` that finds out for whom something is done."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def acting(self, who: Principal, number: int | None = None) -> IdentityRef:
        """
        Return the identity that *who* acts as: the bound or selected one, else the one whose id is *number* (from a
        body of a published SDK, or from an entry that was addressed), else the account's only one.

        A *number* of None or 0, which published CLIs send, names nothing. Raises Forbidden when *number* is not the
        identity that the caller is bound to, SelectorsDiffer when it is not the selected one, IdentityNotFound when
        the account has none with it, IdentityDisabled, and Malformed (`identity.required`) when nothing tells which
        one is meant.
        """
        if who.identity is not None:
            if number and number != who.identity.id:
                if who.bound:
                    raise Forbidden("this credential belongs to another identity")
                raise SelectorsDiffer("the body names another identity than the request selects")
            return who.identity
        if number and not 0 < number < 2**63:  # no row has such an id, and no engine could look for it
            raise IdentityNotFound("no such identity")
        at = micros(self._now())
        found = await storage.list_(self._db, who.account_id, at=at, identity_id=number or None, limit=2)
        if number and not found:
            raise IdentityNotFound("no such identity")
        if len(found) != 1:
            return who.require_identity()  # raises: there is none
        (identity,) = found
        if identity.status == "disabled":
            raise IdentityDisabled("this identity is switched off")
        return IdentityRef(identity.id, identity.uuid, identity.name, disabled=False)
