"""Addresses that work without a credential for a while: attachments, which published clients fetch plainly."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from ravi.errors import Forbidden
from ravi.server.db import Database
from ravi.server.http import server_keys

_KEY_NAME = "attachment-urls"


class Signing:
    """
    Makes such addresses, and checks what comes back. *public_url* is what they begin with.

    The key is made by the first server that starts, and every replica on the same database has the same.
    """

    def __init__(self, db: Database, now: Callable[[], datetime], *, public_url: str) -> None:
        self._db = db
        self._now = now
        self._public_url = public_url
        self._key: bytes | None = None

    async def load(self) -> None:
        """Get the key. Call it once, before the first request and in no transaction."""
        self._key = await server_keys.load(self._db, _KEY_NAME, now=self._now)

    def address(self, path: str, what: str, lives: timedelta) -> str:
        """Return the URL of *path* that allows *what* (a purpose and a uuid) for *lives* from now."""
        expires = int((self._now() + lives).timestamp())
        return f"{self._public_url}{path}?expires={expires}&signature={self._signature(what, expires)}"

    def check(self, what: str, expires: int, signature: str) -> None:
        """Raises Forbidden unless `address` made this for *what* and its time is not over."""
        wanted = self._signature(what, expires)
        if not hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace")):
            raise Forbidden("the signature of this address is wrong")
        if self._now().timestamp() >= expires:
            raise Forbidden("the time of this address is over", hint="ask for the message again")

    def _signature(self, what: str, expires: int) -> str:
        assert self._key is not None, "load the key first"
        digest = hmac.digest(self._key, f"{what}\n{expires}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
