"""
The signature on Twilio's webhooks, `X-Twilio-Signature`: base64 of HMAC-SHA1 with the account's token.

Signed is the URL that was called, as it stands in the provider's settings, and behind it each field of the form, name
and value, sorted by both, each pair once. A JSON body is not in it; the URL then has `bodySHA256` in its query, which
is. Sources: "Secure webhooks" in the provider's documentation, and `RequestValidator` of its libraries.

What the scheme cannot do: there is no time in it, so a request that was taken down stays valid. `Received.key` makes a
repetition harmless. Nothing stands between names and values either, so whoever has taken one down could cut it into
other fields; over TLS nobody can.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit, urlunsplit

HEADER = "x-twilio-signature"
#: Says that a key other than the token was used. The provider calls that a beta; nothing here knows such a key.
OTHER_KEY_HEADER = "x-twilio-webhooks-signature-settings"
BODY_HASH = "bodySHA256"

#: Twenty bytes in base64. Two headers, which arrive as one with a comma in it, do not look like this.
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{27}=")
_STANDARD_PORTS = {"https": 443, "http": 80}


def signature(token: str, url: str, fields: Iterable[tuple[str, str]] = ()) -> str:
    """Return the signature of a request to *url* with these fields of a form."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def is_signed(token: str, url: str, fields: Iterable[tuple[str, str]], claimed: str) -> bool:
    """Whether *claimed* is the signature, in a time that does not depend on what is wrong."""
    if not _SIGNATURE.fullmatch(claimed):
        return False
    pairs = list(fields)
    fits = [hmac.compare_digest(signature(token, spelling, pairs), claimed) for spelling in spellings(url)]
    return any(fits)


def is_hash_of(body: bytes, query: str) -> bool:
    """Whether *query* holds the hash of *body*, once."""
    claimed = [value for name, value in parse_qsl(query, keep_blank_values=True) if name == BODY_HASH]
    if len(claimed) != 1:
        return False
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), claimed[0].encode())


def spellings(url: str) -> tuple[str, str]:
    """
    Return the URL without a port, and with one: the provider signs now this, now that.

    One that says no port gets the standard one. One that does may be signed without it, whichever it is.
    """
    parts = urlsplit(url)
    host = parts.netloc
    port = "" if parts.port is None else f":{parts.port}"
    bare = host.removesuffix(port) if port else host
    full = host if port else f"{host}:{_STANDARD_PORTS.get(parts.scheme, 80)}"
    return urlunsplit(parts._replace(netloc=bare)), urlunsplit(parts._replace(netloc=full))
