"""Why a wait that was going on ends without an answer."""

from ravi.errors import IdentityDisabled, IdentityNotFound, RaviError, Unauthenticated
from ravi.wire.events import StreamEnd


def ended(reason: StreamEnd) -> RaviError:
    """Return what a new request with the same credential would be told."""
    if reason == "identity_disabled":
        return IdentityDisabled("this identity was switched off")
    if reason == "identity_deleted":
        return IdentityNotFound("no such identity")
    return Unauthenticated("Token is invalid or expired")
