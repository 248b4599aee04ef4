"""
Access and refresh tokens, and the look-up from any presented credential to a Principal.

Refresh tokens rotate without a trap: many processes share one file, so a used refresh token stays good for
`GRACE` and each use of it yields a working pair. Coming back later than that means that it leaked or that a
backup was restored, and its whole family ends (RFC 9700 section 4.14.2).
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from ravi.errors import Forbidden, IdentityDisabled, IdentityNotFound, TokenReused, Unauthenticated
from ravi.server.audit import Audit
from ravi.server.auth import storage, tokens
from ravi.server.auth.records import Presented, PresentedIdentity, Tokens
from ravi.server.db import Database, Transaction, from_micros, micros
from ravi.server.http.origin import Origin, origin
from ravi.server.http.principal import IdentityRef, Kind, Principal
from ravi.wire import audit as actions
from ravi.wire.scopes import ACCOUNT_SCOPES, IDENTITY_SCOPES

REFRESH_TOKEN_LIVES = timedelta(days=180)
GRACE = timedelta(seconds=60)

_KINDS: dict[tuple[str, bool], Kind] = {
    ("access", False): "session",
    ("access", True): "bound_session",
    ("management", False): "management_key",
    ("identity", True): "identity_key",
}


class Sessions:
    """Signing in, refreshing, binding, signing out, and recognising."""

    def __init__(
        self, db: Database, audit: Audit, now: Callable[[], datetime], *, access_token_lives: timedelta
    ) -> None:
        self._db = db
        self._audit = audit
        self._now = now
        self._access_token_lives = access_token_lives
        self._last_used: dict[int, datetime] = {}

    async def authenticate(self, token: str) -> Principal:
        """
        Return who *token* speaks for.

        Raises Unauthenticated when it is unknown, expired, revoked or no bearer credential, IdentityDisabled when
        it belongs to an identity that is switched off. Nothing is cached: a revocation holds from the next
        request on, on every replica.
        """
        if not tokens.looks_right(token) or token.startswith(tokens.REFRESH):
            raise Unauthenticated("Token is invalid or expired")
        now = self._now()
        found = await storage.find_presented(self._db, tokens.digest(token), at=micros(now))
        if found is None or _ended(found, now):
            raise Unauthenticated("Token is invalid or expired")
        identity = _reference(found.identity) if found.identity else None
        kind = _KINDS[found.kind, identity is not None]
        if identity and identity.disabled:
            refused = replace(origin(), kind=kind, credential=found.uuid)
            self._audit.refusals.note(
                found.account_id, refused, actions.REQUEST_REFUSED, IdentityDisabled.code, identity=identity.uuid
            )
            raise IdentityDisabled("this identity is switched off")
        self._last_used[found.id] = now
        return Principal(
            account_id=found.account_id,
            kind=kind,
            credential_id=found.id,
            credential_uuid=found.uuid,
            scopes=IDENTITY_SCOPES if identity else ACCOUNT_SCOPES,
            identity=identity,
            bound=identity is not None,
            sign_in_id=found.sign_in_id,
            expires_at=found.expires_at,
        )

    async def select(self, who: Principal, identity_uuid: str) -> IdentityRef:
        """Return the identity that an account-wide caller names. Raises IdentityNotFound."""
        found = await storage.find_identity(self._db, who.account_id, identity_uuid.lower())
        if found is None or _over(found, self._now()):
            raise IdentityNotFound("no such identity")
        return _reference(found)

    async def sign_in(
        self, account_id: int, label: str, identity: IdentityRef | None = None, *, how: str = ""
    ) -> Tokens:
        """Begin a family of tokens for the account; bound to *identity* if given. *how* is for the audit log."""
        async with self._db.begin() as tx:
            sign_in_id = await storage.insert_sign_in(tx, account_id, label, at=micros(self._now()))
            target = {"label": label} | ({"how": how} if how else {})
            return await self._issue(tx, actions.SIGNED_IN, account_id, sign_in_id, identity, target=target)

    async def refresh(self, token: str) -> Tokens:
        """
        Return a fresh pair for a refresh token; a bound one yields a bound pair.

        Raises Unauthenticated when it is not good, TokenReused when it was used up, which ends its family, and
        IdentityDisabled when its identity is switched off; then it stays good for later.
        """
        if not tokens.looks_right(token) or not token.startswith(tokens.REFRESH):
            raise Unauthenticated("Token is invalid or expired")
        now = self._now()
        async with self._db.begin() as tx:
            found = await storage.find_presented(tx, tokens.digest(token), at=micros(now))
            if found is None or _ended(found, now) or found.sign_in_id is None:
                raise Unauthenticated("Token is invalid or expired")
            identity = _reference(found.identity) if found.identity else None
            if identity and identity.disabled:
                raise IdentityDisabled("this identity is switched off")
            who = replace(origin(), kind=_KINDS["access", identity is not None], credential=found.uuid)
            if reused := found.used_at is not None and now - found.used_at > GRACE:
                await storage.revoke_sign_ins(tx, found.account_id, found.sign_in_id, at=micros(now))
                await self._audit.append(
                    tx,
                    found.account_id,
                    actions.TOKEN_REUSED,
                    identity=identity.uuid if identity else "",
                    target={"sign_in": found.sign_in_id},
                    result=TokenReused.code,
                    who=who,
                )
            else:
                await storage.mark_used(tx, found.id, at=micros(now))
                await storage.delete_ended_tokens(tx, found.sign_in_id, before=micros(now - GRACE))
                pair = await self._issue(tx, actions.REFRESHED, found.account_id, found.sign_in_id, identity, who=who)
        if reused:  # raised outside, or the rollback would undo the revocation
            raise TokenReused("this refresh token was used before; its sign-in has been ended")
        return pair

    async def bind(self, who: Principal, identity_uuid: str) -> Tokens:
        """
        Return a pair that speaks for one identity only.

        It is a sign-in of its own, which its holder can end without ending anybody else's, and it ends with the sign-in
        or the key that it was made with. Raises IdentityNotFound, or Forbidden when a bound caller asks for another
        identity than its own.
        """
        if who.bound and who.identity and who.identity.uuid != identity_uuid.lower():
            raise Forbidden("this credential belongs to another identity")
        identity = await self.select(who, identity_uuid)
        async with self._db.begin() as tx:
            if who.bound and who.sign_in_id is not None:
                sign_in_id = who.sign_in_id
            else:
                sign_in_id = await storage.insert_sign_in(
                    tx,
                    who.account_id,
                    f"bound by {who.kind}",
                    at=micros(self._now()),
                    key_id=who.credential_id if who.sign_in_id is None else None,
                    parent_id=who.sign_in_id,
                )
            return await self._issue(tx, actions.BOUND, who.account_id, sign_in_id, identity)

    async def sign_out(self, who: Principal, *, refresh: str | None = None) -> int:
        """
        End the sign-in of the caller and, if given, that of a refresh token.

        Returns how many ended. Keys are not sign-ins and stay.
        """
        now = micros(self._now())
        async with self._db.begin() as tx:
            families = {who.sign_in_id} if who.sign_in_id is not None else set()
            if refresh and tokens.looks_right(refresh):
                found = await storage.find_presented(tx, tokens.digest(refresh), at=now)
                in_reach = found is not None and found.account_id == who.account_id
                if found and in_reach and found.sign_in_id and not who.bound:
                    families.add(found.sign_in_id)
            ended = sum([await storage.revoke_sign_ins(tx, who.account_id, each, at=now) for each in families])
            if ended:
                about = who.identity.uuid if who.bound and who.identity else ""
                target = {"sign_ins": sorted(families)}
                await self._audit.append(tx, who.account_id, actions.SIGNED_OUT, identity=about, target=target)
            return ended

    async def flush_last_used(self) -> int:
        """Write down when credentials were last used; return how many. A crash loses seconds of this, no more."""
        pending, self._last_used = self._last_used, {}
        if pending:
            async with self._db.begin() as tx:
                for credential_id, moment in pending.items():
                    await storage.set_last_used(tx, credential_id, at=micros(moment))
        return len(pending)

    async def last_seen(self, account_id: int, identity_ids: Sequence[int]) -> dict[int, datetime]:
        """Return when these identities last used a credential of their own, by row id; who never did is missing."""
        found = await storage.list_last_used(self._db, account_id, identity_ids)
        return {identity: from_micros(at) for identity, at in found.items()}

    async def _issue(
        self,
        tx: Transaction,
        action: str,
        account_id: int,
        sign_in_id: int,
        identity: IdentityRef | None,
        *,
        target: dict[str, str] | None = None,
        who: Origin | None = None,
    ) -> Tokens:
        """Insert a pair of tokens, and write *action* into the audit log, with the uuid that the access token has."""
        now = self._now()
        ends = {"access": now + self._access_token_lives, "refresh": now + REFRESH_TOKEN_LIVES}
        made = {"access": tokens.new_token(tokens.ACCESS), "refresh": tokens.new_token(tokens.REFRESH)}
        uuids = {kind: str(uuid.uuid4()) for kind in made}
        for kind, secret in made.items():
            await storage.insert_credential(
                tx,
                uuid=uuids[kind],
                account_id=account_id,
                identity_id=identity.id if identity else None,
                sign_in_id=sign_in_id,
                kind=kind,
                hash=tokens.digest(secret),
                label="",
                masked=tokens.masked(secret),
                at=micros(now),
                expires_at=micros(ends[kind]),
            )
        await self._audit.append(
            tx,
            account_id,
            action,
            identity=identity.uuid if identity else "",
            target={"sign_in": sign_in_id, "credential": uuids["access"], **(target or {})},
            who=who,
        )
        return Tokens(made["access"], made["refresh"], ends["access"])


def _ended(found: Presented, now: datetime) -> bool:
    if found.revoked or (found.expires_at is not None and found.expires_at <= now):
        return True
    return found.identity is not None and _over(found.identity, now)


def _over(identity: PresentedIdentity, now: datetime) -> bool:
    # The reaper comes by now and then; the end of an identity's time is exact.
    return identity.expires_at is not None and identity.expires_at <= now


def _reference(found: PresentedIdentity) -> IdentityRef:
    return IdentityRef(found.id, found.uuid, found.name, disabled=found.status == "disabled")
