"""Argon2id for the one kind of secret here that a person chooses. In threads: a hash takes 0.1 s of one core."""

import asyncio

from nacl import exceptions, pwhash

SHORTEST = 10
LONGEST = 1024

#: Each hash holds 64 MiB; a burst of sign-ins must queue, not exhaust the memory.
_AT_ONCE = 2
_OPS = 3
_MEMORY = 64 * 1024 * 1024

#: A hash of nothing anybody knows, with our parameters: checking against it costs what checking a real one costs, so
#: that the time taken does not tell whether an account exists. Written down, because making it takes 80 ms of a start.
_NOBODY = b"$argon2id$v=19$m=65536,t=3,p=1$Aas/N5Wpm3Wp+l8begYlVA$IZaatUufwQYuxpuCUJmgsjPFSzNOH0pddpnth6xOpwc"


class Passwords:
    """Hashes and checks passwords, a few at a time."""

    def __init__(self) -> None:
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """Return the encoded Argon2id hash of *password*."""
        async with self._gate:
            hashed = await asyncio.to_thread(pwhash.argon2id.str, password.encode(), _OPS, _MEMORY)
        return hashed.decode().rstrip("\0")

    async def fits(self, stored: str | None, password: str) -> bool:
        """Tell whether *password* is the one behind *stored*; None (no account, none set) never fits."""
        async with self._gate:
            right = await asyncio.to_thread(_verify, stored.encode() if stored else _NOBODY, password.encode())
        return right and stored is not None


def _verify(stored: bytes, password: bytes) -> bool:
    try:
        return pwhash.verify(stored, password)
    except exceptions.InvalidkeyError:
        return False
