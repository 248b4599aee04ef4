"""
Twilio's webhooks: a text that arrived, or what became of one that was sent.

A webhook counts when it is signed over the URL that this server is configured with, is of the configured account, and
says what one of these two says. A replay says nothing new: `Received.key` is the provider's own id of the text, and
reports only ever go forward.
"""

import json
import re
from collections import Counter
from urllib.parse import parse_qsl

from ravi.server.phone.carriers.contract import (
    Happening,
    Progress,
    Reading,
    Received,
    Report,
    Webhook,
    WebhookRefused,
)
from ravi.server.phone.carriers.twilio.api import harmless
from ravi.server.phone.carriers.twilio.signature import BODY_HASH, HEADER, OTHER_KEY_HEADER, is_hash_of, is_signed

#: The provider sends about thirty, and a few more for each attachment.
MOST_FIELDS = 200
LONGEST_SENDER = 64

#: An empty document: nobody is answered by itself.
ANSWER = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
ANSWER_TYPE = "text/xml"

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_ODD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_REF = re.compile(r"[A-Za-z0-9_-]{8,64}")
_COUNT = re.compile(r"[0-9]{1,3}")

#: What the states of a text that was sent mean here. Any other says nothing yet, or nothing that we know.
_PROGRESS: dict[str, Progress] = {
    "sent": "sent",
    "partially_delivered": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
_ARRIVED = ("receiving", "received")

#: The commonest reasons, in the words of the provider's dictionary of errors.
_REASONS = {
    "30001": "queue overflow",
    "30002": "account suspended",
    "30003": "unreachable handset",
    "30004": "message blocked",
    "30005": "unknown handset",
    "30006": "landline or unreachable carrier",
    "30007": "filtered as spam",
    "30008": "unknown error",
    "30032": "the toll-free number is not verified",
    "30034": "the number is not registered with the carriers of the United States",
    "30410": "the carrier did not answer in time",
}


def verified_fields(webhook: Webhook, url: str, token: str) -> dict[str, str]:
    """
    Return the fields of a request that the provider has signed.

    *url* is our own, without a query. Raises WebhookRefused, also for what cannot be read.
    """
    if OTHER_KEY_HEADER in webhook.headers:
        raise WebhookRefused("it is signed with a shared key, and only the account's token is known here")
    claimed = webhook.headers.get(HEADER)
    if not claimed:
        raise WebhookRefused(f"it has no header {HEADER}")
    if not (url.isascii() and webhook.query.isascii()):
        raise WebhookRefused("its query has characters in it that no URL has")
    called = f"{url}?{webhook.query}" if webhook.query else url
    kind = webhook.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _FORM:
        pairs = _form(webhook.body)
        signed = is_signed(token, called, pairs, claimed)
    elif kind == _JSON:
        # The order does not matter for the outcome: both have to fit.
        signed = is_signed(token, called, (), claimed) and is_hash_of(webhook.body, webhook.query)
        pairs = _object(webhook.body) if signed else []
    else:
        raise WebhookRefused(f"it is neither a form nor JSON with {BODY_HASH}; a GET is neither")
    if not signed:
        raise WebhookRefused("its signature is not that of our URL, its content and the account's token")
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise WebhookRefused(f"it says {harmless(twice[0])} more than once")
    return dict(pairs)


def reading(fields: dict[str, str], account: str) -> Reading:
    """Say what a verified webhook means. Raises WebhookRefused for another account, and for what means nothing."""
    if fields.get("AccountSid") != account:
        raise WebhookRefused("it is of another account")
    happening = _happening(fields)
    return Reading((happening,) if happening else (), ANSWER, ANSWER_TYPE)


def _happening(fields: dict[str, str]) -> Happening | None:
    ref = fields.get("MessageSid") or fields.get("SmsSid") or ""
    if not _REF.fullmatch(ref):
        raise WebhookRefused("it has no MessageSid, so it is not about a text")
    status = fields.get("MessageStatus") or fields.get("SmsStatus") or ""
    if status and status not in _ARRIVED:
        progress = _PROGRESS.get(status)
        return Report(ref, progress, failure(fields) if progress == "failed" else "") if progress else None
    return _arrived(fields, ref)


def _arrived(fields: dict[str, str], ref: str) -> Received:
    to_number, sender, body = fields.get("To"), fields.get("From"), fields.get("Body")
    if not to_number or not sender or body is None:
        raise WebhookRefused("it has no To, no From or no Body")
    if len(to_number) > LONGEST_SENDER or len(sender) > LONGEST_SENDER:
        raise WebhookRefused("its To or From is too long for a number or a word")
    attachments = fields.get("NumMedia", "0")
    if not _COUNT.fullmatch(attachments):
        raise WebhookRefused("its NumMedia is not a number")
    return Received(to_number, sender, _with_note(body, int(attachments)), key=ref, ref=ref)


def _with_note(body: str, attachments: int) -> str:
    """Say that there was more than text: it stays with the provider, and a text without a word would look like none."""
    if not attachments:
        return body
    note = f"[{attachments} attachment{'' if attachments == 1 else 's'} not kept]"
    return f"{body}\n{note}" if body else note


def failure(fields: dict[str, str]) -> str:
    """Return why a text was not delivered, from `ErrorCode` and, where it is said, `ErrorMessage`."""
    code = fields.get("ErrorCode") or ""
    words = harmless(fields.get("ErrorMessage") or "") or _REASONS.get(code, "") or "no reason given"
    return f"{words} (error {code})" if code.isdecimal() else words


def _form(body: bytes) -> list[tuple[str, str]]:
    if _ODD_ESCAPE.search(body):
        raise WebhookRefused("its form is not percent-encoded")
    try:
        return parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except UnicodeDecodeError:
        raise WebhookRefused("its form is not UTF-8") from None
    except ValueError:
        raise WebhookRefused("its form cannot be read, or has too many fields") from None


def _object(body: bytes) -> list[tuple[str, str]]:
    """Return the texts and numbers of a JSON object: the fields that a form would have."""
    try:
        content = json.loads(body, object_pairs_hook=list)
    except (ValueError, RecursionError):
        raise WebhookRefused("its JSON cannot be read") from None
    if not isinstance(content, list) or not all(isinstance(pair, tuple) for pair in content):
        raise WebhookRefused("its JSON is not an object")
    if len(content) > MOST_FIELDS:
        raise WebhookRefused("its JSON has too many fields")
    pairs = [(name, str(value)) for name, value in content if type(value) in (str, int)]
    try:
        "".join(name + value for name, value in pairs).encode()
    except UnicodeEncodeError:
        raise WebhookRefused("its JSON has half a character in it") from None
    return pairs
