"""What the vault refuses."""

from ravi.errors import Conflict


class EncryptionExists(Conflict):
    """The account's encryption is set up with another key: replacing it would orphan every sealed value."""

    hint = "sign in with the PIN that the account was set up with"
