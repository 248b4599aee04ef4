"""Opening the account's vault with what a person or a file says, as often as they may be wrong."""

from __future__ import annotations

from ravi.errors import RaviError, VaultNotUpgraded, VaultPinWrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io
    from ravi.cli.vault.pins import Pins
    from ravi.client.nouns.vault import VaultStatus
    from ravi.client.owner_keys import OpenedVault
    from ravi.client.session import Client

#: `VaultStatus.format`: no vault yet, one of the published client, one of ours.
NOT_SET_UP, PUBLISHED, PRESENT = 0, 1, 2


def open_vault(ravi: Client, pins: Pins, io: Io, status: VaultStatus) -> tuple[OpenedVault, str]:
    """
    Open the vault that *status* is about, and return it with the PIN that did. Nothing is saved.

    A person may try a wrong PIN three times. Raises VaultPinWrong, RecoveryCodeInvalid, VaultLocked, and UsageError
    where there is nobody to ask.
    """
    # Nothing is asked for a vault that is not there, or whose format knows no recovery code.
    code = pins.code(known=status.knows_code) if status.format == PRESENT else pins.given_code
    for left in range(pins.tries - 1, -1, -1):
        pin = pins.pin()
        try:
            return ravi.vault.open(pin, code), pin
        except VaultPinWrong as wrong:
            if not left:
                raise
            io.out.note(f"{wrong.message}; {left} more {'try' if left == 1 else 'tries'}")
            if code is not None:
                code = pins.code_again(code)
    raise AssertionError  # the last try returns or raises


def open_to_change(ravi: Client, pins: Pins, io: Io, status: VaultStatus) -> tuple[OpenedVault, str]:
    """As `open_vault`, for a vault whose root is to be wrapped anew. Raises VaultNotUpgraded before it asks."""
    if status.format == PUBLISHED or status.upgrading:
        raise VaultNotUpgraded(
            "this vault is in the format of the published client, or half upgraded from it",
            hint="upgrade it first: ravi vault upgrade",
        )
    return open_vault(ravi, pins, io, status)


def say_what_is_left(opened: OpenedVault, io: Io) -> None:
    """Warn about what the owner should do next, if there is something."""
    if opened.recovery_code is None:
        io.out.warn(
            "whoever holds the server's database can guess the PIN: this vault has the published client's format",
            "upgrade it with: ravi vault upgrade",
        )
    elif opened.old_pin_differs:
        io.out.warn(
            "an upgrade of this vault was begun with another PIN, which alone opens the values that are still old",
            "go on where it was begun, or unlock with that PIN, with: ravi vault upgrade",
        )
    elif opened.meta["upgrading"]:
        io.out.warn("an upgrade of this vault is not finished", "go on with: ravi vault upgrade")


def register_public_keys(ravi: Client, io: Io) -> None:
    """Tell the server the public keys of the identities that there are. Failing is a warning: they can follow later."""
    try:
        ravi.vault.register_public_keys()
    except RaviError as problem:
        io.out.warn(
            f"the identities' public keys were not registered: {problem.message}",
            "nothing is lost: each is registered when its first value is stored",
        )
