"""What `ravi status` and `ravi auth status` find out: who we are, in the server's eyes and in the files'."""

from __future__ import annotations

from ravi.errors import IdentityNotFound, NotFound, Unauthenticated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.client.session import Client
    from ravi.settings.client import Settings


def local(settings: Settings) -> dict[str, Any]:
    """What the files and variables of this machine say. An identity that is a name there has no uuid yet."""
    from ravi.settings.uuids import is_uuid

    selected, credential = settings.identity, settings.credential
    is_name = selected is not None and selected.source in ("--identity", "RAVI_IDENTITY")
    return {
        "authenticated": False,
        "email": None,
        "identity": selected.value if selected is not None and is_name else settings.identity_name,
        "identity_uuid": None if selected is None or is_name else selected.value,
        "has_encryption": None,
        "vault": _vault(settings, selected.value if selected is not None and is_uuid(selected.value) else None),
        "server": settings.server.value,
        "sources": {
            "server": settings.server.source,
            "credential": credential.source if credential is not None else None,
            "identity": selected.source if selected is not None else None,
        },
    }


def _vault(settings: Settings, uuid: str | None) -> str:
    """What this machine can open, with the keys that it holds: everything, one identity's vault, or nothing."""
    from ravi.settings.vault_keys import find_keys

    held = find_keys(settings, uuid)
    return "unlocked" if held.root_key is not None else "identity key" if held.identity_key is not None else "locked"


def ask(ravi: Client, found: dict[str, Any]) -> None:
    """
    Complete *found* (from `local`) with what the server says; `message` tells what is amiss.

    A refused credential is an answer, not an error. Raises RequestFailed when there is no answer, and
    IdentityAmbiguous when the selected name fits several identities.
    """
    if ravi.settings.credential is None:
        found["message"] = "not signed in; sign in with: ravi auth login"
        return
    try:
        who = ravi.auth.whoami()
    except Unauthenticated as refusal:
        found["message"] = f"the server refuses the credential: {refusal.message}"
        return
    found.update(
        authenticated=True,
        email=who["email"],
        credential=who["kind"],
        has_encryption=who["has_encryption"],
        expires_at=who["expires_at"],
    )
    if found["vault"] == "locked" and not who["has_encryption"]:
        found["vault"] = "not set up"
    if ravi.settings.identity is None:
        if who["identity_uuid"] is not None:
            found.update(identity=who["identity"], identity_uuid=who["identity_uuid"])
            found["sources"]["identity"] = f"the credential from {found['sources']['credential']}"
        return
    try:
        identity = ravi.identities.get(ravi.settings.identity.value)
    except (IdentityNotFound, NotFound) as missing:
        found["message"] = f"the selected identity cannot be used: {missing.message}"
        found["identity_status"] = None
        return
    if found["vault"] != "not set up":
        found["vault"] = _vault(ravi.settings, identity["uuid"])  # a name has its uuid only now
    found.update(
        identity=identity["name"],
        identity_uuid=identity["uuid"],
        identity_status=identity["status"],
        address=identity["inbox"],
        number=identity["phone"],
    )
