"""Calls on SSO tokens: proving the identity to somebody else's service, and checking such a proof."""

from __future__ import annotations

from ravi.client.calls import Call, given
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.wire.sso import SsoProof, SsoToken

_TOKEN = ("token", "expires_at")
_PROOF = ("identity_uuid", "identity_name", "identity_email", "created_at")


def token(*, audience: str | None, single_use: bool) -> Call[SsoToken]:
    body = given(audience=audience, single_use=single_use or None)
    return Call("POST", paths.SSO_TOKEN, body=body, keys=_TOKEN, texts=_TOKEN, idempotent=True)


def verify(token: str, *, audience: str | None, consume: bool) -> Call[SsoProof]:
    body = given(token=token, audience=audience, consume=consume or None)
    return Call("POST", paths.SSO_VERIFY, body=body, keys=_PROOF, texts=_PROOF, anonymous=True)
