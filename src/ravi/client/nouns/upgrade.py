"""
The way from the vault of the published client v0.5.2, whose key is made of a PIN alone, to one with a random root.

It may be cut off anywhere and begun again, on any machine: what remains to be done is read off the values themselves.
Nothing is dropped. A value is replaced by one that opens to the same text, if nobody has changed it meanwhile; the
server forgets the old format only when no value in it is left.
"""

from __future__ import annotations

from ravi.client import owner_keys
from ravi.client.calls import identities as identity_calls
from ravi.client.calls import upgrade as calls
from ravi.client.core import Compute
from ravi.client.resealing import Resealer
from ravi.crypto import legacy, recovery, root
from ravi.errors import (
    Conflict,
    IdentityNotFound,
    ServerNonsense,
    VaultNotUpgraded,
    VaultPinWrong,
    VaultUnreadable,
)
from ravi.settings.vault_file import forget_keys, keys_path
from ravi.settings.vault_keys import find_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypedDict

    from ravi.client.core import Core, Steps
    from ravi.client.owner_keys import OpenedVault
    from ravi.client.resealing import UnreadableField
    from ravi.wire.vault import EncryptionMeta, Resealed, SealedRecord

    class Upgraded(TypedDict):
        """How many entries were sealed anew, counting the versions of passwords, and which fields nothing opens."""

        upgraded: bool
        resealed: int
        unreadable: list[UnreadableField]


#: A server ends a page earlier when its records are large.
PAGE_RECORDS = calls.MAX_RECORDS
#: Characters of sealed text in one request; the server reads 4 MiB.
BATCH_CHARACTERS = 3 * 1024 * 1024
#: Each goes over the whole vault. The second finds nothing to do, unless somebody else is writing.
MAX_SWEEPS = 50


class Progress:
    """Where an upgrade is: in which sweep over the vault, how many entries that has seen, how many were sealed anew."""

    __slots__ = ("resealed", "seen", "sweep")

    def __init__(self, sweep: int, seen: int, resealed: int) -> None:
        self.sweep = sweep
        self.seen = seen
        self.resealed = resealed


class _Sweep:
    """What one sweep has found and done. `written` counts rows, also those of which only the prefix changed."""

    def __init__(self) -> None:
        self.seen = 0
        self.written = 0
        self.stale = 0
        self.unreadable: list[UnreadableField] = []


def upgrade(
    core: Core,
    pin: str,
    recovery_code: str | None,
    *,
    leave_unreadable: bool,
    begun: Callable[[str], None] | None,
    progress: Callable[[Progress], None] | None,
) -> Steps[Upgraded]:
    """
    All of it. What is opened is saved on this machine, and the old seed forgotten at the end.

    *begun* is given a recovery code that nobody has seen yet, before anything is sealed for it, and is given it again
    if this is cut off before the code is saved as one that was seen. Raises as `begin` and `reseal` do.
    """
    given = None if recovery_code is None else recovery.decode(recovery_code)
    meta = yield from owner_keys.fetch(core)
    if not needed(meta):
        yield from _forget_seed(core, meta)
        return {"upgraded": True, "resealed": 0, "unreadable": []}
    opened = yield from begin(core, meta, pin, given)
    if opened.was_pending and opened.recovery_code and begun is not None:
        begun(opened.recovery_code)
    yield from owner_keys.keep(core, opened)
    done = yield from reseal(core, opened, leave_unreadable=leave_unreadable, progress=progress)
    opened.legacy_seed = None
    opened.old_pin_differs = False
    yield from owner_keys.keep(core, opened)
    return done


def begin(core: Core, meta: EncryptionMeta, pin: str, given: bytes | None) -> Steps[OpenedVault]:
    """
    Open the new root of the account that *meta* shows, or give it one. The result has the old seed beside it.

    Nothing is saved. *given* is a secret key, for a machine that holds none. Raises as `owner_keys.open_root` and
    `owner_keys.write_root` do.
    """
    opened = yield from owner_keys.open_fetched(core, meta, pin, given)
    if meta["upgrading"]:
        if opened.old_pin_differs:
            opened.legacy_seed = find_root(core.settings).legacy_seed
        return opened
    # The old root is made of the PIN alone, so that it could be guessed for ever: nothing of it is kept.
    root_key, secret_key = root.new(), recovery.new_secret_key()
    meta = yield from owner_keys.write_root(
        core, meta, pin_text=pin, root_key=root_key, secret_key=secret_key, is_new=True
    )
    return owner_keys.OpenedVault(
        meta,
        root_key,
        recovery_code=recovery.encode(secret_key),
        legacy_seed=opened.legacy_seed,
        was_pending=True,
    )


def needed(meta: EncryptionMeta) -> bool:
    """Whether an account is in the old format, or on its way from it."""
    return meta["format"] == owner_keys.PUBLISHED or meta["upgrading"]


def reseal(
    core: Core, opened: OpenedVault, *, leave_unreadable: bool, progress: Callable[[Progress], None] | None
) -> Steps[Upgraded]:
    """
    Seal everything for the root in *opened* and have the server forget the old format.

    Raises VaultUnreadable, which lists them, when there are fields that nothing opens and they are not to be left as
    they are; VaultNotUpgraded when others write in the old format as fast as it can be replaced.
    """
    if opened.legacy_seed is None:
        raise VaultPinWrong("this PIN does not open the account's old values")
    resealer = Resealer(opened.root_key, opened.legacy_seed, keep_unreadable=leave_unreadable)
    resealed = 0
    refusal: VaultNotUpgraded | None = None
    try:
        for number in range(1, MAX_SWEEPS + 1):
            registered = yield from _register(core, resealer)
            sweep = yield from _sweep(core, resealer, number, resealed, progress)
            resealed += sweep.written
            if registered or sweep.written or sweep.stale:
                refusal = None
                continue
            if sweep.unreadable and not leave_unreadable:
                raise _unreadable(sweep.unreadable)
            if refusal is not None:
                raise refusal
            if (yield from _register(core, resealer)):
                continue  # a machine with the old root has made an identity meanwhile, and may have written to it
            try:
                yield from core.send(calls.finish())
            except VaultNotUpgraded as again:  # somebody wrote where this sweep had been already
                refusal = again
                continue
            return {"upgraded": True, "resealed": resealed, "unreadable": sweep.unreadable}
    except Conflict:
        meta = yield from owner_keys.fetch(core)
        if needed(meta):
            raise
        return {"upgraded": True, "resealed": resealed, "unreadable": []}  # another machine has finished it
    raise VaultNotUpgraded(
        "another client keeps writing in the old format",
        hint="stop the published clients of this account, then: ravi vault upgrade",
    )


def _forget_seed(core: Core, meta: EncryptionMeta) -> Steps[None]:
    """Remove what this machine has kept for an upgrade that is over; the old root as well, which opens nothing now."""
    held = find_root(core.settings)
    if held.root_key is None or held.legacy_seed is None:
        return
    if held.root_key == legacy.root_key(held.legacy_seed):
        yield Compute(lambda: forget_keys(keys_path(core.settings)))
    else:
        yield from owner_keys.keep(core, owner_keys.OpenedVault(meta, held.root_key))


def _register(core: Core, resealer: Resealer) -> Steps[int]:
    """Register the present key of every identity, so that whoever has an older one is refused; how many had another."""
    gone: IdentityNotFound | None = None
    for _ in range(5):
        rows = yield from core.send(identity_calls.list_())
        present = {row["uuid"]: resealer.public_key(row["uuid"]) for row in rows}
        others = [row["uuid"] for row in rows if row.get("public_key") != present[row["uuid"]]]
        try:
            for at in range(0, len(others), calls.MAX_PUBLIC_KEYS):
                some = others[at : at + calls.MAX_PUBLIC_KEYS]
                yield from core.send(calls.put_public_keys({uuid: present[uuid] for uuid in some}))
        except IdentityNotFound as problem:  # one of them was deleted since we asked
            gone = problem
        else:
            return len(others)
    raise gone or AssertionError


def _sweep(
    core: Core, resealer: Resealer, number: int, before: int, progress: Callable[[Progress], None] | None
) -> Steps[_Sweep]:
    """Go once over everything that is sealed and replace what can be."""
    done = _Sweep()
    after: str | None = None
    while True:
        page = yield from core.send(calls.sealed(after=after, limit=PAGE_RECORDS))
        records = _checked(page["records"])
        looked: list[tuple[Resealed | None, list[UnreadableField]]] = yield Compute(_work(resealer, records))
        done.seen += len(records)
        done.unreadable += [field for _, fields in looked for field in fields]
        for batch in _batches([changed for changed, _ in looked if changed is not None]):
            answer = yield from core.send(calls.reseal(batch))
            done.written += answer["resealed"]
            done.stale += len(answer["stale"])
        if progress is not None:
            progress(Progress(number, done.seen, before + done.written))
        if page["next"] is None:
            return done
        if page["next"] == after or not records:
            raise ServerNonsense("the server answered with a list that has no end")
        after = page["next"]


def _work(resealer: Resealer, records: Sequence[SealedRecord]) -> Callable[[], object]:
    return lambda: [resealer.reseal(record) for record in records]


def _batches(records: Sequence[Resealed]) -> Iterator[list[Resealed]]:
    batch: list[Resealed] = []
    characters = 0
    for record in records:
        more = sum(map(len, record["fields"].values()))
        if batch and characters + more > BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
        batch.append(record)
        characters += more
    if batch:
        yield batch


def _checked(records: object) -> list[SealedRecord]:
    """The server's records, with the shape that they must have."""
    texts = ("record", "kind", "identity_uuid", "entry")
    if not isinstance(records, list) or not all(
        isinstance(record, dict)
        and all(isinstance(record.get(name), str) for name in texts)
        and isinstance(record.get("revision"), int)
        and isinstance(record.get("fields"), dict)
        and all(isinstance(text, str) for text in record["fields"].values())
        for record in records
    ):
        raise ServerNonsense("the server answered with sealed records that are none")
    return records


def _unreadable(fields: list[UnreadableField]) -> VaultUnreadable:
    names = list(dict.fromkeys(f"{each['kind']} {each['entry']}" for each in fields))
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return VaultUnreadable(
        f"no key of this account opens {shown}; everything else is sealed anew",
        hint="delete what you do not need, or keep it as it is: ravi vault upgrade --leave-unreadable",
        details=fields,
    )
