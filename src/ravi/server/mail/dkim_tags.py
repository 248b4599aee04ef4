"""DKIM-Signature fields, and the keys that domains publish (RFC 6376 sections 3.2, 3.5, 3.6.1; RFC 8301; RFC 8463)."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ravi.server.mail.dkim_canonical import Canonical

#: RFC 8301 section 3.2: below, a key protects nothing; above, its owner makes us work.
SMALLEST_RSA = 1024
LARGEST_RSA = 4096
MOST_TAGS = 50

_DOMAIN = re.compile(rb"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{1,63}", re.IGNORECASE)
_SELECTOR = re.compile(
    rb"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?){0,10}", re.I
)
_NUMBER = re.compile(rb"[0-9]{1,18}")
_NAME = re.compile(rb"[a-zA-Z][a-zA-Z0-9_]*")
_FIELD_NAME = re.compile(rb"[!-9;-~]+")


class BadTags(Exception):
    """A signature or key that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Signature:
    """`identity` is the domain of `i=`; `length` is of `l=`; times are seconds since 1970."""

    domain: str
    selector: str
    algorithm: str
    header_canonical: Canonical
    body_canonical: Canonical
    names: list[bytes]
    body_hash: bytes
    value: bytes
    identity: str
    length: int | None
    expires: int | None


@dataclass(frozen=True, slots=True)
class Key:
    public: RSAPublicKey | Ed25519PublicKey
    is_test: bool
    is_strict: bool

    def verifies(self, signature: bytes, data: bytes, digest: bytes) -> bool:
        """Whether *signature* is this key's over *data*, whose SHA-256 is *digest*."""
        try:
            if isinstance(self.public, RSAPublicKey):
                self.public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
            else:
                self.public.verify(signature, digest)
        except InvalidSignature:
            return False
        return True


def parse_tags(text: bytes) -> dict[bytes, bytes]:
    """Return a tag list. Raises BadTags."""
    tags: dict[bytes, bytes] = {}
    pieces = text.strip().removesuffix(b";").split(b";", MOST_TAGS)
    for piece in pieces:
        name, equals, value = piece.partition(b"=")
        name = name.strip()
        if not equals or not _NAME.fullmatch(name):
            raise BadTags("it is malformed")
        if name in tags:
            raise BadTags("it has a tag twice")
        tags[name] = value.strip()
    return tags


def parse_signature(field_value: bytes) -> Signature:
    """Return what an unfolded DKIM-Signature says. Raises BadTags for what must not be verified."""
    tags = parse_tags(field_value)
    missing = [name.decode() for name in (b"v", b"a", b"b", b"bh", b"d", b"h", b"s") if name not in tags]
    if missing:
        raise BadTags(f"it has no {missing[0]}=")
    if tags[b"v"] != b"1":
        raise BadTags("its version is not 1")
    domain = tags[b"d"].lower()
    if len(domain) > 253 or not _DOMAIN.fullmatch(domain) or not _SELECTOR.fullmatch(tags[b"s"]):
        raise BadTags("its domain or selector is malformed")
    algorithm = tags[b"a"].lower()
    if algorithm not in (b"rsa-sha256", b"ed25519-sha256"):
        raise BadTags("its algorithm is not known, or broken")
    if b"dns/txt" not in [each.strip().lower() for each in tags.get(b"q", b"dns/txt").split(b":")]:
        raise BadTags("its key is not in the DNS")
    names = [each.strip().lower() for each in tags[b"h"].split(b":")]
    if b"from" not in names:
        raise BadTags("it leaves out From")
    if not all(_FIELD_NAME.fullmatch(name) for name in names):
        raise BadTags("its h= is malformed")
    _, at, identity = tags.get(b"i", b"@" + domain).lower().rpartition(b"@")
    if not at or (identity != domain and not identity.endswith(b"." + domain)):
        raise BadTags("its i= is not within its domain")
    header, _, body = tags.get(b"c", b"simple").lower().partition(b"/")
    how = [each.decode("ascii", "replace") for each in (header, body or b"simple")]
    if not set(how) <= {"simple", "relaxed"}:
        raise BadTags("its canonicalization is not known")
    signed, expires = _number(tags, b"t"), _number(tags, b"x")
    if signed is not None and expires is not None and expires < signed:
        raise BadTags("it ended before it began")
    return Signature(
        domain=domain.decode(),
        selector=tags[b"s"].decode().lower(),
        algorithm=algorithm.decode(),
        header_canonical=cast("Canonical", how[0]),
        body_canonical=cast("Canonical", how[1]),
        names=names,
        body_hash=_base64(tags[b"bh"]),
        value=_base64(tags[b"b"]),
        identity=identity.decode("ascii", "replace"),
        length=_number(tags, b"l"),
        expires=expires,
    )


def parse_key(text: bytes, algorithm: str) -> Key:
    """Return a key as its TXT record says it. Raises BadTags for one that was revoked or does not fit."""
    tags = parse_tags(text)
    if tags.get(b"v", b"DKIM1") != b"DKIM1" or (b"v" in tags and next(iter(tags)) != b"v"):
        raise BadTags("the key's version is not DKIM1")
    if not tags.get(b"p"):
        raise BadTags("the key was revoked" if b"p" in tags else "there is no key in its record")
    if tags.get(b"k", b"rsa").decode("ascii", "replace").lower() != algorithm.partition("-")[0]:
        raise BadTags("the key is of another kind")
    if b"sha256" not in _listed(tags, b"h", b"sha256"):
        raise BadTags("the key is not for this hash")
    if not _listed(tags, b"s", b"*") & {b"*", b"email"}:
        raise BadTags("the key is not for mail")
    flags = _listed(tags, b"t", b"")
    return Key(_public_key(_base64(tags[b"p"]), algorithm), is_test=b"y" in flags, is_strict=b"s" in flags)


def _public_key(data: bytes, algorithm: str) -> RSAPublicKey | Ed25519PublicKey:
    try:
        if algorithm.startswith("ed25519"):
            return Ed25519PublicKey.from_public_bytes(data)
        # Before it is parsed: 4,096 bits with an exponent of any size are below this.
        if len(data) > 4 * LARGEST_RSA // 8:
            raise BadTags("the key is too long")
        key = serialization.load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadTags("the key is malformed") from error
    if not isinstance(key, RSAPublicKey):
        raise BadTags("the key is of another kind")
    if not SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
        raise BadTags(f"the key has {key.key_size} bits")
    return key


def _listed(tags: dict[bytes, bytes], name: bytes, default: bytes) -> set[bytes]:
    return {each.strip().lower() for each in tags.get(name, default).split(b":")}


def _number(tags: dict[bytes, bytes], name: bytes) -> int | None:
    if name not in tags:
        return None
    if not _NUMBER.fullmatch(tags[name]):
        raise BadTags(f"its {name.decode()}= is no number")
    return int(tags[name])


def _base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error as error:
        raise BadTags("its base64 is malformed") from error
