"""Accounts and credentials on both engines: who is let in, how often, and until when."""

import asyncio
from datetime import timedelta

import pytest

from ravi.errors import BadCredentials, IdentityDisabled, IdentityNotFound, NotFound, TokenReused, Unauthenticated
from ravi.server.auth import Auth, tokens
from ravi.server.auth.errors import AccountExists
from ravi.server.auth.records import Account
from ravi.server.auth.sessions import GRACE, REFRESH_TOKEN_LIVES
from ravi.server.db import Database
from ravi.server.http import IdentityRef
from ravi.server.identities import Identities
from ravi.server.identities.records import Identity
from tests.storage.conftest import MakeIdentity
from tests.support.clock import Clock

SECOND = timedelta(seconds=1)


def ref(identity: Identity) -> IdentityRef:
    return IdentityRef(identity.id, identity.uuid, identity.name, identity.status == "disabled")


async def test_an_address_has_one_account_however_it_is_spelled(auth: Auth) -> None:
    results = await asyncio.gather(
        *(auth.add_account(email) for email in ["Ada@Example.com", "ada@example.com", " ADA@EXAMPLE.COM "] * 5),
        return_exceptions=True,
    )

    (account,) = [result for result in results if isinstance(result, Account)]
    assert sum(isinstance(result, AccountExists) for result in results) == 14
    assert await auth.find_account("ADA@example.com") == account
    assert await auth.get_account(account.id) == account


async def test_a_sign_in_code_is_good_once(auth: Auth, account: Account) -> None:
    code = (await auth.make_signin_code(account.id)).code
    results = await asyncio.gather(*(auth.use_signin_code(code) for _ in range(10)), return_exceptions=True)

    assert [result for result in results if isinstance(result, Account)] == [account]
    assert sum(isinstance(result, BadCredentials) for result in results) == 9


async def test_a_sign_in_code_ends_after_fifteen_minutes(auth: Auth, account: Account, clock: Clock) -> None:
    codes = [(await auth.make_signin_code(account.id)).code for _ in range(2)]
    clock.advance(minutes=15, microseconds=-1)
    assert await auth.use_signin_code(codes[0].lower().replace("-", "")) == account
    clock.advance(microseconds=1)

    with pytest.raises(BadCredentials):
        await auth.use_signin_code(codes[1])


async def test_a_password_replaces_the_one_before(auth: Auth, account: Account) -> None:
    await auth.set_password(account.id, "first password")
    await auth.set_password(account.id, "second password")

    assert (await auth.check_password("OWNER@example.com", "second password")).id == account.id
    for email, password in [("owner@example.com", "first password"), ("nobody@example.com", "second password")]:
        with pytest.raises(BadCredentials):
            await auth.check_password(email, password)


async def test_an_account_without_a_password_is_closed_to_every_password(auth: Auth, account: Account) -> None:
    for password in ("", "None", "x" * 20):
        with pytest.raises(BadCredentials):
            await auth.check_password(account.email, password)


async def test_an_access_token_is_good_for_its_hour(auth: Auth, account: Account, clock: Clock) -> None:
    pair = await auth.sign_in(account.id, "laptop")
    clock.at = pair.expires_at - SECOND
    who = await auth.authenticate(pair.access)
    clock.advance(seconds=1)

    assert (who.account_id, who.kind, who.identity, who.bound) == (account.id, "session", None, False)
    assert who.expires_at == pair.expires_at
    with pytest.raises(Unauthenticated):
        await auth.authenticate(pair.access)


async def test_a_refresh_token_is_no_bearer(auth: Auth, account: Account) -> None:
    pair = await auth.sign_in(account.id, "laptop")

    with pytest.raises(Unauthenticated):
        await auth.authenticate(pair.refresh)
    with pytest.raises(Unauthenticated):
        await auth.refresh(pair.access)


@pytest.mark.parametrize("token", ["", "x", "ravi_at_", "ravi_at_" + "a" * 51, "\x00", "ravi_mgmt_💩"])
async def test_nonsense_is_nobody(auth: Auth, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await auth.authenticate(token)
    with pytest.raises(Unauthenticated):
        await auth.refresh(token)


@pytest.mark.parametrize("prefix", tokens.PREFIXES)
async def test_what_looks_like_a_credential_and_is_none_is_nobody(auth: Auth, prefix: str) -> None:
    token = tokens.new_token(prefix)
    with pytest.raises(Unauthenticated):
        await auth.authenticate(token)
    with pytest.raises(Unauthenticated):
        await auth.refresh(token)


async def test_only_hashes_of_secrets_are_stored(auth: Auth, account: Account, db: Database) -> None:
    pair = await auth.sign_in(account.id, "laptop")
    key = await auth.mint_management_key(account.id, "ci")
    code = await auth.make_signin_code(account.id)
    await auth.set_password(account.id, "correct horse battery")

    stored = [
        value
        for table in ("accounts", "sign_ins", "credentials", "signin_codes", "events")
        for row in await db.all(f"SELECT * FROM {table}")
        for value in row
    ]
    texts = [bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value) for value in stored]
    for secret in (pair.access, pair.refresh, key.secret, code.code, "correct horse battery"):
        assert not any(secret in text or secret.encode().hex() in text for text in texts)


async def test_fifty_refreshes_with_one_token_all_get_working_pairs(auth: Auth, account: Account) -> None:
    """Many processes share one file, and all find its access token expired at once."""
    first = await auth.sign_in(account.id, "laptop")
    pairs = await asyncio.gather(*(auth.refresh(first.refresh) for _ in range(50)))

    assert len({pair.access for pair in pairs}) == 50
    for pair in pairs[::10]:
        assert (await auth.authenticate(pair.access)).account_id == account.id


async def test_a_used_refresh_token_is_good_for_a_minute(auth: Auth, account: Account, clock: Clock) -> None:
    first = await auth.sign_in(account.id, "laptop")
    await auth.refresh(first.refresh)
    clock.at += GRACE

    late = await auth.refresh(first.refresh)
    assert (await auth.authenticate(late.access)).account_id == account.id


async def test_using_it_again_within_the_minute_does_not_make_the_minute_longer(
    auth: Auth, account: Account, clock: Clock
) -> None:
    first = await auth.sign_in(account.id, "laptop")
    await auth.refresh(first.refresh)
    clock.advance(seconds=50)
    await auth.refresh(first.refresh)
    clock.advance(seconds=11)

    with pytest.raises(TokenReused):
        await auth.refresh(first.refresh)


async def test_reuse_after_the_minute_ends_the_whole_family_and_no_other(
    auth: Auth, account: Account, clock: Clock
) -> None:
    stolen, other = await auth.sign_in(account.id, "laptop"), await auth.sign_in(account.id, "desk")
    second = await auth.refresh(stolen.refresh)
    third = await auth.refresh(second.refresh)
    clock.at += GRACE + SECOND

    with pytest.raises(TokenReused):
        await auth.refresh(stolen.refresh)

    for access in (stolen.access, second.access, third.access):
        with pytest.raises(Unauthenticated):
            await auth.authenticate(access)
    with pytest.raises(Unauthenticated):
        await auth.refresh(third.refresh)
    assert (await auth.authenticate(other.access)).account_id == account.id


async def test_a_refresh_token_ends_too(auth: Auth, account: Account, clock: Clock) -> None:
    pair = await auth.sign_in(account.id, "laptop")
    clock.at += REFRESH_TOKEN_LIVES

    with pytest.raises(Unauthenticated):
        await auth.refresh(pair.refresh)


async def test_refreshing_for_ever_does_not_pile_up_tokens(
    auth: Auth, account: Account, clock: Clock, db: Database
) -> None:
    pair = await auth.sign_in(account.id, "laptop")
    for _ in range(30):
        clock.advance(hours=2)
        pair = await auth.refresh(pair.refresh)

    (access,) = await db.one("SELECT count(*) FROM credentials WHERE kind = 'access'")
    assert access <= 2


async def test_signing_out_ends_one_family_and_keeps_keys(auth: Auth, account: Account) -> None:
    first, second = await auth.sign_in(account.id, "laptop"), await auth.sign_in(account.id, "desk")
    key = await auth.mint_management_key(account.id, "ci")

    assert await auth.sign_out(await auth.authenticate(first.access)) == 1

    with pytest.raises(Unauthenticated):
        await auth.authenticate(first.access)
    with pytest.raises(Unauthenticated):
        await auth.refresh(first.refresh)
    ended = await auth.sign_out_everywhere(await auth.authenticate(key.secret))
    assert (ended.sign_ins, ended.keys) == (1, 0)
    with pytest.raises(Unauthenticated):
        await auth.authenticate(second.access)
    assert (await auth.authenticate(key.secret)).kind == "management_key"


async def test_signing_out_everywhere_is_of_one_account(auth: Auth, account: Account, stranger: Account) -> None:
    mine, theirs = await auth.sign_in(account.id, "laptop"), await auth.sign_in(stranger.id, "laptop")
    await auth.sign_out_everywhere(await auth.authenticate(mine.access))

    assert (await auth.authenticate(theirs.access)).account_id == stranger.id


async def test_a_bound_pair_speaks_for_one_identity_also_after_a_refresh(
    auth: Auth, account: Account, make: MakeIdentity
) -> None:
    identity = await make("a")
    pair = await auth.sign_in(account.id, "laptop")
    bound = await auth.bind(await auth.authenticate(pair.access), identity.uuid)
    again = await auth.refresh(bound.refresh)

    for access in (bound.access, again.access):
        who = await auth.authenticate(access)
        assert (who.kind, who.bound, who.identity) == ("bound_session", True, ref(identity))


async def test_a_key_speaks_until_it_is_revoked_or_ends(auth: Auth, account: Account, clock: Clock) -> None:
    kept = await auth.mint_management_key(account.id, "kept")
    revoked = await auth.mint_management_key(account.id, "revoked")
    short = await auth.mint_management_key(account.id, "short", timedelta(minutes=1))
    await auth.revoke_key(account.id, "management", revoked.key.uuid.upper())
    await auth.revoke_key(account.id, "management", revoked.key.uuid)  # twice is fine
    assert (await auth.authenticate(short.secret)).expires_at == short.key.expires_at
    clock.advance(minutes=1)

    assert (await auth.authenticate(kept.secret)).credential_uuid == kept.key.uuid
    for ended in (revoked, short):
        with pytest.raises(Unauthenticated):
            await auth.authenticate(ended.secret)
    listed = await auth.list_keys(account.id, "management")
    assert [key.label for key in listed] == ["kept", "revoked", "short"]
    assert [key.revoked_at is not None for key in listed] == [False, True, False]


async def test_keys_are_in_reach_of_their_account_and_identity_only(
    auth: Auth, account: Account, stranger: Account, make: MakeIdentity
) -> None:
    first, second = await make("first"), await make("second")
    key = await auth.mint_identity_key(account.id, ref(first), "key")

    for call in (
        auth.revoke_key(stranger.id, "identity", key.key.uuid),
        auth.revoke_key(account.id, "identity", key.key.uuid, ref(second)),
        auth.revoke_key(account.id, "management", key.key.uuid),
        auth.revoke_key(account.id, "identity", "no such uuid"),
    ):
        with pytest.raises(NotFound):
            await call
    assert await auth.list_keys(stranger.id, "identity") == []
    assert await auth.list_keys(account.id, "identity", second.id) == []
    assert await auth.list_keys(account.id, "identity", first.id) == [key.key]
    assert (await auth.authenticate(key.secret)).identity == ref(first)


async def test_an_identity_s_switch_and_end_hold_from_the_next_request_on(
    auth: Auth, account: Account, identities: Identities, make: MakeIdentity, clock: Clock
) -> None:
    identity = await make("a", ttl=timedelta(hours=1))
    key = await auth.mint_identity_key(account.id, ref(identity), "key")
    owner = await auth.authenticate((await auth.sign_in(account.id, "laptop")).access)

    await identities.switch(account.id, identity.uuid, "disabled")
    with pytest.raises(IdentityDisabled):
        await auth.authenticate(key.secret)
    await identities.switch(account.id, identity.uuid, "active")
    assert (await auth.authenticate(key.secret)).bound
    assert (await auth.select(owner, identity.uuid.upper())) == ref(identity)

    clock.advance(hours=1)  # its time is over, the reaper has not come by yet
    with pytest.raises(Unauthenticated):
        await auth.authenticate(key.secret)
    with pytest.raises(IdentityNotFound):
        await auth.select(owner, identity.uuid)


async def test_selecting_another_account_s_identity_finds_nothing(
    auth: Auth, stranger: Account, make: MakeIdentity
) -> None:
    identity = await make("a")
    who = await auth.authenticate((await auth.sign_in(stranger.id, "laptop")).access)

    for uuid in (identity.uuid, "no uuid", ""):
        with pytest.raises(IdentityNotFound):
            await auth.select(who, uuid)


async def test_last_use_is_written_down_when_flushed(auth: Auth, account: Account, clock: Clock) -> None:
    key = await auth.mint_management_key(account.id, "ci")
    await auth.authenticate(key.secret)
    clock.advance(minutes=1)
    await auth.authenticate(key.secret)

    assert await auth.flush_last_used() == 1
    assert await auth.flush_last_used() == 0
    (listed,) = await auth.list_keys(account.id, "management")
    assert listed.last_used_at == clock()
