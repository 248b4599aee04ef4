"""
Addresses that work without a credential for a while: attachments, which published clients fetch plainly.

Each names, under the signature, the credential that asked for it, and works no longer than that does.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ravi.errors import Forbidden
from ravi.server.auth import Auth
from ravi.server.db import Database
from ravi.server.http import Principal, server_keys

_KEY_NAME = "attachment-urls"

#: A `Voucher`; 0 is no identity.
_BY = re.compile(r"(\d{1,18})\.(\d{1,18})\.(\d{1,18})(?:\.(\d{1,18}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Voucher:
    """On whose word an address works: row ids."""

    account_id: int
    identity_id: int | None
    credential_id: int
    sign_in_id: int | None


class Signing:
    """
    Makes such addresses, and checks what comes back. *public_url* is what they begin with.

    The key is made by the first server that starts, and every replica on the same database has the same.
    """

    def __init__(self, db: Database, auth: Auth, now: Callable[[], datetime], *, public_url: str) -> None:
        self._db = db
        self._auth = auth
        self._now = now
        self._public_url = public_url
        self._key: bytes | None = None

    async def load(self) -> None:
        """Get the key. Call it once, before the first request and in no transaction."""
        self._key = await server_keys.load(self._db, _KEY_NAME, now=self._now)

    def by(self, who: Principal) -> "SignedFor":
        """Return what makes addresses on the word of *who*."""
        return SignedFor(self, who)

    def address(self, who: Principal, path: str, what: str, lives: timedelta) -> str:
        """Return the URL of *path* that allows *what* (a purpose and a uuid) for *lives* from now."""
        expires = int((self._now() + lives).timestamp())
        identity = who.identity.id if who.identity else 0
        by = f"{who.account_id}.{identity}.{who.credential_id}"
        if who.sign_in_id is not None:
            by += f".{who.sign_in_id}"
        return f"{self._public_url}{path}?expires={expires}&by={by}&signature={self._signature(what, expires, by)}"

    def check(self, what: str, expires: int, by: str, signature: str) -> Voucher:
        """
        Return on whose word this address works, which has to stand yet (`require_standing`).

        Raises Forbidden unless `address` made it for *what* and its time is not over.
        """
        wanted = self._signature(what, expires, by)
        if not hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace")):
            raise Forbidden("the signature of this address is wrong")
        if self._now().timestamp() >= expires:
            raise Forbidden("the time of this address is over", hint="ask for the message again")
        said = _BY.fullmatch(by)
        assert said is not None  # we have signed it
        account, identity, credential, sign_in = said.groups()
        return Voucher(int(account), int(identity) or None, int(credential), int(sign_in) if sign_in else None)

    async def require_standing(self, by: Voucher) -> None:
        """Raises Forbidden unless whoever asked for an address could still ask for it."""
        if not await self._auth.stands(by.account_id, by.credential_id, by.sign_in_id, by.identity_id):
            raise Forbidden("what this address was made with has ended", hint="ask for the message again")

    def _signature(self, what: str, expires: int, by: str) -> str:
        assert self._key is not None, "load the key first"
        digest = hmac.digest(self._key, f"{what}\n{expires}\n{by}".encode("utf-8", "replace"), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


@dataclass(frozen=True, slots=True)
class SignedFor:
    """Makes addresses for one caller."""

    signing: Signing
    who: Principal

    def address(self, path: str, what: str, lives: timedelta) -> str:
        """Return what `Signing.address` does."""
        return self.signing.address(self.who, path, what, lives)
