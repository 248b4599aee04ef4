"""What the URL of a twilio carrier says."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address

from ravi.settings.server_carriers import CarrierUrl

_OPTIONS = {"token", "key", "secret", "messaging-service"}
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_KEY = re.compile(r"SK[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
#: What compatible providers call accounts and keys.
_ANY_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SECRET = re.compile(r"[!-~]{1,256}")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~%-]*)*")


@dataclass(frozen=True, slots=True)
class Setup:
    """
    One account. `base` is the URL in front of `/2010-04-01`.

    `user` and `password` are what requests sign in with: the account and its token, or an API key and its secret.
    `token` is what webhooks are signed with. `service` is a messaging service, or "".
    """

    base: str
    account: str
    token: str = field(repr=False)
    user: str
    password: str = field(repr=False)
    service: str = ""

    @property
    def has_key(self) -> bool:
        """Whether requests sign in with an API key, which may not ask about the account itself."""
        return self.user != self.account


def setup_of(url: CarrierUrl) -> Setup:
    """Return what *url* says. Raises ValueError, whose reason quotes no secret."""
    if unknown := sorted(set(url.options) - _OPTIONS):
        raise ValueError(f"has the option {unknown[0]}, which twilio does not know")
    is_original = url.host == "twilio.com" or url.host.endswith(".twilio.com")
    base = _base(url)
    if not (_ACCOUNT if is_original else _ANY_NAME).fullmatch(url.user):
        raise ValueError("has no account SID in front of the colon: AC and 32 hexadecimal digits")
    if url.password and "token" in url.options:
        raise ValueError("has the token twice, behind the account SID and as an option")
    token = url.password or url.options.get("token", "")
    if not _SECRET.fullmatch(token):
        raise ValueError("has no auth token, behind the account SID or as token-file=FILE, or an odd one")
    service = url.options.get("messaging-service", "")
    if service and not _SERVICE.fullmatch(service):
        raise ValueError("has a messaging-service that is not MG and 32 hexadecimal digits")
    user, password = _key(url, is_original=is_original) or (url.user, token)
    return Setup(base, url.user, token, user, password, service)


def _base(url: CarrierUrl) -> str:
    if url.transport not in ("", "http"):
        raise ValueError(f"speaks {url.transport}; there is twilio:// (TLS) and, on this machine, twilio+http://")
    if not url.host:
        raise ValueError("has no host, such as api.twilio.com")
    if url.transport == "http" and not _is_here(url.host):
        raise ValueError("leads to another machine unencrypted, with the token in every request; use twilio://")
    if not _PATH.fullmatch(url.path):
        raise ValueError("has a path with odd characters in it")
    host = f"[{url.host}]" if ":" in url.host else url.host
    port = "" if url.port is None else f":{url.port}"
    return f"{url.transport or 'https'}://{host}{port}{url.path.rstrip('/')}"


def _key(url: CarrierUrl, *, is_original: bool) -> tuple[str, str] | None:
    key, secret = url.options.get("key", ""), url.options.get("secret", "")
    if not key and not secret:
        return None
    if not (_KEY if is_original else _ANY_NAME).fullmatch(key):
        raise ValueError("has a secret, and no key that it belongs to: SK and 32 hexadecimal digits")
    if not _SECRET.fullmatch(secret):
        raise ValueError("has a key, and no secret (or secret-file=FILE) that belongs to it")
    return key, secret


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
