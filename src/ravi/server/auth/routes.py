"""Tokens, keys and the account over HTTP. Signing in itself is in `login`."""

from ravi.server.auth.records import Account, Key, Tokens
from ravi.server.auth.service import Auth
from ravi.server.http import Principal, Routes, Selects
from ravi.server.http.errors import invalid
from ravi.server.http.times import rfc3339, rfc3339_or_none, ttl_or_none
from ravi.wire import auth as wire
from ravi.wire import paths
from ravi.wire.identities import Owner
from ravi.wire.scopes import Scope

routes = Routes("auth")


@routes.post(paths.AUTH_REFRESH, scope=None)
async def refresh(body: wire.RefreshRequest, auth: Auth) -> wire.TokenPair:
    """Exchange a refresh token for a fresh pair."""
    return pair_to_wire(await auth.refresh(body["refresh"]))


@routes.post(paths.AUTH_BIND_IDENTITY, scope=Scope.SESSION)
async def bind_identity(who: Principal, body: wire.BindRequest, auth: Auth) -> wire.TokenPair:
    """Get a pair of tokens that speaks for one identity only."""
    return pair_to_wire(await auth.bind(who, body["identity"]))


@routes.post(paths.AUTH_LOGOUT, scope=Scope.SESSION)
async def logout(who: Principal, body: wire.LogoutRequest, auth: Auth) -> wire.LogoutDone:
    """End this sign-in, or with `everywhere` all of the account's; keys stay, but for `everywhere` with `keys`."""
    everywhere, keys = body.get("everywhere", False), body.get("keys", False)
    if not everywhere:
        if keys:
            raise invalid(keys="goes with everywhere")
        return {"signed_out": await auth.sign_out(who, refresh=body.get("refresh"))}
    ended = await auth.sign_out_everywhere(who, keys=keys)
    return {"signed_out": ended.sign_ins, "revoked_keys": ended.keys} if keys else {"signed_out": ended.sign_ins}


@routes.get(paths.OWNER, scope=Scope.ACCOUNT_READ)
async def owner(who: Principal, auth: Auth) -> Owner:
    """Name the account's owner."""
    account = await auth.get_account(who.account_id)
    return {"first_name": account.first_name, "last_name": account.last_name}


@routes.get(paths.KEYS_MANAGEMENT, scope=Scope.MANAGEMENT_KEYS, lists=True)
async def list_management_keys(who: Principal, auth: Auth) -> list[wire.ManagementKey]:
    """List the account's keys, masked."""
    return [management_key_to_wire(key) for key in await auth.list_keys(who.account_id, "management")]


@routes.post(paths.KEYS_MANAGEMENT, scope=Scope.MANAGEMENT_KEYS, status=201, creates=True)
async def create_management_key(who: Principal, body: wire.ManagementKeyCreate, auth: Auth) -> wire.ManagementKey:
    """Mint an account key; the answer is the only place where it is shown."""
    minted = await auth.mint_management_key(
        who.account_id, body.get("label") or "api", ttl_or_none(body.get("ttl_seconds"))
    )
    return management_key_to_wire(minted.key, secret=minted.secret)


@routes.delete(f"{paths.KEYS_MANAGEMENT}{{key_uuid}}/", scope=Scope.MANAGEMENT_KEYS, status=204)
async def revoke_management_key(who: Principal, key_uuid: str, auth: Auth) -> None:
    """Revoke an account key."""
    await auth.revoke_key(who.account_id, "management", key_uuid)


@routes.get(paths.KEYS_IDENTITY, scope=Scope.KEYS_READ, selects=Selects.FILTERS, lists=True)
async def list_identity_keys(who: Principal, auth: Auth) -> list[wire.IdentityKey]:
    """List identity keys, masked: an identity sees its own."""
    identity_id = who.identity.id if who.identity else None
    return [identity_key_to_wire(key) for key in await auth.list_keys(who.account_id, "identity", identity_id)]


@routes.post(paths.KEYS_IDENTITY, scope=Scope.KEYS_MINT, status=201, creates=True)
async def create_identity_key(who: Principal, body: wire.IdentityKeyCreate, auth: Auth) -> wire.IdentityKey:
    """Mint a key for one identity; the answer is the only place where it is shown."""
    identity = await auth.select(who, body["identity_uuid"])
    minted = await auth.mint_identity_key(
        who.account_id, identity, body.get("label") or "api", ttl_or_none(body.get("ttl_seconds"))
    )
    return identity_key_to_wire(minted.key, secret=minted.secret)


@routes.delete(f"{paths.KEYS_IDENTITY}{{key_uuid}}/", scope=Scope.KEYS_REVOKE, status=204)
async def revoke_identity_key(who: Principal, key_uuid: str, auth: Auth) -> None:
    """Revoke an identity key: an identity may revoke its own."""
    await auth.revoke_key(who.account_id, "identity", key_uuid, who.identity if who.bound else None)


def user_to_wire(account: Account) -> wire.User:
    return {
        "id": account.id,
        "uuid": account.uuid,
        "email": account.email,
        "first_name": account.first_name,
        "last_name": account.last_name,
    }


def pair_to_wire(pair: Tokens) -> wire.TokenPair:
    return {"access": pair.access, "refresh": pair.refresh, "expires_at": rfc3339(pair.expires_at)}


def management_key_to_wire(key: Key, secret: str | None = None) -> wire.ManagementKey:
    return {
        "uuid": key.uuid,
        "key": secret or key.masked,
        "label": key.label,
        "is_active": key.revoked_at is None,
        "last_used_at": rfc3339_or_none(key.last_used_at),
        "expires_at": rfc3339_or_none(key.expires_at),
        "created_dt": rfc3339(key.created_at),
    }


def identity_key_to_wire(key: Key, secret: str | None = None) -> wire.IdentityKey:
    identity = key.identity_uuid or ""
    return {**management_key_to_wire(key, secret), "identity": identity, "identity_uuid": identity}
