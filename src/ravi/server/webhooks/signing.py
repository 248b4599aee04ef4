"""The signature of a delivery, as the published SDKs check it."""

import hashlib
import hmac
import secrets


def new_secret() -> str:
    """Return a fresh signing secret: 256 random bits behind a prefix that says what it is."""
    return "whsec_" + secrets.token_urlsafe(32)


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return `sha256=<hex>`: HMAC-SHA256, keyed with the secret as text, over `<timestamp>.` and the body."""
    return "sha256=" + hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()


def headers(secret: str, timestamp: int, event_id: str, body: bytes) -> dict[str, str]:
    """Return the headers that a delivery carries beside its body. *timestamp* is in Unix seconds."""
    return {
        "Content-Type": "application/json",
        "X-Ravi-Timestamp": str(timestamp),
        "X-Ravi-Signature": signature(secret, timestamp, body),
        "X-Ravi-Event-Id": event_id,
    }
