"""Calls on passwords. Everything but the domain is sealed before it comes here."""

from __future__ import annotations

from ravi.client.calls import Call
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.wire.vault import Password, PasswordCreate, PasswordVersion

_TEXTS = ("uuid", "identity_uuid", "domain", "username", "password", "notes", "site")
_PASSWORD = (*_TEXTS, "revision")
_VERSION = ("username", "password", "notes", "replaced_dt")


def list_(*, domain: str | None = None, values: bool = True) -> Call[list[Password]]:
    """All entries, or those of *domain*; without *values* all sealed fields but the username are empty."""
    query = {"domain": domain, "values": None if values else "false"}
    return Call("GET", paths.PASSWORDS, query, keys=_PASSWORD, texts=_TEXTS, many=True)


def get(uuid: str) -> Call[Password]:
    """One entry."""
    return Call("GET", f"{paths.PASSWORDS}{uuid}/", keys=_PASSWORD, texts=_TEXTS)


def create(entry: PasswordCreate) -> Call[Password]:
    """A new entry under the uuid that its fields were sealed for."""
    return Call("POST", paths.PASSWORDS, body=entry, keys=_PASSWORD, texts=_TEXTS, idempotent=True)


def update(before: Password, after: Password, *, sealed_for: str) -> Call[Password]:
    """Change an entry from *before* to *after*, if it is still at the revision that *before* has."""
    body = {**differing(before, after), "revision": before["revision"], "sealed_for": sealed_for}
    return Call("PATCH", f"{paths.PASSWORDS}{before['uuid']}/", body=body, keys=_PASSWORD, texts=_TEXTS)


def differing(before: Password, after: Password) -> dict[str, str]:
    """What a change of *before* has to say to make it *after*: the fields in which they differ."""
    pairs = (
        ("domain", before["domain"], after["domain"]),
        ("username", before["username"], after["username"]),
        ("password", before["password"], after["password"]),
        ("notes", before["notes"], after["notes"]),
        ("site", before["site"], after["site"]),
    )
    return {name: new for name, old, new in pairs if new != old}


def delete(uuid: str) -> Call[None]:
    """Delete an entry and its history."""
    return Call("DELETE", f"{paths.PASSWORDS}{uuid}/")


def history(uuid: str) -> Call[list[PasswordVersion]]:
    """What the entry was before, newest first."""
    return Call("GET", f"{paths.PASSWORDS}{uuid}/history/", keys=_VERSION, texts=_VERSION, many=True)
