"""
DKIM signatures for what leaves (RFC 6376, RFC 8463).

dkimpy chooses and normalises the fields; the arithmetic is `cryptography`'s, because dkimpy's own takes 6.7 ms of the
event loop's time for one RSA signature, and this takes 0.5.
"""

import base64
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dkim  # type: ignore[import-untyped]  # it has no types
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ravi.errors import ConfigInvalid

#: Receivers must not accept less (RFC 8301 section 3.2).
LEAST_BITS = 1024
#: May stand once only, so that nobody on the way can add a second one that is shown instead.
_ONCE = (b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"reply-to", b"in-reply-to", b"references")


class Signer:
    """Signs in the name of the domain that a message is from, with the operator's one key."""

    def __init__(self, key_file: Path, selector: str) -> None:
        """Raises ConfigInvalid when the file holds no key for this."""
        self._selector = selector.encode("ascii")
        try:
            key = load_pem_private_key(key_file.read_bytes(), password=None)
        except OSError as fault:
            raise ConfigInvalid(f"dkim_key: {key_file} cannot be read: {fault.strerror}") from None
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ConfigInvalid(f"dkim_key: {key_file} holds no unencrypted private key in PEM") from None
        if isinstance(key, Ed25519PrivateKey):
            self._algorithm = b"ed25519-sha256"
            seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
            self._key = base64.b64encode(seed)
        elif isinstance(key, rsa.RSAPrivateKey) and key.key_size >= LEAST_BITS:
            self._algorithm = b"rsa-sha256"
            self._key = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        else:
            raise ConfigInvalid(f"dkim_key: {key_file} is neither RSA of {LEAST_BITS} bits or more nor Ed25519")

    def sign(self, raw: bytes, domain: str) -> bytes:
        """Return *raw* with a signature of *domain* (ASCII) in front. Raises ValueError when it cannot be signed."""
        try:
            return self._sign(raw, domain)
        except dkim.DKIMException as fault:
            raise ValueError(str(fault)) from fault

    def _sign(self, raw: bytes, domain: str) -> bytes:
        message = dkim.DKIM(raw)
        # Named once more than they are there: a second one would make the signature wrong (section 8.15).
        there = message.default_sign_headers()
        include = [*there, *(name for name in _ONCE if name not in (b"from",))]
        field: bytes = message.sign(
            self._selector,
            domain.encode("ascii"),
            self._key,
            signature_algorithm=self._algorithm,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=include,
        )
        return field + raw


@functools.lru_cache(maxsize=8)
def _private_key(modulus: int, e: int, d: int, p: int, q: int) -> rsa.RSAPrivateKey:
    dmp1, dmq1, iqmp = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, dmp1, dmq1, iqmp, rsa.RSAPublicNumbers(e, modulus)).private_key()


def _sign(digest: Any, key: Mapping[str, int]) -> bytes:
    """What dkimpy's function of this place does: PKCS#1 v1.5 over a finished hash."""
    private = _private_key(key["modulus"], key["publicExponent"], key["privateExponent"], key["prime1"], key["prime2"])
    return private.sign(digest.digest(), padding.PKCS1v15(), utils.Prehashed(SHA256()))


# dkimpy offers no other way to give it one's own arithmetic.
dkim.RSASSA_PKCS1_v1_5_sign = _sign
