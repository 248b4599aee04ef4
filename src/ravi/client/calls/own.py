"""Calls on what an identity has been given, and on what its account has."""

from __future__ import annotations

from ravi.client.calls import Call
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.wire.identities import Domain, Inbox, Owner, Phone
    from ravi.wire.limits import Limits


def inboxes() -> Call[list[Inbox]]:
    return Call("GET", paths.EMAIL, keys=("email",), many=True)


def phones() -> Call[list[Phone]]:
    return Call("GET", paths.PHONE, keys=("phone_number",), many=True)


def owner() -> Call[Owner]:
    return Call("GET", paths.OWNER, keys=("first_name", "last_name"), account=True)


def domains() -> Call[list[Domain]]:
    return Call("GET", paths.DOMAINS, keys=("domain",), many=True, account=True)


def limits(*, whole_account: bool) -> Call[Limits]:
    return Call("GET", paths.LIMITS, keys=("limits",), account=whole_account)
