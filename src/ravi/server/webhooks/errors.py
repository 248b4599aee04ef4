"""What webhooks refuse. A refused target never leaves this noun: it becomes an answer, or a line in the log."""

from ravi.errors import Conflict, Forbidden, Invalid, NotFound, SelectorsDiffer

__all__ = ["Conflict", "Forbidden", "Invalid", "NotFound", "SelectorsDiffer", "TargetRefused"]


class TargetRefused(Exception):
    """This server does not post there; the text says why, and names no address that was found."""
