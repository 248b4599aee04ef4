"""
Identities: who exists, and the names they are given.

Owns identities, their addresses and their numbers, because `create` hands all three out in one transaction, and
the tombstones that keep an address or number from ever meaning somebody else. What arrives at an address lives
in `mail`, what a number receives in `phone`; where numbers come from is injected.
"""

from ravi.server.identities.allowlist import hold_identity
from ravi.server.identities.lines import Line
from ravi.server.identities.numbers import NumberSource
from ravi.server.identities.records import Domain, Identity, Inbox, NewIdentity, Number, Place, Receipt
from ravi.server.identities.service import Identities

__all__ = [
    "Domain",
    "Identities",
    "Identity",
    "Inbox",
    "Line",
    "NewIdentity",
    "Number",
    "NumberSource",
    "Place",
    "Receipt",
    "hold_identity",
]
