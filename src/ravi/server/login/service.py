"""
Signing in: with a password or a one-time code, at a page or without one.

Owns how often that may be tried, and composes the two parts that have files of their own: `device.py` (the
device flow) and `sessions.py` (browsers).
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from ravi.errors import BadCredentials, RateLimited
from ravi.server.audit import Audit
from ravi.server.auth import Account, Auth
from ravi.server.auth.passwords import LONGEST, SHORTEST
from ravi.server.auth.tokens import digest
from ravi.server.db import Database, Transaction
from ravi.server.events import Wakeup
from ravi.server.http.errors import invalid
from ravi.server.http.limits import Attempts
from ravi.server.http.origin import origin
from ravi.server.http.peer import neighbourhood
from ravi.server.identities import Identities
from ravi.server.login import storage
from ravi.server.login.asker import described
from ravi.server.login.device import DeviceFlow
from ravi.server.login.records import LISTED, SignedIn
from ravi.server.login.sessions import WebSessions
from ravi.wire.audit import SIGN_IN_REFUSED

log = logging.getLogger("ravi.login")

ATTEMPTS_PER_EMAIL = 10
ATTEMPTS_PER_ADDRESS = 100
WINDOW = timedelta(minutes=15)

#: Whatever was wrong, this is the answer: it must not tell which addresses have accounts.
REFUSAL = "these credentials do not fit"


class Login:
    """How people get in."""

    def __init__(
        self,
        db: Database,
        auth: Auth,
        identities: Identities,
        audit: Audit,
        wakeup: Wakeup,
        now: Callable[[], datetime],
        *,
        public_url: str,
    ) -> None:
        """*public_url* is where browsers reach this server, such as `https://ravi.example.org`."""
        self._db = db
        self._auth = auth
        self._identities = identities
        self._attempts = Attempts(db, now)
        self._audit = audit
        self._now = now
        self.public_url = public_url.rstrip("/")
        self.sessions = WebSessions(db, audit, now)
        self.device = DeviceFlow(db, auth, identities, audit, wakeup, self._attempts, now)
        auth.on_sign_out_everywhere(self._end_everything)

    async def check_password(self, email: str, password: str, *, address: str) -> Account:
        """
        Return the account that *email* and *password* fit.

        Raises BadCredentials, the same for every reason, or RateLimited. *address* is the peer's.
        """
        async with self._noted(email), self._counted(address, email):
            return await self._auth.check_password(_typed(email), password)

    async def use_code(self, code: str, *, address: str) -> Account:
        """Consume a one-time code and return its account. Raises BadCredentials or RateLimited."""
        async with self._counted(address):
            return await self._auth.use_signin_code(code)

    async def choose_password(self, email: str, code: str, password: str, *, address: str) -> Account:
        """
        Consume a one-time code of the account of *email*, and set its password.

        Browsers that were signed in to the account are signed out; tokens and keys of devices stay. Raises
        BadCredentials when code and address do not fit (the code stays good then), Invalid, RateLimited.
        """
        if not SHORTEST <= len(password) <= LONGEST:  # said before the code is gone
            raise invalid(password=f"must have {SHORTEST} to {LONGEST} characters")
        # The code has 60 random bits, so its tries are counted per address only. A stranger who uses up the
        # password attempts of an owner's address cannot keep out the owner who has a fresh code.
        async with self._noted(email), self._counted(address), self._db.begin():
            account = await self._auth.use_signin_code(code)
            owner = await self._auth.find_account(_typed(email))
            if owner is None or owner.id != account.id:
                raise BadCredentials(REFUSAL)
        await self._auth.set_password(account.id, password)
        await self.sessions.end_all(account.id)
        log.info("password set", extra={"account": account.id, "address": address})
        return account

    async def sign_in(self, account: Account, hostname: str = "", *, how: str = "") -> SignedIn:
        """Begin a family of tokens for somebody who has just proved to be *account*; *how*, for the audit log."""
        host = described(hostname, "", "").hostname
        tokens = await self._auth.sign_in(account.id, f"sign-in on {host or 'an unnamed host'}", how=how)
        return SignedIn(account, tokens, await self._identities.list_(account.id, limit=LISTED))

    async def forget_old(self) -> int:
        """Drop what has expired: grants, sealed answers, browser sessions. Returns how many rows changed."""
        gone = await self.device.forget_old() + await self._attempts.forget_old()
        async with self._db.begin() as tx:
            return gone + await storage.delete_sessions(tx, expired_before=self._now())

    async def _end_everything(self, tx: Transaction, account_id: int) -> int:
        """End the account's sessions, and what was approved and not collected yet; return how many sessions."""
        await storage.take_back_approvals(tx, account_id)
        return await storage.delete_sessions_of(tx, account_id)

    def close(self) -> None:
        """Let held polls end, so that the server can stop. Nothing else here waits."""
        self.device.close()

    @asynccontextmanager
    async def _noted(self, email: str) -> AsyncIterator[None]:
        """Have it written down when the body refuses to let somebody in who claims to own *email*."""
        try:
            yield
        except (BadCredentials, RateLimited) as refusal:
            # Looked up whoever it is, and written later: how long this takes tells nobody whether there is an account.
            account = await self._auth.find_account(_typed(email))
            if account is not None:
                self._audit.refusals.note(account.id, origin(), SIGN_IN_REFUSED, refusal.code)
            raise

    @asynccontextmanager
    async def _counted(self, address: str, email: str | None = None) -> AsyncIterator[None]:
        """Count one attempt before the body tries; forget the count when it succeeds."""
        subjects = {f"sign-in-address:{neighbourhood(address)}": ATTEMPTS_PER_ADDRESS}
        if email is not None:  # hashed: anybody may send anything, as long as he likes
            subjects[f"sign-in-email:{digest(_typed(email).strip().lower()).hex()}"] = ATTEMPTS_PER_EMAIL
        for subject, most in subjects.items():
            await self._attempts.count(subject, most=most, per=WINDOW)
        try:
            yield
        except BadCredentials:
            log.warning("sign-in refused", extra={"address": address})
            raise BadCredentials(REFUSAL) from None
        for subject in subjects:
            await self._attempts.forget(subject)


def _typed(email: str) -> str:
    # No address has unprintable characters, and PostgreSQL would choke on some: such a one is nobody's.
    return email if email.isprintable() else ""
