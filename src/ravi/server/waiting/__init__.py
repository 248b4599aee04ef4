"""
Waiting: one request that is answered when the message is there that somebody waits for.

Owns what was handed out to whom, the requests that are held, and what the owner sees of them (`activity.py`, which asks
the nouns below as well). The messages, with the codes and links in them,
belong to `mail` and `phone`; that something happened is said by `events`.
"""

from ravi.server.waiting.activity import Activity
from ravi.server.waiting.service import Waiting

__all__ = ["Activity", "Waiting"]
