"""
What a sign-in can be refused for, beside the public tree's BadCredentials and RateLimited.

The `Grant…` half answers the polling device and carries the `error` string of RFC 8628 section 3.5; the
`Code…` half answers the person at the page.
"""

from ravi.errors import Conflict, Malformed, NotFound


class GrantRefused(Malformed):
    """The device gets no tokens, or not yet. `error` is what travels; every one is answered with 400."""

    error = "invalid_request"


class GrantUnreadable(GrantRefused):
    """The poll names no device code, or cannot be read (RFC 6749 section 5.2)."""


class AuthorizationPending(GrantRefused):
    """The owner has not decided yet: ask again."""

    error = "authorization_pending"


class GrantExpired(GrantRefused):
    """Nobody decided, or nobody collected the answer, in time."""

    error = "expired_token"


class GrantDenied(GrantRefused):
    """The owner said no."""

    error = "access_denied"


class GrantUnknown(GrantRefused):
    """No such device code, or its answer was collected and may no longer be read again."""

    error = "invalid_grant"


class CodeUnknown(NotFound):
    """No device shows this code."""

    hint = "compare it with the code in your terminal"


class CodeExpired(NotFound):
    """The code was right, and its time is over."""

    hint = "start the sign-in again on the device"


class CodeDecided(Conflict):
    """The code was approved or denied before."""

    hint = "start the sign-in again on the device if it is still waiting"
