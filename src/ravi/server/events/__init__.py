"""
Events: the append-only log of what happened.

Owns the table, its replay and its streams, and the wake-up that tells a waiting reader to look. An event is written in
the transaction that caused it; the wake-up carries no data, so losing one costs time and never an event.
"""

from ravi.server.events.service import Events
from ravi.server.events.wakeup import Wakeup

__all__ = ["Events", "Wakeup"]
