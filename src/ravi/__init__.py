"""
Ravi: an identity for every agent. The Python library.

    from ravi import Client

    with Client() as ravi:
        print(ravi.own.email()["email"])

Names are loaded when they are first used, because the CLI lives in this package and would pay for them.
"""

from ravi.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi import fleet
    from ravi.client.aio import AsyncClient
    from ravi.client.session import Client
    from ravi.errors import ConfigError, RaviError, Refused, RequestFailed, UsageError
    from ravi.settings.client import resolve
    from ravi.settings.resolve import Sourced
    from ravi.settings.values import Credential, Settings

__all__ = [
    "AsyncClient",
    "Client",
    "ConfigError",
    "Credential",
    "RaviError",
    "Refused",
    "RequestFailed",
    "Settings",
    "Sourced",
    "UsageError",
    "__version__",
    "fleet",
    "resolve",
]

_HOMES = {
    "AsyncClient": "ravi.client.aio",
    "Client": "ravi.client.session",
    "ConfigError": "ravi.errors",
    "Credential": "ravi.settings.values",
    "RaviError": "ravi.errors",
    "Refused": "ravi.errors",
    "RequestFailed": "ravi.errors",
    "Settings": "ravi.settings.values",
    "Sourced": "ravi.settings.resolve",
    "UsageError": "ravi.errors",
    "resolve": "ravi.settings.client",
}


def __getattr__(name: str) -> "Any":
    if name == "fleet":
        return __import__("ravi.fleet", fromlist=["up"])
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(__import__(home, fromlist=[name]), name)
    globals()[name] = value  # the next use does not come here
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
