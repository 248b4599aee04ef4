"""Encryption metadata as the server holds it: text it was given, which it cannot use for anything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Encryption:
    """All three are None until a client has set the account up."""

    id: int
    salt: str | None
    verifier: str | None
    public_key: str | None
