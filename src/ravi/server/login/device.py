"""
The device flow, RFC 8628: a device shows a code, its owner approves it in a browser, the device gets tokens.

A grant is pending, then approved or denied, then redeemed. Its device code is stored as a hash, so the database
cannot poll for it; the answer is sealed under the device code, so the database cannot read it either. Every
step that decides is one UPDATE with the old state in its WHERE: of two that race, one wins.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from ravi.server.audit import Audit
from ravi.server.auth import Auth, codes
from ravi.server.auth.tokens import digest
from ravi.server.db import Database
from ravi.server.events import Wakeup
from ravi.server.http.limits import Attempts
from ravi.server.http.origin import origin
from ravi.server.http.peer import neighbourhood
from ravi.server.http.sealing import seal, unseal
from ravi.server.identities import Identities
from ravi.server.login import errors, storage
from ravi.server.login.asker import described
from ravi.server.login.records import LISTED, Grant, GrantState, SignedIn, StartedGrant
from ravi.wire import audit as actions

log = logging.getLogger("ravi.login")

LIVES = timedelta(minutes=15)
POLL_EVERY = timedelta(seconds=5)
LONGEST_HOLD = timedelta(seconds=25)  # published clients give up after 30

#: A device whose connection broke may ask for the same answer again for this long.
READABLE_AGAIN = timedelta(seconds=60)
#: Kept beyond its end, so that a late poll hears "expired" and not "unknown".
REMEMBERED = timedelta(hours=1)

#: A held poll looks again this often: the approval may come from another process, whose bell we cannot hear.
LOOK_AGAIN_SECONDS = 1.0

STARTS_PER_ADDRESS = 300
LOOKS_PER_SESSION = 20
LOOKS_PER_ADDRESS = 60
WINDOW = timedelta(minutes=15)


class DeviceFlow:
    """Starting, deciding and collecting device sign-ins."""

    def __init__(
        self,
        db: Database,
        auth: Auth,
        identities: Identities,
        audit: Audit,
        wakeup: Wakeup,
        attempts: Attempts,
        now: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._auth = auth
        self._identities = identities
        self._audit = audit
        self._wakeup = wakeup
        self._attempts = attempts
        self._now = now
        self._closing = False

    async def start(self, hostname: str, workspace: str, address: str) -> StartedGrant:
        """
        Begin a sign-in for a device that calls itself *hostname* and asks from *address*.

        Raises RateLimited when one address starts hundreds.
        """
        await self._attempts.count(f"device-start:{neighbourhood(address)}", most=STARTS_PER_ADDRESS, per=WINDOW)
        device_code = secrets.token_urlsafe(32)
        asker = described(hostname, workspace, address)
        now = self._now()
        while True:
            user_code = codes.new_code(2)  # 40 bits; a clash with a living one is drawn again
            async with self._db.begin() as tx:
                if await storage.insert_grant(
                    tx,
                    device_hash=digest(device_code),
                    user_code=_stored(user_code),
                    asker=asker,
                    at=now,
                    expires_at=now + LIVES,
                ):
                    return StartedGrant(device_code, user_code, now + LIVES)

    async def collect(
        self, device_code: str, render: Callable[[SignedIn], bytes], *, hold: timedelta = timedelta()
    ) -> bytes:
        """
        Return what *render* makes of the approved sign-in; once, and the same bytes again for a minute.

        While the owner has not decided, waits up to *hold*. Raises AuthorizationPending, GrantExpired, GrantDenied
        or GrantUnknown.
        """
        device_hash = digest(device_code)
        clock = asyncio.get_running_loop()
        until = clock.time() + min(hold, LONGEST_HOLD).total_seconds()
        with self._wakeup.listening(_topic(device_hash)) as bell:
            while True:
                grant = await self._living(device_hash)
                if grant.state == "redeemed":
                    return self._again(grant, device_code)
                if grant.state == "approved":
                    answer = await self._redeem(grant, device_code, render)
                    if answer is not None:
                        return answer
                    continue  # another poll of the same device was faster: read what it was told
                left = until - clock.time()
                if left <= 0 or self._closing:
                    raise errors.AuthorizationPending("the owner has not decided yet")
                await bell.ring_within(min(left, LOOK_AGAIN_SECONDS))

    async def look(self, user_code: str, *, session_id: str, address: str) -> Grant:
        """
        Return the pending grant that shows *user_code*; case and hyphens make no difference.

        Looking is counted per session and per address, or codes could be guessed; only a decision starts the
        count afresh. Raises CodeUnknown, CodeExpired, CodeDecided, RateLimited.
        """
        for subject, most in _looks(session_id, address).items():
            await self._attempts.count(subject, most=most, per=WINDOW)
        grant = await storage.find_grant_by_user_code(self._db, _stored(user_code))
        if grant is None:
            raise errors.CodeUnknown("no device is waiting with this code")
        if grant.state != "pending":
            raise errors.CodeDecided("this code was decided already")
        if grant.expires_at <= self._now():
            raise errors.CodeExpired("this code has expired")
        return grant

    async def decide(self, user_code: str, account_id: int, *, approve: bool, session_id: str, address: str) -> Grant:
        """
        Approve or deny for the account, and wake the device that waits. Returns the grant as it was.

        Raises what look raises.
        """
        grant = await self.look(user_code, session_id=session_id, address=address)
        state: GrantState = "approved" if approve else "denied"
        async with self._db.begin() as tx:
            decided = await storage.decide_grant(tx, grant.id, state, account_id, at=self._now())
            if decided:
                tx.notify(_topic(grant.device_hash))
                await self._audit.append(
                    tx,
                    account_id,
                    actions.DEVICE_APPROVED if approve else actions.DEVICE_DENIED,
                    target={"grant": grant.id, "hostname": grant.asker.hostname},
                    who=replace(origin(), kind="browser"),
                )
        if not decided:  # by another page, a moment ago
            raise errors.CodeDecided("this code was decided already")
        for subject in _looks(session_id, address):
            await self._attempts.forget(subject)
        log.info("device sign-in decided", extra={"grant": grant.id, "account": account_id, "decision": state})
        return grant

    def close(self) -> None:
        """Let held polls answer "pending" within a second, so that the server can stop."""
        self._closing = True

    async def forget_old(self) -> int:
        """Drop grants that ended and answers that may no longer be read; return how many rows changed."""
        now = self._now()
        async with self._db.begin() as tx:
            gone = await storage.delete_grants(tx, expired_before=now - REMEMBERED)
            return gone + await storage.forget_answers(tx, redeemed_before=now - READABLE_AGAIN)

    async def _living(self, device_hash: bytes) -> Grant:
        """Return the grant unless it has ended. Raises GrantUnknown, GrantDenied, GrantExpired."""
        grant = await storage.find_grant_by_device(self._db, device_hash)
        if grant is None:
            raise errors.GrantUnknown("this device code is unknown or was used")
        if grant.state == "denied":
            raise errors.GrantDenied("the owner denied this sign-in")
        if grant.state != "redeemed" and grant.expires_at <= self._now():
            raise errors.GrantExpired("this sign-in was not completed in time")
        return grant

    def _again(self, grant: Grant, device_code: str) -> bytes:
        assert grant.redeemed_at is not None  # set together with the state
        if grant.answer is None or self._now() > grant.redeemed_at + READABLE_AGAIN:
            raise errors.GrantUnknown("this device code is unknown or was used")
        return unseal(device_code, grant.answer)

    async def _redeem(self, grant: Grant, device_code: str, render: Callable[[SignedIn], bytes]) -> bytes | None:
        """Turn the approval into tokens; None when another poll has done so in the meantime."""
        assert grant.account_id is not None  # set together with the approval
        label = f"device sign-in on {grant.asker.hostname or 'an unnamed host'}"
        async with self._db.begin() as tx:
            if not await storage.redeem_grant(tx, grant.id, at=self._now()):
                return None
            account = await self._auth.get_account(grant.account_id)
            answer = render(
                SignedIn(
                    account=account,
                    identities=await self._identities.list_(account.id, limit=LISTED),
                    tokens=await self._auth.sign_in(account.id, label, how="device"),
                    management_key=(await self._auth.mint_management_key(account.id, label)).secret,
                )
            )
            await storage.keep_answer(tx, grant.id, seal(device_code, answer))
        log.info("device signed in", extra={"grant": grant.id, "account": account.id})
        return answer


def _stored(user_code: str) -> str:
    # A hash, so that no code at all can be read in the database, not even one that has become useless.
    return digest(codes.normal(user_code)).hex()


def _looks(session_id: str, address: str) -> dict[str, int]:
    return {
        f"device-look-session:{digest(session_id).hex()}": LOOKS_PER_SESSION,
        f"device-look-address:{neighbourhood(address)}": LOOKS_PER_ADDRESS,
    }


def _topic(device_hash: bytes) -> str:
    return f"device:{device_hash.hex()}"
