"""The selected identity's sign-ins for sites: sealed on the way out, opened on the way in."""

from __future__ import annotations

from ravi.client import password_entries as entries
from ravi.client.calls import passwords as calls
from ravi.client.texts import check_text
from ravi.errors import NotFound, ServerNonsense, UsageError, VaultChanged
from ravi.settings.uuids import is_uuid, new_uuid
from ravi.wire import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.wire.vault import Password, PasswordVersion

#: How often a change is sent again when somebody else's change of other fields came first.
_REPETITIONS = 5


def _create(core: Core, domain: str, username: str | None, password: str | None, notes: str) -> Steps[Password]:
    site = entries.site_of(domain)
    if password is None:
        from ravi.generator import generate

        password = generate()
    for name, text in (("username", username), ("password", password), ("notes", notes)):
        check_text(name, text or "")
    from ravi.client.keyring import acting_vault

    vault = yield from acting_vault(core)
    if username is None:
        username = yield from _own_address(core)
    uuid = new_uuid()
    call = calls.create(
        {
            "uuid": uuid,
            "domain": site,
            "username": vault.seal(entries.KIND, uuid, "username", username),
            "password": vault.seal(entries.KIND, uuid, "password", password),
            "notes": vault.seal(entries.KIND, uuid, "notes", notes),
            "site": vault.seal(entries.KIND, uuid, "site", site),
            "sealed_for": vault.sealed_for,
        }
    )
    row = yield from core.send(call)
    return entries.opened(vault, entries.checked(row, uuid))


def _get(core: Core, ref: str) -> Steps[Password]:
    row = yield from entries.row_of(core, ref)
    return entries.opened(entries.vault_of(core, [row]), row)


def _find(core: Core, ref: str) -> Steps[Password | None]:
    try:
        return (yield from _get(core, ref))
    except NotFound as missing:
        if missing.code != codes.NOT_FOUND:  # then it is the identity that is missing
            raise
        return None


def _list(core: Core, domain: str | None, usernames: bool) -> Steps[list[Password]]:
    rows = yield from entries.list_rows(core, None if domain is None else entries.site_of(domain), values=False)
    vault = entries.vault_of(core, rows) if usernames and rows else None
    # A server that does not know the question answers with sealed values, which a list has no use for.
    return [
        {**row, "username": entries.username_of(vault, row), "password": "", "notes": "", "site": ""} for row in rows
    ]


def _update(core: Core, ref: str, domain: str | None, texts: dict[str, str | None]) -> Steps[Password]:
    given = {name: check_text(name, text) for name, text in texts.items() if text is not None}
    if not given and domain is None:
        raise UsageError("no fields specified to update")
    site = None if domain is None else entries.site_of(domain)
    meant = [*given, *([] if site is None else ["domain"])]
    # Whoever names the site and gives the password says that the two belong together; the server's word is not enough.
    vouched = entries.site_of(ref) if "password" in given and not is_uuid(ref) else None
    row = yield from entries.row_of(core, ref)
    repetitions = _REPETITIONS
    while True:
        vault = entries.vault_of(core, [row])
        sealed = entries.changed(vault, row, given, site or (None if row["site"] else vouched))
        # Opened as a whole before anything is sent, so that no error about the rest follows a change that was made.
        opened = entries.opened(vault, sealed)
        try:
            answer = yield from core.send(calls.update(row, sealed, sealed_for=vault.sealed_for))
        except VaultChanged:
            now = yield from entries.row_of(core, row["uuid"])
            if not repetitions or calls.differing(row, now).keys() & meant:
                raise
            repetitions -= 1
            row = now
        else:
            return {**opened, "revision": answer["revision"], "updated_dt": answer["updated_dt"]}


def _delete(core: Core, ref: str) -> Steps[None]:
    uuid = yield from entries.uuid_of(core, ref)
    yield from core.send(calls.delete(uuid))


def _history(core: Core, ref: str) -> Steps[list[PasswordVersion]]:
    # By its site an entry is found by the server's word, which what is sealed into the entry itself has to confirm.
    row = None if is_uuid(ref) else (yield from entries.row_of(core, ref))
    uuid = ref.lower() if row is None else row["uuid"]
    versions = yield from core.send(calls.history(uuid))
    if not versions:
        return versions
    from ravi.client.keyring import acting_vault

    vault = yield from acting_vault(core)
    if row is not None:
        entries.check_site(vault, row)
    return [
        {
            **version,
            "username": vault.open_given(entries.KIND, uuid, "username", version["username"]),
            "password": vault.open(entries.KIND, uuid, "password", version["password"]),
            "notes": vault.open_given(entries.KIND, uuid, "notes", version["notes"]),
        }
        for version in versions
    ]


def _own_address(core: Core) -> Steps[str]:
    """The address of the identity that calls act as; empty when it has none."""
    from ravi.client.calls import own

    inboxes = yield from core.send(own.inboxes())
    if len(inboxes) > 1:
        raise ServerNonsense(f"the server answered with {len(inboxes)} inboxes for one identity")
    return inboxes[0]["email"] if inboxes else ""


class Passwords:
    """
    Usernames and passwords by site. A site is a registrable domain; where one is asked for, a URL or host will do.

    A *ref* is an entry's uuid, or a site that has one entry: NotFound when it has none, EntryAmbiguous, with all
    candidates in its details, when it has several. Texts are at most 64 KiB; they are sealed and opened here, so
    every method that takes or returns one raises VaultLocked when this machine holds no key, and VaultUnreadable
    when one does not open or the server shows an entry under another site than it was sealed for. The `site` of an
    entry repeats its domain as it was sealed, and is empty where an older client sealed none.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def create(
        self, domain: str, *, username: str | None = None, password: str | None = None, notes: str = ""
    ) -> Password:
        """
        Store a new entry and return it, opened.

        *username* None is the identity's own address, or empty when it has none; *password* None is a generated one.
        """
        return self._run(lambda core: _create(core, domain, username, password, notes))

    def get(self, ref: str) -> Password:
        """One entry, opened."""
        return self._run(lambda core: _get(core, ref))

    def find(self, ref: str) -> Password | None:
        """As `get`, but None when there is no such entry."""
        return self._run(lambda core: _find(core, ref))

    def list(self, *, domain: str | None = None, usernames: bool = True) -> list[Password]:
        """
        All entries, or those of one site, without password, notes and site, which are left empty.

        Without *usernames* they are empty as well, and no key is needed.
        """
        return self._run(lambda core: _list(core, domain, usernames))

    def update(
        self,
        ref: str,
        *,
        domain: str | None = None,
        username: str | None = None,
        password: str | None = None,
        notes: str | None = None,
    ) -> Password:
        """
        Change what is not None and return the entry as it is now, opened.

        Where no site is sealed yet, it is sealed if *domain* is given, or if *ref* is the site and *password* is new.
        Raises VaultChanged when somebody else changed one of the same fields in between; theirs then stands.
        """
        texts = {"username": username, "password": password, "notes": notes}
        return self._run(lambda core: _update(core, ref, domain, texts))

    def delete(self, ref: str) -> None:
        """Delete an entry and its history. Needs no key."""
        return self._run(lambda core: _delete(core, ref))

    def history(self, ref: str) -> Sequence[PasswordVersion]:
        """What the entry was before, opened: its last ten versions, newest first."""
        return self._run(lambda core: _history(core, ref))


class AsyncPasswords:
    """`Passwords`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def create(
        self, domain: str, *, username: str | None = None, password: str | None = None, notes: str = ""
    ) -> Password:
        return await self._run(lambda core: _create(core, domain, username, password, notes))

    async def get(self, ref: str) -> Password:
        return await self._run(lambda core: _get(core, ref))

    async def find(self, ref: str) -> Password | None:
        return await self._run(lambda core: _find(core, ref))

    async def list(self, *, domain: str | None = None, usernames: bool = True) -> list[Password]:
        return await self._run(lambda core: _list(core, domain, usernames))

    async def update(
        self,
        ref: str,
        *,
        domain: str | None = None,
        username: str | None = None,
        password: str | None = None,
        notes: str | None = None,
    ) -> Password:
        texts = {"username": username, "password": password, "notes": notes}
        return await self._run(lambda core: _update(core, ref, domain, texts))

    async def delete(self, ref: str) -> None:
        return await self._run(lambda core: _delete(core, ref))

    async def history(self, ref: str) -> Sequence[PasswordVersion]:
        return await self._run(lambda core: _history(core, ref))
