"""The selected identity's secrets: sealed on the way out, opened on the way in."""

from __future__ import annotations

from ravi.client.calls import secrets as calls
from ravi.client.secret_keys import fits, normalise
from ravi.client.texts import check_text
from ravi.errors import NotFound, ServerNonsense, UsageError
from ravi.settings.uuids import is_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.wire.vault import Secret

_KIND = "secret"


def _get(core: Core, keys: Sequence[str]) -> Steps[list[Secret]]:
    wanted = [normalise(key) for key in keys]
    distinct = list(dict.fromkeys(wanted))
    if not distinct:
        return []  # a request without names would be answered with everything
    rows = yield from core.send(calls.list_(keys=distinct))
    found = {row["key"]: row for row in rows}
    missing = [key for key in distinct if key not in found]
    if missing:
        raise NotFound(f"secret not found: {', '.join(missing)}", hint="see what there is with: ravi secrets list")
    opened = dict(zip(distinct, _opened(core, [found[key] for key in distinct]), strict=True))
    return [opened[key] for key in wanted]


def _all(core: Core, prefix: str) -> Steps[list[Secret]]:
    if prefix:
        prefix = normalise(prefix)
    rows = yield from core.send(calls.list_())
    _check_names(rows)
    return _opened(core, [row for row in rows if row["key"].startswith(prefix)])


def all_secrets(core: Core) -> Steps[list[Secret]]:
    """The steps of `Secrets.all`, for who has a core of its own."""
    return (yield from _all(core, ""))


def _list(core: Core) -> Steps[list[Secret]]:
    rows = yield from core.send(calls.list_(values=False))
    # A server that does not know the question answers with sealed values, which a list has no use for.
    return [{**row, "value": "", "notes": ""} for row in rows]


def _set(core: Core, key: str, value: str, notes: str | None) -> Steps[Secret]:
    key = normalise(key)
    check_text(f"value of {key}", value)
    check_text(f"notes of {key}", notes or "")
    from ravi.client.keyring import acting_vault

    vault = yield from acting_vault(core)
    call = calls.put(
        key,
        vault.seal(_KIND, key, "value", value),
        notes=None if notes is None else vault.seal(_KIND, key, "notes", notes),
        sealed_for=vault.sealed_for,
    )
    row = yield from core.send(call)
    return {**row, "value": value, "notes": vault.open_given(_KIND, key, "notes", row["notes"])}


def _set_many(core: Core, values: Mapping[str, str]) -> Steps[list[str]]:
    given: dict[str, str] = {}
    for name, value in values.items():
        key = normalise(name)
        if key in given:
            raise UsageError(f"{key} is given twice: names differ in more than upper and lower case")
        given[key] = check_text(f"value of {key}", value)
    if not given:
        return []
    from ravi.client.keyring import acting_vault

    vault = yield from acting_vault(core)
    call = calls.put_many(
        [{"key": key, "value": vault.seal(_KIND, key, "value", value)} for key, value in given.items()],
        sealed_for=vault.sealed_for,
    )
    rows = yield from core.send(call)
    return [row["key"] for row in rows]


def _delete(core: Core, ref: str) -> Steps[None]:
    ref = ref.lower() if is_uuid(ref) else normalise(ref)
    yield from core.send(calls.delete(ref))


def _check_names(rows: list[Secret]) -> None:
    """
    Raises ServerNonsense unless *rows* have names that secrets can have, each once.

    They end up in files that shells run, and a value in the published client's old format opens under any name.
    """
    seen: set[str] = set()
    for row in rows:
        key = row["key"]
        if key in seen or not fits(key):
            raise ServerNonsense("the server answered with a secret whose name is none, or with one name twice")
        seen.add(key)


def _opened(core: Core, rows: list[Secret]) -> list[Secret]:
    """*rows* with their values opened; asks for a key only if there is something to open."""
    if not rows:
        return rows
    from ravi.client.keyring import answering_vault

    vault = answering_vault(core, (row["identity_uuid"] for row in rows))
    return [
        {
            **row,
            "value": vault.open(_KIND, row["key"], "value", row["value"]),
            "notes": vault.open_given(_KIND, row["key"], "notes", row["notes"]),
        }
        for row in rows
    ]


class Secrets:
    """
    Values under names. A name is upper-cased, and is a letter followed by letters, digits and underscores.

    Values are text of at most 64 KiB in UTF-8, else UsageError, before anything is sent. They are sealed and opened
    here, so every method that returns or takes one raises VaultLocked when this machine holds no key, and
    VaultUnreadable when a value does not open.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def get(self, key: str) -> Secret:
        """One secret. Raises NotFound when there is none of that name."""
        return self._run(lambda core: _get(core, [key]))[0]

    def get_many(self, keys: Sequence[str]) -> list[Secret]:
        """These secrets, one for each name and in this order, in one request. Raises NotFound, naming all missing."""
        return self._run(lambda core: _get(core, keys))

    def all(self, *, prefix: str = "") -> list[Secret]:
        """
        Every secret whose name begins with *prefix*, with its value, in one request, by name.

        Needs no key when there is none.
        """
        return self._run(lambda core: _all(core, prefix))

    def list(self) -> list[Secret]:
        """Every secret by name; values and notes are left empty."""
        return self._run(_list)

    def set(self, key: str, value: str, *, notes: str | None = None) -> Secret:
        """Set a secret, new or not; *notes* stay as they are when None. Returns it with its value."""
        return self._run(lambda core: _set(core, key, value, notes))

    def set_many(self, values: Mapping[str, str]) -> Sequence[str]:
        """Set many secrets, all or none, in one request; their notes stay. Returns their names."""
        return self._run(lambda core: _set_many(core, values))

    def delete(self, ref: str) -> None:
        """Delete the secret of this name or uuid. Raises NotFound."""
        return self._run(lambda core: _delete(core, ref))


class AsyncSecrets:
    """`Secrets`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def get(self, key: str) -> Secret:
        return (await self._run(lambda core: _get(core, [key])))[0]

    async def get_many(self, keys: Sequence[str]) -> list[Secret]:
        return await self._run(lambda core: _get(core, keys))

    async def all(self, *, prefix: str = "") -> list[Secret]:
        return await self._run(lambda core: _all(core, prefix))

    async def list(self) -> list[Secret]:
        return await self._run(_list)

    async def set(self, key: str, value: str, *, notes: str | None = None) -> Secret:
        return await self._run(lambda core: _set(core, key, value, notes))

    async def set_many(self, values: Mapping[str, str]) -> Sequence[str]:
        return await self._run(lambda core: _set_many(core, values))

    async def delete(self, ref: str) -> None:
        return await self._run(lambda core: _delete(core, ref))
