"""
The owner's way to the account's root key: opening what the server keeps wrapped, and wrapping it anew.

The secret key is half of what opens the root, and the server never sees it. So there is no moment at which the server
has a root that only this process's memory could open: a new secret key is on disk before the server hears of it
(`vault_file.add_pending`), and whatever comes in between is found and tried by the next unlocking.
"""

from __future__ import annotations

import os
from functools import partial

from ravi.client.calls import vault as calls
from ravi.client.calls.auth import whoami
from ravi.client.core import Compute
from ravi.crypto import legacy, pin, recovery, root
from ravi.crypto.encoding import to_base64
from ravi.errors import (
    ConfigInvalid,
    RecoveryCodeInvalid,
    Refused,
    RequestFailed,
    ServerFault,
    ServerNonsense,
    UsageError,
    VaultChanged,
    VaultLocked,
    VaultNotUpgraded,
    VaultPinWrong,
    VaultSetUp,
)
from ravi.settings import vault_file
from ravi.settings.values import BOUND_KEYS, SIGN_IN_KEYS
from ravi.settings.vault_keys import SIGN_IN, fingerprint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.client.core import Core, Steps
    from ravi.settings.values import Credential, Settings
    from ravi.wire.vault import EncryptionMeta

#: `EncryptionMeta.format`.
NOT_SET_UP, PUBLISHED, PRESENT = 0, 1, 2


class OpenedVault:
    """
    An account's root key, opened and not yet saved, with what the server said (`meta`).

    `recovery_code` opens it together with the PIN; None in an account of the published client's format, whose
    `legacy_seed` is set. `was_pending` says that the code is one that nobody has seen: the command that made it was
    cut off. `old_pin_differs` says that an upgrade is under way and that the PIN does not open the old values. The
    repr shows no key.
    """

    __slots__ = ("account_uuid", "legacy_seed", "meta", "old_pin_differs", "recovery_code", "root_key", "was_pending")

    def __init__(
        self,
        meta: EncryptionMeta,
        root_key: bytes,
        *,
        recovery_code: str | None = None,
        legacy_seed: bytes | None = None,
        was_pending: bool = False,
        old_pin_differs: bool = False,
    ) -> None:
        self.meta = meta
        self.account_uuid = meta["account_uuid"]
        self.root_key = root_key
        self.recovery_code = recovery_code
        self.legacy_seed = legacy_seed
        self.was_pending = was_pending
        self.old_pin_differs = old_pin_differs

    @property
    def is_settled(self) -> bool:
        """Whether nothing of the published client's format is left in the account."""
        return self.recovery_code is not None and self.legacy_seed is None and not self.old_pin_differs

    def __repr__(self) -> str:
        return f"OpenedVault(<hidden>, account_uuid={self.account_uuid!r})"

    def __reduce__(self) -> str:
        raise TypeError("an opened vault is not serialised")


def fetch(core: Core) -> Steps[EncryptionMeta]:
    """
    The account's key material as the server keeps it.

    Raises VaultLocked when the credential is one identity's own: it is shown none, and may not change any. And when
    the server contradicts what this machine knows: VaultLocked as `_check_not_undone`, ServerNonsense about another
    account.
    """
    credential = core.settings.require_credential()
    if credential.names_identity or credential.keys is BOUND_KEYS:
        raise _bound(credential)
    meta = yield from core.send(calls.encryption())
    _check_shape(meta)
    if (meta["format"] == PRESENT and not meta["wrapped_root"]) or (
        meta["format"] == PUBLISHED and not meta["public_key"]
    ):
        raise _bound(credential)  # a bound token that came in a variable
    if meta["format"] == NOT_SET_UP and credential.path is None and not credential.token.startswith("ravi_mgmt_"):
        who = yield from core.send(whoami())  # there is nothing to be withheld, so nothing tells
        if who["identity_uuid"] is not None:
            raise _bound(credential)
    known = vault_file.find_account(core.settings)
    if known is not None and known != meta["account_uuid"]:
        raise ServerNonsense(
            f"the server says that the credential from {credential.source} is another account's than it was",
            hint="a credential never changes its account: ask who runs the server what has happened",
        )
    _check_not_undone(core.settings, meta)
    return meta


def find_codes(settings: Settings, account_uuid: str) -> list[vault_file.SavedCode]:
    """The recovery codes of the account that this machine holds, the likeliest first. Raises ConfigInvalid."""
    found: dict[str, vault_file.SavedCode] = {}
    for path in _files(settings):
        for saved in vault_file.find_codes(path, account_uuid):
            found.setdefault(saved.code, saved)
    return list(found.values())


def open_root(core: Core, pin_text: str, recovery_code: str | None = None) -> Steps[OpenedVault]:
    """
    Open the account's root; nothing is saved.

    Without *recovery_code* those that this machine holds are tried. Raises VaultPinWrong when nothing opens,
    RecoveryCodeInvalid before anything is computed, VaultLocked when no vault is set up, when there is no recovery
    code to try, or when the credential cannot have one.
    """
    given = None if recovery_code is None else recovery.decode(recovery_code)
    meta = yield from fetch(core)
    return (yield from open_fetched(core, meta, pin_text, given))


def open_fetched(core: Core, meta: EncryptionMeta, pin_text: str, given: bytes | None) -> Steps[OpenedVault]:
    """As `open_root`, with what the server said and the secret key in a recovery code, or None."""
    if meta["format"] == NOT_SET_UP:
        raise VaultLocked("this account's vault is not set up yet", hint="set it up with: ravi unlock")
    saved = find_codes(core.settings, meta["account_uuid"])
    if meta["format"] == PUBLISHED:
        if given is not None:
            raise VaultLocked(
                "a recovery code was given, but the server says that the vault is in the old format, which has none",
                hint="if that is right, leave the code away; if the vault was upgraded, do not trust the server",
            )
        seed = yield from _legacy_seed(meta, pin_text)
        return OpenedVault(meta, legacy.root_key(seed), legacy_seed=seed)
    if given is not None:
        code = recovery.encode(given)
        saved = [each for each in saved if each.code == code] or [vault_file.SavedCode(code, is_pending=False)]
    if not saved:
        raise VaultLocked(
            "this machine does not hold the account's recovery code, and the PIN alone opens nothing",
            hint="give it with --recovery-code-file FILE, or run ravi unlock on a terminal, which asks for it",
        )
    opened = yield from _open_with(meta, pin_text, saved)
    if opened is None:
        raise _does_not_fit(given_by_owner=given is not None)
    if meta["upgrading"]:
        try:
            opened.legacy_seed = yield from _legacy_seed(meta, pin_text)
        except VaultPinWrong:
            opened.old_pin_differs = True
    return opened


def write_root(
    core: Core, meta: EncryptionMeta, *, pin_text: str, root_key: bytes, secret_key: bytes, is_new: bool
) -> Steps[EncryptionMeta]:
    """
    Wrap *root_key* for *pin_text* and *secret_key*, and have the server keep that in place of what *meta* shows.

    With *is_new* nobody has the secret key yet: it is on disk before it is needed, and goes from there only when
    the server has certainly not taken the root. Raises VaultChanged or VaultSetUp when somebody else was faster,
    RequestFailed when it is unknown what became of it.
    """
    account_uuid = meta["account_uuid"]
    salt = os.urandom(pin.SALT_BYTES)
    unlock_key: bytes = yield Compute(lambda: pin.unlock_key(pin_text, salt, secret_key))
    wrapped = root.wrap(root_key, unlock_key, account_uuid=account_uuid, salt=salt)
    path, code = vault_file.keys_path(core.settings), recovery.encode(secret_key)
    if is_new:
        yield Compute(lambda: vault_file.add_pending(path, account_uuid, code))
    try:
        return (yield from _put(core, meta["root_version"], salt, wrapped))
    except Refused as refusal:
        if is_new and not isinstance(refusal, ServerFault):
            yield Compute(lambda: vault_file.drop_pending(path, account_uuid, code))
        raise


def keep(core: Core, opened: OpenedVault) -> Steps[None]:
    """Save *opened* in auth.json for the credential of *core*: the vault is then unlocked. Raises ConfigInvalid."""
    mark = _mark(core.settings.require_credential())
    # The file's lock may have to be waited for, which an event loop must not.
    yield Compute(
        lambda: vault_file.save_keys(
            vault_file.keys_path(core.settings),
            account_uuid=opened.account_uuid,
            root_key=opened.root_key,
            recovery_code=opened.recovery_code,
            legacy_seed=opened.legacy_seed,
            mark=mark,
            settled=opened.is_settled,
        )
    )


def check_new_pin(pin_text: str) -> None:
    """Raises UsageError for a PIN that may not be chosen."""
    fault = pin.find_fault(pin_text)
    if fault is not None:
        raise UsageError(fault)


def check_upgraded(opened: OpenedVault) -> None:
    """Raises VaultNotUpgraded unless the account is in the present format and in no other."""
    if opened.meta["upgrading"] or opened.recovery_code is None:
        raise VaultNotUpgraded(
            "this account's vault is still in the format of the published client, or half upgraded from it",
            hint="upgrade it first: ravi vault upgrade",
        )


def _check_not_undone(settings: Settings, meta: EncryptionMeta) -> None:
    """
    Refuse to believe that a vault, whose recovery code this machine holds, was never there, or that an upgrade, which
    this machine has seen finished, is not.

    A server that plays an old state back would otherwise have new values sealed with a key that it can guess, or have
    values believed that it has sealed itself.
    """
    account_uuid = meta["account_uuid"]
    if meta["format"] == PRESENT:
        undone = meta["upgrading"] and any(vault_file.is_settled(path, account_uuid) for path in _files(settings))
        knows, what = "has seen the account's vault upgraded", "the upgrade is not finished"
    else:
        undone = any(not each.is_pending for each in find_codes(settings, account_uuid))
        knows = "holds the account's recovery code"
        what = "no vault is set up" if meta["format"] == NOT_SET_UP else "its vault is in the old format"
    if undone:
        raise VaultLocked(
            f"this machine {knows}, but the server says that {what}",
            hint="do not go on unless you know why, such as a database restored from an older backup; "
            "then remove secret_key and settled_accounts from auth.json",
        )


def _files(settings: Settings) -> list[str]:
    """Every auth.json that may hold something about the account, the credential's own first."""
    folders = (settings.config_dir, settings.home)
    return list(
        dict.fromkeys([vault_file.keys_path(settings), *(os.path.join(folder, "auth.json") for folder in folders)])
    )


def _mark(credential: Credential) -> str:
    """What auth.json remembers of the credential that the root is opened for."""
    if credential.path is not None and credential.keys is SIGN_IN_KEYS:
        return SIGN_IN
    return fingerprint(credential.token)


def _open_with(meta: EncryptionMeta, pin_text: str, codes: list[vault_file.SavedCode]) -> Steps[OpenedVault | None]:
    """Try *codes* one after the other; each costs one Argon2id, and there is more than one only after a crash."""
    for each in codes:
        try:
            secret_key = recovery.decode(each.code)
        except RecoveryCodeInvalid as fault:
            raise ConfigInvalid(f"{each.path or 'what was given'} is damaged: {fault.message}") from None
        work = partial(
            root.unlock,
            pin_text,
            secret_key,
            account_uuid=meta["account_uuid"],
            root_salt=meta["root_salt"] or "",
            wrapped_root=meta["wrapped_root"] or "",
        )
        try:
            root_key: bytes = yield Compute(work)
        except VaultPinWrong:
            continue
        return OpenedVault(meta, root_key, recovery_code=each.code, was_pending=each.is_pending)
    return None


def _legacy_seed(meta: EncryptionMeta, pin_text: str) -> Steps[bytes]:
    salt, verifier, public_key = meta["salt"] or "", meta["verifier"] or "", meta["public_key"] or ""
    seed: bytes = yield Compute(lambda: legacy.seed(pin_text, salt=salt, verifier=verifier, public_key=public_key))
    return seed


def _check_shape(meta: EncryptionMeta) -> None:
    """Raises ServerNonsense for key material that no server of this API sends."""
    if meta["format"] not in (NOT_SET_UP, PUBLISHED, PRESENT):
        raise ServerNonsense("the account's vault has a format that this version does not know", hint="update ravi")
    said: dict[str, Any] = {**meta}
    texts = [said.get(name) for name in ("salt", "verifier", "public_key", "root_salt", "wrapped_root")]
    if (
        not all(text is None or isinstance(text, str) for text in texts)
        or not isinstance(said["account_uuid"], str)
        or not isinstance(said["root_version"], int)
    ):
        raise ServerNonsense("the server answered with key material that is none")


def _put(core: Core, version: int, salt: bytes, wrapped: str) -> Steps[EncryptionMeta]:
    call = calls.put_root(root_salt=to_base64(salt), wrapped_root=wrapped, expected_version=version)
    try:
        return (yield from core.send(call))
    except (VaultChanged, VaultSetUp, RequestFailed):
        # The request may have been repeated, or its answer lost: then it was we who changed it.
        now = yield from core.send(calls.encryption())
        if now["wrapped_root"] != wrapped:
            raise
        return now


def _bound(credential: Credential) -> VaultLocked:
    return VaultLocked(
        f"the credential from {credential.source} is one identity's own, and cannot open the account's vault",
        hint="give it that identity's key as RAVI_VAULT_KEY (its owner prints it with: ravi vault key)",
    )


def _does_not_fit(*, given_by_owner: bool) -> VaultPinWrong:
    if given_by_owner:
        return VaultPinWrong("PIN and recovery code do not fit together")
    return VaultPinWrong(
        "the PIN is wrong, or the recovery code was renewed on another machine",
        hint="if it was renewed: ravi unlock --recovery-code-file FILE, or --new-code to be asked for it",
    )
