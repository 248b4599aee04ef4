"""
A second implementation of docs/reference/cryptography.md, written from that page over `second_primitives`.

It imports nothing of ours. scripts/vectors.py writes tests/vectors/ with it, and the tests hold `ravi.crypto` against
those. Where the page says that something is refused, it raises Refused with the step at which that happens.
"""

import base64
import hashlib
import hmac
import re
import struct
import unicodedata
from urllib.parse import parse_qs, quote, unquote

from tests.support import second_primitives as primitives

_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_CANONICAL = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?", re.ASCII
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Refused(Exception):
    """`step` is where: prefix, base64, length, uuid, code, tag, text, key, or pin."""

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step


def derive(key: bytes, label: str, context: bytes = b"") -> bytes:
    _length(key, 32)
    return primitives.blake2b(b"ravi/2/" + label.encode() + b"\0" + context, size=32, key=key)


def identity_key(root_key: bytes, uuid: str) -> bytes:
    if not _UUID.fullmatch(uuid):
        raise Refused("uuid")
    return derive(root_key, "identity", uuid.encode())


def vault_key(identity: bytes) -> bytes:
    return derive(identity, "vault")


def public_key(identity: bytes) -> bytes:
    return primitives.x25519_public(primitives.box_secret(derive(identity, "box")))


def stretch(pin: str, salt: bytes) -> bytes:
    _length(salt, 16)
    password = unicodedata.normalize("NFC", pin).encode()
    return primitives.argon2id(password, salt, passes=3, kibibytes=65536, size=32)


def unlock_key(pin: str, salt: bytes, secret_key: bytes) -> bytes:
    _length(secret_key, 20)
    return derive(stretch(pin, salt), "unlock", secret_key)


def check_new_pin(pin: str) -> None:
    if len(unicodedata.normalize("NFC", pin)) < 6 or pin.strip() != pin:
        raise Refused("pin")
    if any(unicodedata.category(char) in ("Cc", "Cs", "Cn") for char in pin):
        raise Refused("pin")


def recovery_code(secret_key: bytes) -> str:
    _length(secret_key, 20)
    digest = primitives.blake2b(b"ravi/2/recovery-code\0" + secret_key, size=32)
    text = _crockford(secret_key) + _crockford(digest[:5])[:4]
    return "-".join(re.findall("....", text))


def read_recovery_code(code: str) -> bytes:
    kept = re.sub("[- \t\r\n\u00a0\u2010\u2011\u2012\u2013\u2014]", "", code)
    text = re.sub("[ILil]", "1", re.sub("[Oo]", "0", kept))
    text = "".join(char.upper() if char.isascii() else char for char in text)
    if re.search("[^0-9A-HJKMNP-TV-Z]", text) or len(text) != 36:
        raise Refused("code")
    table = bytes.maketrans(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    secret_key = base64.b32decode(text[:32].encode().translate(table))
    if recovery_code(secret_key).replace("-", "") != text:
        raise Refused("code")
    return secret_key


def additional(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def root_additional(account_uuid: str, salt: bytes) -> bytes:
    return additional(b"ravi/2/root", account_uuid.encode(), salt)


def field_additional(uuid: str, kind: str, entry: str, field: str) -> bytes:
    return additional(b"ravi/2/field", uuid.encode(), kind.encode(), entry.encode(), field.encode())


def seal(prefix: str, key: bytes, nonce: bytes, plaintext: bytes, bound_to: bytes) -> str:
    sealed = nonce + primitives.xchacha20_poly1305_seal(key, nonce, plaintext, bound_to)
    return prefix + base64.b64encode(sealed).decode()


def unseal(prefix: str, key: bytes, sealed: str, bound_to: bytes) -> bytes:
    data = _base64_after(prefix, sealed)
    if len(data) < 40:
        raise Refused("length")
    try:
        return primitives.xchacha20_poly1305_open(key, data[:24], data[24:], bound_to)
    except primitives.Mismatch:
        raise Refused("tag") from None


def unwrap(text: str, key: bytes, account_uuid: str, salt: bytes) -> bytes:
    root_key = unseal("root2::", key, text, root_additional(account_uuid, salt))
    _length(root_key, 32)
    return root_key


def open_field(key: bytes, uuid: str, kind: str, entry: str, field: str, sealed: str) -> str:
    return _text(unseal("e2e2::", key, sealed, field_additional(uuid, kind, entry, field)))


def old_seed(pin: str, *, salt: str, verifier: str, public_key: str) -> bytes:
    seed = stretch(pin, decode(salt))
    if base64.b64encode(primitives.x25519_public(primitives.box_secret(seed))).decode() != public_key:
        raise Refused("key")
    if _open_box(seed, decode(verifier)) != b"ravi-e2e-verify":
        raise Refused("text")
    return seed


def old_open(seed: bytes, sealed: str) -> str:
    return _text(_open_box(seed, _base64_after("e2e::", sealed)))


def totp_code(secret: bytes, algorithm: str, digits: int, period: int, at: int) -> str:
    """RFC 6238, with hashlib's HMAC and the truncation of RFC 4226 as that text describes it, bit by bit."""
    digest = hmac.new(secret, struct.pack(">Q", at // period), getattr(hashlib, algorithm.lower())).digest()
    bits = "".join(f"{byte:08b}" for byte in digest)
    start = int(bits[-4:], 2) * 8
    return f"{int(bits[start + 1 : start + 32], 2):010d}"[-digits:]


def totp_uri(label: str, secret: bytes, algorithm: str, digits: int, period: int) -> str:
    text = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(label, safe='')}?secret={text}&algorithm={algorithm}&digits={digits}&period={period}"


def read_totp_uri(uri: str) -> tuple[str, bytes, str, int, int]:
    found = re.fullmatch(r"otpauth://totp/([^?#]*)\?([^#]*)", uri, re.IGNORECASE | re.ASCII)
    if not found:
        raise Refused("prefix")
    given = {name: values[-1] for name, values in parse_qs(found[2]).items()}
    secret = read_totp_secret(given.get("secret", ""))
    algorithm = given.get("algorithm", "SHA1").upper().replace("-", "")
    digits, period = given.get("digits", "6"), given.get("period", "30")
    if not re.fullmatch("[0-9]{1,4} [0-9]{1,4}", f"{digits} {period}", re.ASCII):
        raise Refused("text")
    check_totp(secret, algorithm, int(digits), int(period))
    return unquote(found[1]), secret, algorithm, int(digits), int(period)


def check_totp(secret: bytes, algorithm: str, digits: int, period: int) -> None:
    if not secret or algorithm not in ("SHA1", "SHA256", "SHA512"):
        raise Refused("text")
    if digits not in (6, 7, 8) or not 1 <= period <= 3600:
        raise Refused("text")


def read_totp_secret(text: str) -> bytes:
    kept = re.sub(r"[\s-]", "", text).rstrip("=")
    if not re.fullmatch("[A-Za-z2-7]+", kept, re.ASCII) or len(kept) % 8 in (1, 3, 6):
        raise Refused("text")
    return base64.b32decode(kept.upper() + "=" * (-len(kept) % 8))


def decode(text: str) -> bytes:
    """Canonical base64 (RFC 4648 section 3.5), or Refused."""
    if not _CANONICAL.fullmatch(text):
        raise Refused("base64")
    return base64.b64decode(text)


def _base64_after(prefix: str, text: str) -> bytes:
    if text[: len(prefix)] != prefix:
        raise Refused("prefix")
    return decode(text[len(prefix) :])


def _open_box(seed: bytes, box: bytes) -> bytes:
    if len(box) < 48:
        raise Refused("length")
    try:
        return primitives.sealed_box_open(box, primitives.box_secret(seed))
    except primitives.Mismatch:
        raise Refused("tag") from None


def _crockford(data: bytes) -> str:
    return base64.b32encode(data).translate(_CROCKFORD).decode()


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused("text") from None


def _length(data: bytes, wanted: int) -> None:
    if len(data) != wanted:
        raise Refused("length")
