"""What a token says, and what must hold of it before anybody is looked up. Pure."""

from datetime import timedelta

import msgspec

from ravi.server.http.errors import invalid
from ravi.server.sso.errors import SsoTokenRefused
from ravi.server.sso.jws import Signer

PREFIX = "rvt_"
LIVES = timedelta(minutes=5)

#: Replicas whose clocks differ more than this refuse each other's tokens.
LARGEST_SKEW = timedelta(seconds=30)
#: What we write is below 1,000 characters, unless the server's own URL is long.
LONGEST = 4096
LONGEST_AUDIENCE = 255


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """
    The claims of RFC 7519 that a service needs, and no more: `sub` is the identity's uuid, times are whole seconds.

    `aud` is missing in a token for anybody. `single_use` tells those who check the signature by themselves that the
    token counts once, and that they have to ask.
    """

    iss: str
    sub: str
    aud: str | None = None
    iat: int
    exp: int
    jti: str
    single_use: bool = False


def write(signer: Signer, claims: Claims) -> str:
    """Return the token."""
    return PREFIX + signer.signed(msgspec.json.encode(claims))


def read(signer: Signer, token: str) -> Claims:
    """Return what *token* says if `write` made it with the same key. Raises SsoTokenRefused."""
    if len(token) > LONGEST or not token.startswith(PREFIX):
        raise _no_token()
    payload = signer.opened(token.removeprefix(PREFIX))
    try:
        claims = msgspec.json.decode(payload, type=Claims)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _no_token() from None
    # Whatever else the key may have signed, a text that reads differently elsewhere (a name that stands there twice)
    # is none of ours.
    if msgspec.json.encode(claims) != payload:
        raise _no_token()
    return claims


def check(claims: Claims, *, issuer: str, audience: str | None, now: float) -> None:
    """
    Raises SsoTokenRefused unless *issuer* made the token for exactly *audience*, and it is good at *now* (UNIX time).

    None is an audience, too: who names none accepts only tokens for anybody, and who names one accepts none of those.
    """
    if claims.iss != issuer:
        raise SsoTokenRefused("this token was made when this server had another URL")
    if claims.exp - claims.iat > LIVES.total_seconds() or claims.iat > now + LARGEST_SKEW.total_seconds():
        raise SsoTokenRefused("the times of this token cannot be")
    if claims.exp <= now:
        raise SsoTokenRefused("this token has expired")
    if claims.aud == audience:
        return
    if audience is None:
        raise SsoTokenRefused(
            "this token is for one audience only", hint="send the name of your service as audience, beside the token"
        )
    if claims.aud is None:
        raise SsoTokenRefused("this token names no audience, so it may have been meant for somebody else")
    raise SsoTokenRefused("this token is for another audience")


def check_audience(audience: str) -> str:
    """Return *audience*. It is compared as it is written, so it must be writable. Raises Invalid."""
    if not 0 < len(audience) <= LONGEST_AUDIENCE or any(not "!" <= char <= "~" for char in audience):
        raise invalid(
            audience=f"1 to {LONGEST_AUDIENCE} characters of ASCII without blanks, such as https://example.com"
        )
    return audience


def _no_token() -> SsoTokenRefused:
    return SsoTokenRefused("this is no token of this server")
