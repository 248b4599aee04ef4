"""
Signing in JWS compact serialization (RFC 7515 section 3.1) with one Ed25519 key (RFC 8037), and nothing else of JOSE.

There is one algorithm, one key and one header. So a header is never parsed: it is ours, byte for byte, or the text is
refused. That leaves no algorithm to confuse, no `none`, no foreign `kid`, no `jwk` or `jku` to be followed (RFC 8725
section 3).
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ravi.server.sso.errors import SsoTokenRefused
from ravi.wire.sso import Jwk

#: Of an Ed25519 signature.
_SIGNATURE_BYTES = 64


class Signer:
    """Signs and opens with the key made of *seed* (32 bytes, RFC 8032 section 5.1.5). `kid` names its public half."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._private.public_key()
        self._x = encode(self._public.public_bytes_raw())
        self.kid = thumbprint(self._x)
        # RFC 7515 gives no order; this one is part of what `opened` compares.
        self._header = encode(f'{{"alg":"EdDSA","kid":"{self.kid}","typ":"JWT"}}'.encode())

    @property
    def jwk(self) -> Jwk:
        """The public key, as RFC 8037 section 2 writes it."""
        return {"kty": "OKP", "crv": "Ed25519", "x": self._x, "kid": self.kid, "use": "sig", "alg": "EdDSA"}

    def signed(self, payload: bytes) -> str:
        """Return *payload* in compact serialization."""
        return compact(self._private, self._header, payload)

    def opened(self, text: str) -> bytes:
        """Return the payload of what `signed` returned. Raises SsoTokenRefused for every other text."""
        header, _, rest = text.partition(".")
        body, _, signature = rest.partition(".")
        if header != self._header:
            raise _foreign()
        raw = decode(signature)
        payload = decode(body)
        if len(raw) != _SIGNATURE_BYTES:
            raise _foreign()
        try:
            self._public.verify(raw, f"{header}.{body}".encode("ascii"))
        except InvalidSignature:
            raise _foreign() from None
        return payload


def compact(private: Ed25519PrivateKey, header: str, payload: bytes) -> str:
    """Return *payload* signed, behind *header*, which is encoded already (RFC 8037 appendix A.4)."""
    signing_input = f"{header}.{encode(payload)}"
    return f"{signing_input}.{encode(private.sign(signing_input.encode('ascii')))}"


def thumbprint(x: str) -> str:
    """Return the thumbprint (RFC 7638) of the Ed25519 key whose encoded public half is *x* (RFC 8037 appendix A.3)."""
    return encode(hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest())


def encode(raw: bytes) -> str:
    """Return *raw* in base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def decode(text: str) -> bytes:
    """Return what `encode` was given. Raises SsoTokenRefused for a text that it does not write, as with padding."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        raise _foreign() from None
    if encode(raw) != text:  # bits that are left over, `+` for `-`: a second text would mean the same token
        raise _foreign()
    return raw


def _foreign() -> SsoTokenRefused:
    return SsoTokenRefused("this is no token of this server")
