"""
Pure functions on bytes: what seals and opens the vault.

Owns key derivation and the field format once the vault exists, split so that sealing needs only public keys.
Does no I/O, reads no clock and no settings; where keys are kept is decided in `client`.
"""
