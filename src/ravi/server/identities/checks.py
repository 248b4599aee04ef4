"""What a new identity may be: the rules that need no database."""

import uuid
from datetime import datetime

from ravi.server.auth.keys import check_ttl
from ravi.server.http.errors import invalid
from ravi.server.identities.allowlist import check_patterns
from ravi.server.identities.errors import RestrictedOtherwise
from ravi.server.identities.names import check_labels, check_name, check_uuid, human_name
from ravi.server.identities.public_keys import check_public_key
from ravi.server.identities.records import Identity, NewIdentity


def check_new(new: NewIdentity, now: datetime) -> Identity:
    """Return the identity that *new* asks for, as yet without row (id 0), address and number. Raises Invalid."""
    chosen = _chosen_uuid(new)
    name = check_name(new.name) if new.name is not None else human_name()
    labels = check_labels(new.labels)
    allowed = None if new.allowed_recipients is None else check_patterns(new.allowed_recipients)
    return Identity(
        id=0,
        uuid=chosen or str(uuid.uuid4()),
        name=name,
        status="active",
        labels=labels,
        workspace=new.workspace,
        expires_at=now + check_ttl(new.ttl) if new.ttl is not None else None,
        created_at=now,
        updated_at=now,
        public_key=new.public_key,
        address=None,
        number=None,
        allowed_recipients=allowed,
    )


def check_reused(found: Identity, draft: Identity) -> None:
    """Raise RestrictedOtherwise when *found* may write to others than the one that was to be made."""
    allowed = draft.allowed_recipients
    if allowed is not None and (found.allowed_recipients is None or set(found.allowed_recipients) != set(allowed)):
        raise RestrictedOtherwise("the identity of that name may write to others than these")


def _chosen_uuid(new: NewIdentity) -> str | None:
    """Return the uuid that the client has chosen, or None. Raises Invalid."""
    if new.public_key is not None:
        check_public_key("public_key", new.public_key)
        if new.uuid is None:  # it was derived for some uuid, and not for the one that we would invent
            raise invalid(public_key="needs the uuid that it was made for")
    return None if new.uuid is None else check_uuid(new.uuid)
