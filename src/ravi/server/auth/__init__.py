"""
Auth: who is asking.

Owns accounts, sign-ins and their tokens, API keys, one-time sign-in codes, passwords, and the one look-up from
a presented credential to a `Principal`. How a person signs in (device flow, pages) lives in `login`; what an
identity is lives in `identities`, of which this noun reads no more than a reference.
"""

from ravi.server.auth.records import Account, Key, MintedKey, SigninCode, Tokens
from ravi.server.auth.service import Auth

__all__ = ["Account", "Auth", "Key", "MintedKey", "SigninCode", "Tokens"]
