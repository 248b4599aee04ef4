"""What identities refuse: nearly all of it is in the public tree, gathered here by the noun that raises it."""

from ravi.errors import (
    AddressInvalid,
    AddressTaken,
    Conflict,
    DomainMissing,
    IdentityDeleted,
    IdentityNotFound,
    InboxExists,
    NoPhone,
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
    "NoPhone",
    "NumbersExhausted",
    "PhoneExists",
    "RestrictedOtherwise",
    "UuidTaken",
]


class UuidTaken(Conflict):
    """An identity has, or had, the uuid that a client has chosen for a new one."""

    hint = "choose another random one"


class RestrictedOtherwise(Conflict):
    """The identity that `reuse` found may write to others than the request says."""

    hint = "change that with: ravi identity restrict <name>; or leave it out of the request"
