"""Mail signed by dkimpy, which shares nothing with our verifier but the RFC."""

import base64
import functools
from dataclasses import dataclass

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from nacl.signing import SigningKey

MESSAGE = (
    b"From: Example <no-reply@example.org>\r\n"
    b"To: agent@in.ravi.example\r\n"
    b"Subject: Your  code\r\n"
    b"Date: Tue, 1 Jul 2025 10:00:00 +0000\r\n"
    b"Message-ID: <1@example.org>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"\r\n"
    b"Your code is 123456.  \r\n"
    b"\r\n"
    b"Bye\r\n"
    b"\r\n\r\n"
)
SIGNED = [b"from", b"to", b"subject", b"date", b"message-id", b"content-type"]


@dataclass(frozen=True)
class Pair:
    """A key as dkimpy signs with it, and the record that publishes it."""

    algorithm: bytes
    private: bytes
    record: bytes


@functools.cache
def rsa_pair(bits: int = 2048) -> Pair:
    key = rsa.generate_private_key(65537, bits)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Pair(b"rsa-sha256", private, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public))


@functools.cache
def ed25519_pair() -> Pair:
    key = SigningKey.generate()
    public = base64.b64encode(bytes(key.verify_key))
    return Pair(b"ed25519-sha256", base64.b64encode(bytes(key)), b"v=DKIM1; k=ed25519; p=" + public)


def sign(
    message: bytes = MESSAGE,
    pair: Pair | None = None,
    *,
    domain: bytes = b"example.org",
    selector: bytes = b"sel",
    header: bytes = b"relaxed",
    body: bytes = b"relaxed",
    names: list[bytes] | None = None,
    length: bool = False,
    identity: bytes | None = None,
) -> bytes:
    """Return *message* with a DKIM-Signature on top."""
    pair = pair or rsa_pair()
    field = dkim.DKIM(message).sign(
        selector,
        domain,
        pair.private,
        signature_algorithm=pair.algorithm,
        identity=identity,
        canonicalize=(header, body),
        include_headers=names or SIGNED,
        length=length,
    )
    return bytes(field) + message
