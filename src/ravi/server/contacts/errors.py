"""What can be wrong with a contact."""

from ravi.errors import Conflict, NotFound

__all__ = ["ContactExists", "ContactNotFound"]


class ContactNotFound(NotFound):
    """No such contact in reach."""


class ContactExists(Conflict):
    """The identity has a contact with that address or number already."""
