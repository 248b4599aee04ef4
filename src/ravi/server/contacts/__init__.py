"""
Contacts: the people an identity has met or was told about.

Owns who is known by which address or number, and whom an identity trusts. They are made by hand, or by exchanging a
message; what a trusted sender changes is decided where messages arrive.
"""

from ravi.server.contacts.service import Contacts

__all__ = ["Contacts"]
