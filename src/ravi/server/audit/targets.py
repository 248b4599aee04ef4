"""
What of an event's data goes into the audit log: names and ids that this server gave or was given for a thing.

A list of what may be there, not of what may not: the data of an event that is new stay out until somebody decides.
Never here: subjects and bodies, addresses and numbers of strangers, reasons that carriers or other servers gave.
"""

from collections.abc import Mapping
from typing import Any

NAMES = frozenset(
    {
        "audience",
        "failures",
        "inbox_id",
        "key_uuid",
        "kind",
        "label",
        "message_id",
        "name",
        "names",
        "phone_id",
        "records",
        "root_version",
        "sender_type",
        "single_use",
        "state",
        "thread_id",
        "uuid",
        "uuids",
        "webhook_id",
        "webhook_uuid",
    }
)


def target_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of an event's *data* that says what it is about."""
    return {name: value for name, value in data.items() if name in NAMES}
