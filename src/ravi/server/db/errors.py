"""What can be wrong with a database as a whole. A noun's own clashes are its `storage.py`'s business."""

from ravi.errors import NotFound, Unavailable


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached or cannot write (gone, full, corrupt); nothing was stored."""


class DatabaseBusy(DatabaseUnavailable):
    """Another process held the write lock for longer than we wait."""


class DatabaseFull(DatabaseUnavailable):
    """There is no room on the disk; nothing was stored."""


class ReferenceGone(NotFound):
    """A row that the statement refers to was deleted by somebody else in the meantime."""


class SchemaTooNew(RuntimeError):
    """The database was written by a newer release, or its migrations were edited."""
