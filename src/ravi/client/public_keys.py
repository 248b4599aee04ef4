"""
The public halves of identities' keys: by them the server knows an identity's vault key without having it.

They are registered by a machine that holds the account's root: for a new identity with its creation, for one that
was made elsewhere as soon as it is looked at or written to.
"""

from __future__ import annotations

from ravi.errors import RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.core import Core, Steps
    from ravi.wire.identities import Identity


def public_key(root_key: bytes, uuid: str) -> str:
    """The public key (standard base64) of the identity *uuid*."""
    from ravi.crypto import derive
    from ravi.settings.vault_keys import encode_key

    return encode_key(derive.public_key(derive.identity_key(root_key, uuid)))


def present_root(core: Core) -> Steps[bytes | None]:
    """
    The account's root if this machine holds it, and None if it holds none or one that was replaced.

    Only an upgrade replaces a root, so that only a machine that has not seen one has to ask the server. It must:
    identities whose key is registered from a root that is gone could not be written to by anybody.
    """
    from ravi.settings.vault_keys import find_root

    held = find_root(core.settings)
    if held.root_key is None or held.legacy_seed is None:
        return held.root_key
    from ravi.crypto import legacy

    if held.root_key != legacy.root_key(held.legacy_seed):
        return held.root_key  # the new one, of an upgrade that goes on
    from ravi.client.calls import vault as calls

    meta = yield from core.send(calls.encryption())
    return None if meta["wrapped_root"] else held.root_key


def fill(core: Core, identity: Identity) -> Steps[Identity]:
    """
    Register the public key of *identity* if it has none and this machine holds the root; *identity* as it is then.

    Nothing that goes wrong here is an error: whoever writes to the identity's vault tries again.
    """
    if identity.get("public_key", "") is not None:
        return identity  # it has one, or the server is older than they are
    try:
        root_key = yield from present_root(core)
        if root_key is None:
            return identity
        from ravi.client.calls import upgrade as calls

        key = public_key(root_key, identity["uuid"])
        yield from core.send(calls.put_public_keys({identity["uuid"]: key}))
    except RaviError:
        return identity
    return {**identity, "public_key": key}
