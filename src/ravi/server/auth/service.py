"""
Accounts and the credentials that speak for them.

Owns sign-in codes, passwords and sign-ins, and composes the parts that have files of their own: `keys.py` (API
keys), `sessions.py` (access and refresh tokens, and the look-up of every presented credential) and `standing.py`
(whether credentials that were accepted earlier still stand).
"""

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from ravi.errors import BadCredentials, Forbidden, NotFound
from ravi.server.auth import codes, storage
from ravi.server.auth.errors import AccountExists
from ravi.server.auth.forgetting import Forgetting
from ravi.server.auth.keys import Keys
from ravi.server.auth.passwords import LONGEST, SHORTEST, Passwords
from ravi.server.auth.records import Account, SignedOut, SigninCode
from ravi.server.auth.sessions import Sessions
from ravi.server.auth.standing import Standing
from ravi.server.auth.tokens import digest
from ravi.server.db import Database, Transaction, micros
from ravi.server.events import Events
from ravi.server.http import Principal
from ravi.server.http.errors import invalid
from ravi.wire import audit as actions

SIGNIN_CODE_LIVES = timedelta(minutes=15)

#: Ends, as part of the transaction, what else an account (its row id) is signed in with; returns how many of those.
EndSessions = Callable[[Transaction, int], Awaitable[int]]


class Auth(Keys, Sessions, Standing):
    """Who owns what, and how they prove it."""

    def __init__(
        self,
        db: Database,
        events: Events,
        now: Callable[[], datetime],
        *,
        access_token_lives: timedelta = timedelta(hours=1),
    ) -> None:
        Keys.__init__(self, db, events, now)
        Sessions.__init__(self, db, events.audit, now, access_token_lives=access_token_lives)
        Standing.__init__(self, db, now)
        self._passwords = Passwords()
        self.forgetting = Forgetting(db, now)
        self._end_sessions: list[EndSessions] = []

    def on_sign_out_everywhere(self, end: EndSessions) -> None:
        """Have *end* called whenever an account signs out everywhere."""
        self._end_sessions.append(end)

    async def sign_out_everywhere(self, who: Principal, *, keys: bool = False) -> SignedOut:
        """
        End every sign-in of the caller's account, with all that was made with them; its sessions in browsers; and what
        somebody could still sign in with: approvals and one-time codes that were not used yet.

        API keys stay, or with *keys* all end, those of identities too. Raises Forbidden for an identity's credential.
        """
        if who.bound:
            raise Forbidden("an identity's own credential cannot sign out the whole account")
        account_id, now = who.account_id, micros(self._now())
        async with self._db.begin() as tx:
            sessions = sum([await end(tx, account_id) for end in self._end_sessions])
            await storage.use_all_signin_codes(tx, account_id, at=now)
            ended = SignedOut(
                await storage.revoke_sign_ins(tx, account_id, None, at=now) + sessions,
                await self.revoke_all_keys(tx, account_id) if keys else 0,
            )
            target = {"everywhere": ended.sign_ins} | ({"keys": ended.keys} if keys else {})
            await self._audit.append(tx, account_id, actions.SIGNED_OUT, target=target)
        return ended

    async def add_account(self, email: str, first_name: str = "", last_name: str = "") -> Account:
        """
        Create the account of an owner. The address is compared without regard to case.

        Raises Invalid for what is no address, AccountExists when there is one already.
        """
        email = _address(email)
        async with self._db.begin() as tx:
            account = await storage.insert_account(
                tx,
                uuid=str(uuid.uuid4()),
                email=email,
                first_name=first_name.strip(),
                last_name=last_name.strip(),
                at=micros(self._now()),
            )
            if account is not None:
                await self._audit.append(tx, account.id, actions.ACCOUNT_CREATED)
        if account is None:
            raise AccountExists(f"there is an account for {email} already")
        return account

    async def find_account(self, email: str) -> Account | None:
        """Return the account of *email*, or None."""
        return await storage.find_account(self._db, email=email.strip().lower())

    async def get_account(self, account_id: int) -> Account:
        """Return the account. Raises NotFound."""
        account = await storage.find_account_by_id(self._db, account_id)
        if account is None:
            raise NotFound("no such account")
        return account

    async def list_accounts(self) -> list[Account]:
        """Return every account, oldest first: for the operator's own program only."""
        return await storage.list_accounts(self._db)

    async def make_signin_code(self, account_id: int) -> SigninCode:
        """Return a fresh one-time code, good for 15 minutes. Earlier ones stay good until they end."""
        code = codes.new_code(3)
        now = self._now()
        expires_at = now + SIGNIN_CODE_LIVES
        async with self._db.begin() as tx:
            await storage.insert_signin_code(
                tx, account_id, digest(codes.normal(code)), at=micros(now), expires_at=micros(expires_at)
            )
            await self._audit.append(tx, account_id, actions.CODE_MADE)
        return SigninCode(code, expires_at)

    async def use_signin_code(self, code: str) -> Account:
        """Consume *code* and return its account. Raises BadCredentials: unknown, used or expired."""
        async with self._db.begin() as tx:
            account_id = await storage.use_signin_code(tx, digest(codes.normal(code)), at=micros(self._now()))
            if account_id is None:
                raise BadCredentials("this one-time code is unknown, used or expired")
            account = await storage.find_account_by_id(tx, account_id)
        assert account is not None  # the code refers to it
        return account

    async def set_password(self, account_id: int, password: str) -> None:
        """Replace the account's password. Raises Invalid when it is too short or too long."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise invalid(password=f"must have {SHORTEST} to {LONGEST} characters")
        hashed = await self._passwords.hash(password)
        async with self._db.begin() as tx:
            await storage.set_password_hash(tx, account_id, hashed, at=micros(self._now()))
            await self._audit.append(tx, account_id, actions.PASSWORD_SET)

    async def check_password(self, email: str, password: str) -> Account:
        """Return the account. Raises BadCredentials after the same work whether or not it exists."""
        found = await storage.find_password_hash(self._db, email.strip().lower())
        stored = found[1] if found else None
        fits = await self._passwords.fits(stored, password[: LONGEST + 1])
        if not fits or found is None:
            raise BadCredentials("address and password do not fit")
        return found[0]


def _address(email: str) -> str:
    email = email.strip().lower()
    local, at, domain = email.rpartition("@")
    if not (local and at and domain) or len(email) > 254 or any(c.isspace() or not c.isprintable() for c in email):
        raise invalid(email="must be an address such as ada@example.org")
    return email
