"""
Issuing and verifying.

A token is signed, so that services can check it by themselves with the published key, and kept, so that it ends with
the credential that asked for it. Whoever asks us gets the answer of this moment: a signature alone proves nothing here,
and a copy of the database, although the key is in it, makes no token that passes, because of each token there is only
a hash.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ravi.errors import NotFound
from ravi.server.auth import Auth
from ravi.server.auth.tokens import digest
from ravi.server.db import Database, micros
from ravi.server.events import Events
from ravi.server.http import Principal, server_keys
from ravi.server.http.limits import Attempts
from ravi.server.http.peer import neighbourhood
from ravi.server.http.times import rfc3339
from ravi.server.identities import Identities, Identity
from ravi.server.sso import claims as checks
from ravi.server.sso import storage
from ravi.server.sso.claims import LIVES, Claims, check_audience
from ravi.server.sso.errors import SsoTokenRefused
from ravi.server.sso.jws import Signer
from ravi.server.sso.records import Issued, Proven
from ravi.wire import event_types
from ravi.wire.sso import Jwk

KEY_NAME = "sso-tokens"

PER = timedelta(minutes=1)
#: Each leaves an event for ever, so an identity in a loop must be stopped.
MOST_ISSUED = 60
#: Counted after the signature, so that only who holds a token can make us write.
MOST_VERIFIED = 600


class Sso:
    """
    Tokens of every identity. *public_url* is their `iss`.

    The key is made by the first server that starts, and every replica on the same database has the same.
    """

    def __init__(
        self,
        db: Database,
        auth: Auth,
        identities: Identities,
        events: Events,
        now: Callable[[], datetime],
        *,
        public_url: str,
    ) -> None:
        self._db = db
        self._auth = auth
        self._identities = identities
        self._events = events
        self._now = now
        self._public_url = public_url
        self._attempts = Attempts(db, now)
        self._signer: Signer | None = None

    async def load(self) -> None:
        """Get the key. Call it once, before the first request and in no transaction."""
        self._signer = Signer(await server_keys.load(self._db, KEY_NAME, now=self._now))

    @property
    def jwk(self) -> Jwk:
        """The public key, for whoever checks signatures."""
        return self._key.jwk

    @property
    def _key(self) -> Signer:
        assert self._signer is not None, "load the key first"
        return self._signer

    async def issue(self, who: Principal, *, audience: str | None, single_use: bool) -> Issued:
        """
        Return a token of the identity that *who* is bound to, for *audience* (None: for anybody).

        It is good for five minutes, and not longer than the key that asks for it or the identity. Raises Invalid for an
        audience that cannot be written, and RateLimited.
        """
        if audience is not None:
            check_audience(audience)
        ref = who.require_identity()
        await self._attempts.count(f"sso-token:{ref.id}", most=MOST_ISSUED, per=PER)
        identity = await self._identities.get(who.account_id, ref.uuid)
        now = self._now()
        # An access token is renewed under way, so the end of one is not the end of its sign-in.
        key_ends = who.expires_at if who.sign_in_id is None else None
        ends = min(moment for moment in (now + LIVES, key_ends, identity.expires_at) if moment is not None)
        claims = Claims(
            iss=self._public_url,
            sub=identity.uuid,
            aud=audience,
            iat=int(now.timestamp()),
            exp=int(ends.timestamp()),
            jti=secrets.token_urlsafe(16),
            single_use=single_use,
        )
        token = checks.write(self._key, claims)
        expires_at = datetime.fromtimestamp(claims.exp, UTC)
        async with self._db.begin() as tx:
            await storage.insert(
                tx,
                who.account_id,
                identity.id,
                hash=digest(token),
                credential_id=who.credential_id,
                sign_in_id=who.sign_in_id,
                expires_at=micros(expires_at),
            )
            data = {
                "audience": audience,
                "single_use": single_use,
                "expires_dt": rfc3339(expires_at),
                "by": {"kind": who.kind, "credential": who.credential_uuid},
            }
            await self._events.record(tx, who.account_id, event_types.SSO_TOKEN_ISSUED, identity.ref, data)
        return Issued(token, expires_at)

    async def verify(self, token: str, *, audience: str | None, consume: bool, peer: str) -> Proven:
        """
        Return whom *token* proves, to *audience*, who asks from the address *peer*; with *consume* it is used up.

        A token that was made for a single use is used up by the first who may have it. Raises SsoTokenRefused, for
        every reason, and RateLimited.
        """
        claims = checks.read(self._key, token)
        await self._attempts.count(f"sso-verify:{neighbourhood(peer)}", most=MOST_VERIFIED, per=PER)
        checks.check(claims, issuer=self._public_url, audience=audience, now=self._now().timestamp())
        kept = await storage.find(self._db, digest(token))
        if kept is None or not await self._auth.stands(kept.account_id, kept.credential_id, kept.sign_in_id):
            raise _void()
        identity = await self._active(kept.account_id, claims.sub)
        if kept.used:
            raise _used()
        if consume or claims.single_use:
            async with self._db.begin() as tx:
                if not await storage.use(tx, kept.account_id, digest(token), at=micros(self._now())):
                    raise _used()
        owner = await self._auth.get_account(kept.account_id) if claims.aud is None else None
        return Proven(identity, claims.aud, datetime.fromtimestamp(claims.exp, UTC), owner)

    async def forget_expired(self) -> int:
        """Delete what has ended; return how many."""
        async with self._db.begin() as tx:
            return await storage.delete_expired(tx, at=micros(self._now()))

    async def _active(self, account_id: int, identity_uuid: str) -> Identity:
        try:
            identity = await self._identities.get(account_id, identity_uuid)
        except NotFound:
            raise _void() from None
        if identity.status != "active":
            raise _void()
        return identity


def _void() -> SsoTokenRefused:
    # Whether the identity was switched off or deleted, or only its key was revoked, is not a stranger's business.
    return SsoTokenRefused("this token does not stand any more")


def _used() -> SsoTokenRefused:
    return SsoTokenRefused("this token was used before")
