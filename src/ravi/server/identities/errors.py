"""What identities refuse: all of it is in the public tree, gathered here by the noun that raises it."""

from ravi.errors import (
    AddressInvalid,
    AddressTaken,
    DomainMissing,
    IdentityDeleted,
    IdentityNotFound,
    InboxExists,
    NumbersExhausted,
    PhoneExists,
)

__all__ = [
    "AddressInvalid",
    "AddressTaken",
    "DomainMissing",
    "IdentityDeleted",
    "IdentityNotFound",
    "InboxExists",
    "NumbersExhausted",
    "PhoneExists",
]
