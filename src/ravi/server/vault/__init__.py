"""
The vault: sealed values that the server cannot read.

Owns today the account's encryption metadata (salt, verifier, public key), because published clients ask for it
while they sign in. Passwords, secrets and one-time-password seeds follow with the vault release.
"""

from ravi.server.vault.service import Vault

__all__ = ["Vault"]
