"""The selected identity's seeds of one-time codes: sealed on the way out, opened on the way in."""

from __future__ import annotations

import time

from ravi.client.calls import totp as calls
from ravi.client.core import Pause
from ravi.client.texts import check_text
from ravi.errors import NotFound, ServerNonsense, UsageError, VaultUnreadable
from ravi.settings.uuids import is_uuid, new_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.keyring import IdentityVault
    from ravi.client.one_time_codes import TotpCode
    from ravi.client.session import Run
    from ravi.crypto.totp import Seed
    from ravi.wire.vault import Totp as Entry
    from ravi.wire.vault import TotpUpdate

MAX_NAME_CHARACTERS = 128
_KIND = "totp"


def _add(core: Core, name: str, label: str, seed: Seed, username: str | None, replace: bool) -> Steps[Entry]:
    name = _checked_name(name)
    if username is None:
        # A label is "account" or "issuer:account" (Google Authenticator's Key URI Format).
        username = label.rpartition(":")[2].strip() or None
    check_text("username", username or "")
    from ravi.client.keyring import acting_vault

    vault = yield from acting_vault(core)
    former = None
    if replace:
        former = yield from _find_row(core, name, values=False)
    uuid = new_uuid() if former is None else former["uuid"]
    sealed_secret = vault.seal(_KIND, uuid, "secret", seed.uri(name))
    if former is None:
        call = calls.create(
            {
                "uuid": uuid,
                "service_name": name,
                "username": vault.seal(_KIND, uuid, "username", username or ""),
                "secret": sealed_secret,
                "sealed_for": vault.sealed_for,
            }
        )
    else:
        changes: TotpUpdate = {"secret": sealed_secret, "sealed_for": vault.sealed_for}
        if username is not None:
            changes["username"] = vault.seal(_KIND, uuid, "username", username)
        call = calls.update(uuid, changes)
    row = yield from core.send(call)
    return _opened(vault, _checked(row, uuid))


def _get(core: Core, ref: str) -> Steps[Entry]:
    if is_uuid(ref):
        row = _checked((yield from core.send(calls.get(ref.lower()))), ref.lower())
    else:
        row = yield from _row(core, ref, values=True)
    from ravi.client.keyring import answering_vault

    return _opened(answering_vault(core, [row["identity_uuid"]]), row)


def _code(core: Core, ref: str, min_remaining: float, at: float | None) -> Steps[TotpCode]:
    entry = yield from _get(core, ref)
    from ravi.client.one_time_codes import code_at, start_of_lasting_code
    from ravi.crypto.totp import from_uri

    _, seed = from_uri(entry["secret"])
    now = time.time() if at is None else at
    start = start_of_lasting_code(seed, now, min_remaining)
    if at is None and start > now:
        yield Pause(start - now)
        start = max(start, time.time())
    return code_at(entry["service_name"], seed, start)


def _list(core: Core) -> Steps[list[Entry]]:
    rows = yield from core.send(calls.list_(values=False))
    # A server that does not know the question answers with sealed values, which a list has no use for.
    return [{**row, "username": "", "secret": ""} for row in rows]


def _delete(core: Core, ref: str) -> Steps[None]:
    uuid = ref.lower()
    if not is_uuid(ref):
        row = yield from _row(core, ref, values=False)
        uuid = row["uuid"]
    yield from core.send(calls.delete(uuid))


def _row(core: Core, name: str, *, values: bool) -> Steps[Entry]:
    row = yield from _find_row(core, name, values=values)
    if row is None:
        raise NotFound(f"no TOTP entry is called {name!r}", hint="see what there is with: ravi totp list")
    return row


def _find_row(core: Core, name: str, *, values: bool) -> Steps[Entry | None]:
    name = _checked_name(name)
    rows = yield from core.send(calls.list_(name=name, values=values))
    # The server filters; one that ignored the question would otherwise hand us another entry.
    rows = [row for row in rows if row["service_name"] == name]
    if len(rows) > 1:
        raise ServerNonsense(f"the server answered with {len(rows)} entries of one name")
    return rows[0] if rows else None


def _checked(row: Entry, uuid: str) -> Entry:
    """*row*, which must be the entry *uuid*: any other opens as well, and is another site's. Raises ServerNonsense."""
    if row["uuid"] != uuid:
        raise ServerNonsense("the server answered with another TOTP entry than was asked for")
    return row


def _checked_name(name: str) -> str:
    """*name* without blanks around it. Raises UsageError when it cannot name an entry."""
    name = name.strip()
    if not name:
        raise UsageError("the name is empty")
    if len(name) > MAX_NAME_CHARACTERS:
        raise UsageError(f"the name is longer than {MAX_NAME_CHARACTERS} characters")
    if not name.isprintable():
        raise UsageError("the name holds a character that cannot be printed")
    if is_uuid(name):
        raise UsageError("a uuid cannot be a name: it is how an entry without a known name is addressed")
    return name


def _opened(vault: IdentityVault, row: Entry) -> Entry:
    """*row* with its fields opened. Raises VaultUnreadable, also when the seed is another entry's."""
    uuid = row["uuid"]
    uri = vault.open(_KIND, uuid, "secret", row["secret"])
    from ravi.crypto.totp import from_uri

    try:
        label, _ = from_uri(uri)
    except UsageError:
        raise VaultUnreadable(f"totp {uuid}: secret opened, and is no otpauth://totp/ URI") from None
    if label != row["service_name"]:
        raise VaultUnreadable(f"totp {uuid} was sealed under another name than the server says")
    return {**row, "secret": uri, "username": vault.open_given(_KIND, uuid, "username", row["username"])}


class Totp:
    """
    Seeds of one-time codes (RFC 6238), by name. A *ref* is an entry's name or uuid.

    Seeds are sealed and opened here, and codes are made here: the server sees neither. So every method but `list`
    and `delete` raises VaultLocked when this machine holds no key, and VaultUnreadable when an entry does not open or
    the server shows it under another name than it was sealed under. NotFound when there is no such entry.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def add(
        self,
        name: str,
        secret: str,
        *,
        username: str | None = None,
        algorithm: str | None = None,
        digits: int | None = None,
        period: int | None = None,
        replace: bool = False,
    ) -> Entry:
        """
        Store a seed under *name*, 1 to 128 printable characters, and return the entry with its `otpauth` URI.

        *secret* is base 32, for which *algorithm*, *digits* and *period* (seconds) default to SHA1, 6 and 30, or a
        whole `otpauth://totp/` URI, whose account is the default of *username*. Raises UsageError for anything else,
        and EntryExists when the name is taken, unless its seed is to be replaced; the username then stays, if none
        is given.
        """
        from ravi.client.one_time_codes import read_seed

        label, seed = read_seed(check_text("TOTP secret", secret), algorithm=algorithm, digits=digits, period=period)
        return self._run(lambda core: _add(core, name, label, seed, username, replace))

    def get(self, ref: str) -> Entry:
        """The entry, opened: its `secret` is the `otpauth` URI."""
        return self._run(lambda core: _get(core, ref))

    def code(self, ref: str, *, min_remaining: float = 0, at: float | None = None) -> TotpCode:
        """
        The present code, or the next one when this one is good for less than *min_remaining* seconds: waits for it.

        *at* asks for another time than now, in seconds since 1970, and never waits. Raises UsageError when no code
        is good for so long.
        """
        return self._run(lambda core: _code(core, ref, min_remaining, at))

    def list(self) -> list[Entry]:
        """Every entry by name; username and secret are left empty."""
        return self._run(_list)

    def delete(self, ref: str) -> None:
        """Delete an entry."""
        return self._run(lambda core: _delete(core, ref))


class AsyncTotp:
    """`Totp`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def add(
        self,
        name: str,
        secret: str,
        *,
        username: str | None = None,
        algorithm: str | None = None,
        digits: int | None = None,
        period: int | None = None,
        replace: bool = False,
    ) -> Entry:
        from ravi.client.one_time_codes import read_seed

        label, seed = read_seed(check_text("TOTP secret", secret), algorithm=algorithm, digits=digits, period=period)
        return await self._run(lambda core: _add(core, name, label, seed, username, replace))

    async def get(self, ref: str) -> Entry:
        return await self._run(lambda core: _get(core, ref))

    async def code(self, ref: str, *, min_remaining: float = 0, at: float | None = None) -> TotpCode:
        return await self._run(lambda core: _code(core, ref, min_remaining, at))

    async def list(self) -> list[Entry]:
        return await self._run(_list)

    async def delete(self, ref: str) -> None:
        return await self._run(lambda core: _delete(core, ref))
