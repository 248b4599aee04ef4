"""
What a stopwatch tells a stranger: nothing about tokens, codes, addresses and identities that the answer does not say.

Not timed, because the answer itself says it, on purpose: whether an address takes mail (SMTP's RCPT), whether an
address is free (`check-availability`, for who is signed in), and whether a code from a device's screen is one (typed
in by who is signed in, counted, and the page has to say so). What is timed there is a guess that is nearly right.
"""

import asyncio
import secrets
import uuid
import zlib
from collections.abc import Awaitable, Callable, Iterator
from itertools import cycle
from typing import Any

import pytest
from nacl import pwhash

from ravi.errors import Unauthenticated
from ravi.server.auth import passwords, sessions
from ravi.server.auth.tokens import digest
from ravi.server.login.device import DeviceFlow
from ravi.server.login.errors import CodeUnknown
from tests.support.databases import Dialect
from tests.support.timing import Ask, are_told_apart, lean
from tests.support.world import Actor, World

SAMPLES = 80
SAMPLES_OF_TOKENS = 300
#: Each of these is asked with a hash of a few milliseconds.
SAMPLES_OF_SIGN_INS = 40


@pytest.fixture
def dialect() -> Dialect:
    """One engine: the look-ups are the same statements, by the same indexes."""
    return "sqlite"


def well_formed(stem: str) -> str:
    """Return a token with a fitting checksum: anybody can compute that, so telling one without it is no secret."""
    return stem + f"{zlib.crc32(stem.encode()):08x}"


def nearly(token: str) -> str:
    """Return *token* with the last random letter another one."""
    stem = token[:-8]
    return well_formed(stem[:-1] + ("0" if stem[-1] != "0" else "1"))


def nothing_like(token: str) -> str:
    prefix = token[: -43 - 8]
    return well_formed(prefix + "".join(secrets.choice("0123456789abcdefghijklmnop") for _ in range(43)))


def presenting(world: World, tokens: Iterator[str]) -> Ask:
    """Without HTTP around it, which would take fifty times as long and hide what differs."""

    async def ask() -> None:
        with pytest.raises(Unauthenticated):
            await world.services.auth.authenticate(next(tokens))

    return ask


def wrong(token: str, change: Callable[[str], str]) -> Iterator[str]:
    """Yield changed tokens for ever; they are made beforehand, because that takes time, too."""
    return cycle([change(token) for _ in range(100)])


async def test_a_token_that_is_nearly_right_takes_as_long_as_any_wrong_one(world: World) -> None:
    for token in (world.tokens.access, world.mine["api_key"]):
        near, far = (presenting(world, wrong(token, change)) for change in (nearly, nothing_like))

        assert not await are_told_apart(near, far, samples=SAMPLES_OF_TOKENS)


async def test_a_look_up_that_stops_at_the_first_wrong_letter_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards the guard."""
    token, find = world.tokens.access, sessions.storage.find_presented
    right = [digest(token[:length]) for length in range(len(token))]
    shown: list[str] = []

    async def leaky(*args: Any, **kwargs: Any) -> Any:
        for length, prefix in enumerate(right):
            if digest(shown[-1][:length]) != prefix:
                break
        return await find(*args, **kwargs)

    def remembered(tokens: Iterator[str]) -> Iterator[str]:
        for each in tokens:
            shown.append(each)
            yield each

    monkeypatch.setattr(sessions.storage, "find_presented", leaky)
    near, far = (presenting(world, remembered(wrong(token, change))) for change in (nearly, nothing_like))

    assert await are_told_apart(near, far, samples=SAMPLES_OF_TOKENS)


async def test_a_foreign_identity_takes_as_long_as_one_that_is_not_there(world: World) -> None:
    def asking(who: Actor, uuids: list[str]) -> Ask:
        turn = cycle(uuids)

        async def ask() -> None:
            assert (await who.get(f"/api/identities/{next(turn)}/")).status_code == 404

        return ask

    absent = [str(uuid.uuid4()) for _ in range(100)]
    for who, other in ((world.ada, world.foreign), (world.agent, world.sibling)):
        assert not await are_told_apart(asking(who, [other["uuid"]]), asking(who, absent), samples=SAMPLES)


async def test_a_code_of_a_device_that_is_nearly_right_takes_as_long_as_any_wrong_one(world: World) -> None:
    device = world.services.login.device
    grant = await device.start("host", "/workspace", "192.0.2.1")
    # Whoever looks is counted; each look is that of another session, at another time.
    turned = grant.user_code[:-1] + ("X" if grant.user_code[-1] != "X" else "Y")
    near, far = looking(device, turned), looking(device, "ZZZZ-ZZZZ")

    assert not await are_told_apart(near, far, samples=SAMPLES)

    def polling(code: str) -> Ask:
        async def ask() -> None:
            answer = await world.nobody.post("/api/auth/device/token/", {"device_code": code})
            assert answer.status_code == 400

        return ask

    near = polling(grant.device_code[:-1] + ("x" if grant.device_code[-1] != "x" else "y"))
    assert not await are_told_apart(near, polling(secrets.token_urlsafe(32)), samples=SAMPLES)


def looking(device: DeviceFlow, code: str) -> Ask:
    async def ask() -> None:
        session = uuid.uuid4().hex
        with pytest.raises(CodeUnknown):
            await device.look(code, session_id=session, address=f"2001:db8:{session[:4]}:{session[4:8]}::1")

    return ask


# --- addresses of owners


class TestSigningIn:
    """The hash is made cheap, so that what is beside it counts for more; that the real one is equal is asserted."""

    @pytest.fixture(autouse=True)
    async def cheap_hash(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        operations, memory = 1, 4 * 1024 * 1024
        monkeypatch.setattr(passwords, "_OPS", operations)
        monkeypatch.setattr(passwords, "_MEMORY", memory)
        nobody = await asyncio.to_thread(pwhash.argon2id.str, b"nobody", operations, memory)
        monkeypatch.setattr(passwords, "_NOBODY", nobody.rstrip(b"\0"))
        await world.services.auth.set_password(world.account.id, "correct horse battery")

    def signing_in(self, world: World, email: str) -> Ask:
        async def ask() -> None:
            answer = await world.nobody.post("/api/auth/login/", {"email": email, "password": "another horse"})
            assert answer.status_code == 401

        return ask

    def later(self, world: World) -> Callable[[], object]:
        """Attempts are counted: let them be forgotten."""
        return lambda: world.clock.advance(hours=1)

    async def test_an_owner_s_address_takes_as_long_as_nobody_s(self, world: World) -> None:
        known, unknown = self.signing_in(world, "ada@example.org"), self.signing_in(world, "bob@example.org")

        assert not await are_told_apart(known, unknown, samples=SAMPLES_OF_SIGN_INS, between=self.later(world))

    async def test_an_owner_without_a_password_takes_as_long_as_one_with_it(self, world: World) -> None:
        known, unset = self.signing_in(world, "ada@example.org"), self.signing_in(world, "eve@example.org")

        assert not await are_told_apart(known, unset, samples=SAMPLES_OF_SIGN_INS, between=self.later(world))

    async def test_leaving_out_the_hash_for_nobody_is_found_out(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Guards the guard."""
        fits = passwords.Passwords.fits

        async def leaky(self: passwords.Passwords, stored: str | None, password: str) -> bool:
            return stored is not None and await fits(self, stored, password)

        monkeypatch.setattr(passwords.Passwords, "fits", leaky)
        known, unknown = self.signing_in(world, "ada@example.org"), self.signing_in(world, "bob@example.org")

        assert await are_told_apart(known, unknown, samples=SAMPLES_OF_SIGN_INS, between=self.later(world))


async def test_the_hash_of_nobody_costs_what_a_real_one_costs() -> None:
    real = await passwords.Passwords().hash("correct horse battery")

    assert real.split("$")[:4] == passwords._NOBODY.decode().split("$")[:4]


# --- the measure itself


def test_the_statistic_is_that_of_mann_and_whitney() -> None:
    assert lean([1, 2, 3], [1, 2, 3]) == 0
    assert lean([4, 5], [1, 2, 3]) == 0.5
    assert lean([1], [2, 3]) == -0.5
    assert lean([2], [1, 2, 3, 4]) == pytest.approx(1.5 / 4 - 0.5)


async def test_a_pause_is_found_out_and_the_same_twice_is_not() -> None:
    def pausing(seconds: float) -> Callable[[], Awaitable[None]]:
        return lambda: asyncio.sleep(seconds)

    assert await are_told_apart(pausing(0), pausing(0.05), samples=10)
    assert not await are_told_apart(pausing(0.001), pausing(0.001), samples=50)
