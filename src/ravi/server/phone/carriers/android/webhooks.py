"""
What the app posts to us: whether it is the app's, and what it means. Pure.

The app signs the body and the time of sending, a new one for each try. It delivers one SMS two times under two ids,
and its own id of a message is a checksum of the content; so what tells two texts apart is the content with the time at
which the network says it came.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ravi.server.identities.e164 import parse_number
from ravi.server.phone.carriers.android.app import harmless
from ravi.server.phone.carriers.android.setup import Setup
from ravi.server.phone.carriers.contract import Alive, Happening, Progress, Received, Report, WebhookRefused

#: How far the phone's clock may be off, in seconds; also how long what was overheard can be repeated.
TOLERANCE = 300
#: What we ask the app for: a webhook of its own for each.
EVENTS = ("sms:received", "sms:sent", "sms:delivered", "sms:failed", "system:ping")
_PROGRESS: dict[str, Progress] = {"sms:sent": "sent", "sms:delivered": "delivered", "sms:failed": "failed"}

_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII | re.IGNORECASE)
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
LONGEST_ID = 64


def verify(headers: Mapping[str, str], body: bytes, key: bytes, now: datetime) -> None:
    """Raise WebhookRefused unless whoever knows *key* has signed *body* within the last minutes."""
    signature, timestamp = headers.get("x-signature", ""), headers.get("x-timestamp", "")
    if not signature or not timestamp:
        raise WebhookRefused("it is not signed: X-Signature or X-Timestamp is missing")
    if not _SIGNATURE.fullmatch(signature) or not _TIMESTAMP.fullmatch(timestamp):
        raise WebhookRefused("its signature or its time is not written as the app writes it")
    expected = hmac.new(key, body + timestamp.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature.lower()):
        raise WebhookRefused("the signature does not fit: is the signing key of the app the one in the key file?")
    late = now.timestamp() - int(timestamp)
    if abs(late) > TOLERANCE:
        way = "ago" if late > 0 else "in the future"
        raise WebhookRefused(
            f"it was signed {abs(late):.0f} seconds {way}: a repetition, or the phone's clock is wrong"
        )


def understand(body: bytes, setup: Setup) -> tuple[Happening, ...]:
    """Return what a verified webhook says. Raises WebhookRefused when it says nothing that can be relied on."""
    envelope = _object(body)
    device, event, payload = _text(envelope, "deviceId", LONGEST_ID), _text(envelope, "event"), envelope.get("payload")
    if setup.device and device != setup.device:
        raise WebhookRefused(f"it is from the device {harmless(device)}, and the URL says device={setup.device}")
    if event == "system:ping":
        return (Alive(device, health_in_words(payload.get("health") if isinstance(payload, dict) else None)),)
    alive = Alive(device)
    if event != "sms:received" and event not in _PROGRESS:
        return (alive,)
    if not isinstance(payload, dict):
        raise WebhookRefused(f"{event} has no payload")
    if event == "sms:received":
        received = _received(payload, device, setup)
        return (alive,) if received is None else (received, alive)
    reason = payload.get("reason")
    said = harmless(reason) if isinstance(reason, str) and event == "sms:failed" else ""
    return Report(_text(payload, "messageId", LONGEST_ID), _PROGRESS[event], said), alive


def _received(payload: dict[str, Any], device: str, setup: Setup) -> Received | None:
    """Return the text, or None when it came for a SIM that is none of ours."""
    message, received_at = payload.get("message"), _text(payload, "receivedAt")
    sender = payload.get("sender") or payload.get("phoneNumber")  # older apps have the second alone
    if not isinstance(message, str) or not isinstance(sender, str):
        raise WebhookRefused("the text has no message or no sender")
    number = _number(payload.get("simNumber"), payload.get("recipient"), setup)
    if not number:
        return None
    content = json.dumps([device, number, sender, message, _moment(received_at)])
    return Received(
        to_number=number,
        sender=_whole(sender),
        body=_whole(message),
        key=f"sms/{hashlib.sha256(content.encode()).hexdigest()}",
        device=device,
    )


def _number(slot: object, recipient: object, setup: Setup) -> str:
    """
    Return which of our numbers the text is for; "" is a SIM that is none of ours.

    Raises WebhookRefused where that is not certain: a text must never reach an identity that it is not for. What the
    phone says about its own number is used only to contradict; it comes from the SIM, and many hold none or an old one.
    """
    said = _own_number(recipient)
    if slot is None:
        if said and said in setup.sims:
            return said
        if len(setup.sims) > 1:
            raise WebhookRefused("the phone does not say which SIM the text is for, and there are several in sims=")
        slot = 1
    if type(slot) is not int:
        raise WebhookRefused("simNumber is no number")
    if not 1 <= slot <= len(setup.sims):
        raise WebhookRefused(f"the text is for SIM {slot}, and sims= names {len(setup.sims)}")
    number = setup.sims[slot - 1]
    if number and said and said != number:
        raise WebhookRefused(f"the phone says that SIM {slot} has another number than sims= says; were SIMs swapped?")
    return number


def _own_number(said: object) -> str:
    """Return what the SIM says its number is; "" when that is nothing, or without its country code."""
    try:
        return parse_number(said) if isinstance(said, str) else ""
    except ValueError:
        return ""


def health_in_words(health: object) -> str:
    """Return battery, network and version as the app tells them, in one line; "" when it tells nothing."""
    if not isinstance(health, dict):
        return ""
    checks = health.get("checks")
    words = [_check_in_words(name, check) for name, check in checks.items()] if isinstance(checks, dict) else []
    version = health.get("version")
    if isinstance(version, str) and version:
        words.append(f"app {harmless(version)}")
    return ", ".join(filter(None, words))


def _check_in_words(name: str, check: object) -> str:
    value = check.get("observedValue") if isinstance(check, dict) else None
    if not isinstance(value, int | float) or not abs(value) < 1_000_000:
        return ""
    match name:
        case "battery:level":
            return f"battery {value:.0f} %"
        case "battery:charging":
            return "charging" if value else "not charging"
        case "connection:status":
            return "online" if value else "no internet"
        case "messages:failed" if value:
            return f"{value:.0f} texts failed in the last hour"
    return ""


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise WebhookRefused("the body is no JSON") from None
    if not isinstance(read, dict):
        raise WebhookRefused("the body is no object")
    return read


def _text(fields: dict[str, Any], name: str, longest: int = 100) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value or len(value) > longest:
        raise WebhookRefused(f"{name} is missing, or is not a text of at most {longest} characters")
    return _whole(value)


def _whole(text: str) -> str:
    """Return *text* without halves of surrogate pairs, which JSON can say and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _moment(text: str) -> str:
    """Return a time as the same text for the same moment, because the zone is the phone's, which travels."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).isoformat(timespec="milliseconds") if moment.tzinfo else text
    except (ValueError, OverflowError):
        return text
