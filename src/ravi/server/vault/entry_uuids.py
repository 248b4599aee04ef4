"""Uuids of new entries: chosen by the client, because the fields are sealed for them; by us for published clients."""

import uuid
from collections.abc import Iterable

from ravi.server.http.errors import invalid
from ravi.server.vault.sealing import PREFIX


def settled(chosen: str, sealed: Iterable[str]) -> str:
    """
    Return the uuid of a new entry with these *sealed* texts: the *chosen* one, or a fresh one for "".

    Raises Invalid when *chosen* is no uuid v4 in lower case, its only spelling that opens what was sealed for it; and
    when it is "" and a text was sealed for some uuid, which a fresh one cannot be.
    """
    if not chosen:
        if any(text.startswith(PREFIX) for text in sealed):
            raise invalid(uuid="is required: the fields were sealed for one")
        return str(uuid.uuid4())
    try:
        parsed = uuid.UUID(chosen)
    except ValueError:
        parsed = None
    if parsed is None or parsed.version != 4 or str(parsed) != chosen:
        raise invalid(uuid="must be a uuid of version 4, in lower case")
    return chosen
