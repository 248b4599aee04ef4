"""Whether the DKIM signatures of a message are right (RFC 6376 section 6)."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

from ravi.server.mail.charsets import clean_line
from ravi.server.mail.dkim_canonical import canonical_body, signed_header
from ravi.server.mail.dkim_tags import BadTags, Key, Signature, parse_key, parse_signature
from ravi.server.mail.dns import LookupFailed, Resolver
from ravi.server.mail.headers import Headers, read_headers, value_of
from ravi.server.mail.records import Check, Result

MOST_SIGNATURES = 5
#: Of those at the name of one key.
MOST_TEXTS = 5
#: Clocks differ.
GRACE_SECONDS = 300
#: Larger messages are hashed beside the loop: 64 KB take a third of a millisecond.
LARGE = 64 * 1024

#: Fields of which a reader shows one. When a signature covers fewer of them than there are, the one that is shown may
#: be the one that somebody added (section 8.15).
_ONCE = {
    b"cc", b"content-transfer-encoding", b"content-type", b"date", b"from", b"in-reply-to", b"message-id",
    b"mime-version", b"references", b"reply-to", b"sender", b"subject", b"to",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Keyed:
    """A signature, the field it stands in, and the key that has to fit."""

    signature: Signature
    field: bytes
    key: Key


async def check_dkim(resolver: Resolver | None, raw: bytes, *, now: float) -> tuple[Check, ...]:
    """
    Return a result for each of the first `MOST_SIGNATURES` signatures, in the order of the message. Never raises.

    `fail` is for a message that is not what was signed; `permerror` for signatures and keys that cannot be used;
    `neutral` for right ones that leave a part of the text open, and wrong ones by a key that is being tried out.
    """
    headers = read_headers(raw)
    fields = headers.fields.get(b"dkim-signature", [])[:MOST_SIGNATURES]
    if not fields:
        return ()
    found = await asyncio.gather(*(_prepare(resolver, field, headers, now) for field in fields))
    keyed = [each for each in found if isinstance(each, _Keyed)]
    if len(raw) > LARGE:
        verified = await asyncio.to_thread(_verify_all, raw, headers, keyed)
    else:
        verified = _verify_all(raw, headers, keyed)
    results = iter(verified)
    return tuple(each if isinstance(each, Check) else next(results) for each in found)


async def _prepare(resolver: Resolver | None, field: bytes, headers: Headers, now: float) -> _Keyed | Check:
    """Return a signature with its key, or the result when it ends here."""
    try:
        signature = parse_signature(value_of(field))
    except BadTags as error:
        return Check("permerror", "", {"reason": f"the signature cannot be used: {error}"})
    if not headers.whole:
        return _result("permerror", signature, "the header of the message could not be read whole")
    if signature.expires is not None and signature.expires < now - GRACE_SECONDS:
        return _result("permerror", signature, "the signature has expired")
    if resolver is None:
        return _result("none", signature, "no name server is configured")
    try:
        texts = await resolver.txt(f"{signature.selector}._domainkey.{signature.domain}")
    except LookupFailed:
        return _result("temperror", signature, "the key could not be looked up")
    if not texts:
        return _result("permerror", signature, "there is no key")
    try:
        key = _first_key(texts, signature.algorithm)
    except BadTags as error:
        return _result("permerror", signature, str(error))
    if key.is_strict and signature.identity != signature.domain:
        return _result("permerror", signature, "the key is not for subdomains")
    return _Keyed(signature, field, key)


def _first_key(texts: list[bytes], algorithm: str) -> Key:
    """Return the key among *texts*, where a wildcard may have put others. Raises BadTags for the last of them."""
    wrong = BadTags("there is no key")
    for text in texts[:MOST_TEXTS]:
        try:
            return parse_key(text, algorithm)
        except BadTags as error:
            wrong = error
    raise wrong


def _verify_all(raw: bytes, headers: Headers, keyed: list[_Keyed]) -> list[Check]:
    bodies: dict[str, bytes] = {}
    for how in {each.signature.body_canonical for each in keyed}:
        bodies[how] = canonical_body(raw[headers.body :], how)
    return [_verify(headers, each, bodies[each.signature.body_canonical]) for each in keyed]


def _verify(headers: Headers, keyed: _Keyed, body: bytes) -> Check:
    signature, key = keyed.signature, keyed.key
    wrong: Result = "neutral" if key.is_test else "fail"
    signed_body = body
    if signature.length is not None:
        if signature.length > len(body):
            return _result(wrong, signature, "the text is shorter than what was signed", key)
        signed_body = body[: signature.length]
    if hashlib.sha256(signed_body).digest() != signature.body_hash:
        return _result(wrong, signature, "the text is not what was signed", key)
    data = signed_header(headers, signature.names, keyed.field, signature.header_canonical)
    if not key.verifies(signature.value, data, hashlib.sha256(data).digest()):
        return _result(wrong, signature, "the header is not what was signed", key)
    for name in _ONCE.intersection(signature.names):
        if len(headers.fields.get(name, ())) > signature.names.count(name):
            return _result("fail", signature, f"one {name.decode()} of several is not signed", key)
    if len(signed_body) < len(body):
        return _result("neutral", signature, "a part of the text is not signed", key)
    return _result("pass", signature, "", key)


def _result(result: Result, signature: Signature, reason: str, key: Key | None = None) -> Check:
    inputs: dict[str, Any] = {
        "selector": signature.selector,
        "algorithm": signature.algorithm,
        "identity": clean_line(signature.identity, 255),
    }
    if signature.length is not None:
        inputs["length"] = signature.length
    if key is not None and key.is_test:
        inputs["testing"] = True
    if reason:
        inputs["reason"] = reason
    return Check(result, signature.domain, inputs)
