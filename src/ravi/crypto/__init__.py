"""
Pure functions on bytes: what seals and opens the vault.

    PIN ── stretch(salt) ── derive("unlock", secret key) ── unlock key ── opens ── root key
    root key ── identity_key(uuid) ─┬─ vault_key ── seals one identity's fields
                                    └─ box seed ── its public half is registered with the server

Owns key derivation, the wrapped root, the recovery code, the field format, one-time codes, and reading what the
published client v0.5.2 wrote (`legacy`, which only opens). Does no I/O, reads no settings; where keys are kept is
decided in `settings`, which key opens what in `client/keyring.py`. docs/reference/cryptography.md publishes all of
it with vectors.
"""
