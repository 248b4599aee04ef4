"""Shapes of SSO tokens: what proves an identity to somebody else's service."""

from typing import NotRequired, TypedDict


class SsoTokenRequest(TypedDict, total=False):
    """
    `audience` is who the token is for: the service's URL, or what else it calls itself. Without one it is for anybody,
    as published clients ask for it. `single_use`: it is accepted once.
    """

    audience: str
    single_use: bool


class SsoToken(TypedDict):
    """`expires_at` is RFC 3339."""

    token: str
    expires_at: str


class SsoVerifyRequest(TypedDict, total=False):
    """
    `audience` is what the asking service calls itself, and must be exactly the token's: missing in both, or the same in
    both. `consume`: the token is used up by this.
    """

    token: str
    audience: str
    consume: bool


class SsoOwner(TypedDict):
    """The person behind an identity."""

    name: str
    email: str


class SsoProof(TypedDict):
    """
    Who presented a good token. `created_at` is when the identity was made, `expires_at` when the token ends.

    `identity_phone` and `owner` are there only for a token without an audience; `audience` only for one that has it.
    """

    identity_uuid: str
    identity_name: str
    identity_email: str
    created_at: str
    expires_at: str
    audience: NotRequired[str]
    identity_phone: NotRequired[str | None]
    owner: NotRequired[SsoOwner]


class Jwk(TypedDict):
    """A public key (RFC 7517, RFC 8037 section 2)."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


class JwkSet(TypedDict):
    """RFC 7517 section 5."""

    keys: list[Jwk]
