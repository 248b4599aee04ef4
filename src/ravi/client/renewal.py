"""
Renewing a saved sign-in, once for all processes that share it.

A refresh token is good for one renewal (and for 60 s after it), so of fifty processes with the same expired token
one asks the server, under a lock on the file, and the others find what it saved.
"""

from __future__ import annotations

from ravi.client.calls import auth as calls
from ravi.errors import ConfigInvalid, NotSignedIn, Unauthenticated
from ravi.settings.locking import locked
from ravi.settings.saved import read_tokens, save_renewed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from ravi.client.calls import Call
    from ravi.settings.generic import T
    from ravi.settings.values import Credential

    class Send(Protocol):
        """Sends a call and returns its answer."""

        def __call__(self, call: Call[T], /) -> T: ...


def renew(credential: Credential, send: Send, *, force: bool = False) -> Credential:
    """
    A working successor of *credential*, saved in its file.

    If the file already holds another access token, somebody else renewed it and that one is returned; *force*
    renews even then. Raises NotSignedIn when the file holds no sign-in any more, Unauthenticated when the server
    refuses (the file is left as it is), ConfigInvalid when the file is unusable or now belongs to another server.
    """
    path = credential.path
    if path is None:
        raise NotSignedIn(f"the credential from {credential.source} is not a sign-in that can be renewed")
    with locked(path, credential.source):
        current = read_tokens(credential)
        if current is None:
            raise NotSignedIn(f"{credential.source} no longer holds a sign-in")
        if current.server != credential.server:
            raise ConfigInvalid(
                f"{credential.source} now holds a sign-in at {current.server}, not at {credential.server}",
                hint="run the command again",
            )
        if not force and current.token and current.token != credential.token:
            return current
        if current.refresh is None:
            raise NotSignedIn(f"{credential.source} holds no refresh token")
        try:
            pair = send(calls.refresh(current.refresh))
        except Unauthenticated as refusal:
            raise _ended(refusal, credential.source) from refusal
        return save_renewed(current, pair["access"], pair["refresh"], pair["expires_at"])


def _ended(refusal: Unauthenticated, source: str) -> Unauthenticated:
    """The refusal of a renewal, saying whose sign-in it was and what to do."""
    error = type(refusal)(
        f"the sign-in in {source} has ended: {refusal.message}",
        hint="sign in again with: ravi auth login",
        code=refusal.code,
        details=refusal.details,
    )
    error.status = refusal.status
    error.request_id = refusal.request_id
    return error
