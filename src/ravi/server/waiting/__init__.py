"""
Waiting: one request that is answered when the message is there that somebody waits for.

Owns what was handed out to whom, and the requests that are held. The messages, with the codes and links in them,
belong to `mail` and `phone`; that something happened is said by `events`.
"""

from ravi.server.waiting.service import Waiting

__all__ = ["Waiting"]
