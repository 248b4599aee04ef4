"""
The carriers: `contract.py` says what one is; each other file or folder is one, imported when the configuration says so.

`loopback` is built in and never leaves the machine.
"""

import hashlib
import hmac
import importlib
import re
from collections.abc import Callable, Iterable
from datetime import datetime

from ravi.errors import ConfigInvalid
from ravi.server.phone.carriers.contract import Carrier, Make, Surroundings
from ravi.settings.server_carriers import CarrierUrl
from ravi.wire import paths

#: Of the server's own random keys, the one that carriers' keys are made of.
KEY_NAME = "carriers"

_MODULE = re.compile(r"[a-z][a-z0-9]*")


def open_carriers(
    urls: Iterable[CarrierUrl], *, public_url: str, key: bytes, now: Callable[[], datetime]
) -> dict[str, Carrier]:
    """
    Return the configured carriers by name, in their order. No connection is made yet.

    Raises ConfigInvalid, which does not quote a URL: there may be a password in it.
    """
    return {
        url.name: _open(url, Surroundings(webhook_url(public_url, url.name), carrier_key(key, url.name), now))
        for url in urls
    }


def webhook_url(public_url: str, name: str) -> str:
    """Return where the carrier called *name* sends its webhooks."""
    return f"{public_url}{paths.CARRIERS}{name}/"


def carrier_key(key: bytes, name: str) -> bytes:
    """Return the key of one carrier, made of the one that is kept for all of them."""
    return hmac.digest(key, f"ravi/carrier/{name}".encode(), hashlib.sha256)


def _open(url: CarrierUrl, here: Surroundings) -> Carrier:
    where = f"{__name__}.{url.kind}"
    try:
        if not _MODULE.fullmatch(url.kind) or url.kind == "contract":
            raise ModuleNotFoundError(name=where)
        make: Make = importlib.import_module(where).open_carrier
    except ModuleNotFoundError as missing:
        if missing.name != where:
            raise
        raise ConfigInvalid(f"carrier: there is no kind of carrier called {url.kind}") from None
    except AttributeError:  # a file beside a carrier, which belongs to it
        raise ConfigInvalid(f"carrier: there is no kind of carrier called {url.kind}") from None
    try:
        return make(url, here)
    except ValueError as reason:
        raise ConfigInvalid(f"carrier {url.name}: {reason}") from None
