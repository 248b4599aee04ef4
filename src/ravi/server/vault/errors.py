"""What the vault refuses: nearly all of it is in the public tree, gathered here by the noun that raises it."""

from ravi.errors import (
    Conflict,
    EntryAmbiguous,
    EntryExists,
    IdentityNotFound,
    NotFound,
    PlaintextRefused,
    VaultChanged,
    VaultKeyDiffers,
    VaultNotUpgraded,
    VaultSetUp,
)

__all__ = [
    "Conflict",
    "EncryptionExists",
    "EntryAmbiguous",
    "EntryExists",
    "IdentityNotFound",
    "NotFound",
    "PlaintextRefused",
    "VaultChanged",
    "VaultKeyDiffers",
    "VaultNotUpgraded",
    "VaultSetUp",
]


class EncryptionExists(Conflict):
    """The account's encryption is set up with another key: replacing it would orphan every sealed value."""

    hint = "sign in with the PIN that the account was set up with"
