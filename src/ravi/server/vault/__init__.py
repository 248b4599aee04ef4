"""
The vault: sealed values that the server cannot read.

Owns the account's encryption metadata (`service.py`), and what identities keep under it: secrets, passwords of sites,
seeds of one-time codes, each with its own files. `sealing.py` has the rules that they share, `resealing.py` what an
upgrade does to all of them. Keys are on the clients; identities' public keys belong to `identities`.
"""

from ravi.server.vault.passwords_service import Passwords
from ravi.server.vault.resealing import Resealing
from ravi.server.vault.sealing import Sealing
from ravi.server.vault.secrets_service import Secrets
from ravi.server.vault.service import Vault
from ravi.server.vault.totp_service import Totps

__all__ = ["Passwords", "Resealing", "Sealing", "Secrets", "Totps", "Vault"]
