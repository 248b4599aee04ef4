"""
Finding the code, or the link, that a message was sent for.

Owns what texts mean to somebody who waits: one-time codes (`codes.py`) and links that confirm, sign in or reset
(`links.py`). Pure functions of texts, in linear time, on a bounded part of their input; they know no message, no sender
and no database. `docs/explanation/finding-codes.md` tells how they decide and how often they are right.
"""

from ravi.server.extraction.codes import FoundCode, find_codes
from ravi.server.extraction.links import FoundLink, find_links

__all__ = ["FoundCode", "FoundLink", "find_codes", "find_links"]
