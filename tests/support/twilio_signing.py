"""Webhooks signed as Twilio documents it, without a look at our code."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Signed:
    """A webhook as it is sent: the URL that was configured with the query that was added, and the rest."""

    url: str
    query: str
    headers: dict[str, str]
    body: bytes


def sign(token: str, url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Sign as "Secure webhooks" says: the URL, then each field and its value, sorted, joined with nothing."""
    text = url
    for name, value in sorted(set(pairs)):
        text += name + value
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()


def signed_form(token: str, url: str, pairs: list[tuple[str, str]], query: str = "") -> Signed:
    """A form that is posted to *url*, to which somebody has added *query*."""
    called = f"{url}?{query}" if query else url
    headers = {
        "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
        "user-agent": "TwilioProxy/1.1",
        "x-twilio-signature": sign(token, called, pairs),
    }
    return Signed(url, query, headers, urlencode(pairs).encode())


def signed_json(token: str, url: str, content: Any, query: str = "") -> Signed:
    """JSON, whose hash goes into the query."""
    body = json.dumps(content).encode()
    query = (f"{query}&" if query else "") + f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"content-type": "application/json", "x-twilio-signature": sign(token, f"{url}?{query}", ())}
    return Signed(url, query, headers, body)
