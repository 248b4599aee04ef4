"""The vault's part in `ravi auth login`."""

from __future__ import annotations

import os

from ravi.errors import RaviError, ServerNonsense, VaultError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io
    from ravi.cli.vault.pins import Pins
    from ravi.client.owner_keys import OpenedVault
    from ravi.client.session import Client
    from ravi.settings.client import Settings
    from ravi.wire.auth import SignedIn

#: Seconds to take a sign-in back that came to nothing.
_END_TIMEOUT = 5.0


class VaultAtSignIn:
    """
    `open` before any file is written, `save_sign_in`, then `finish`.

    What goes wrong in `open` takes the sign-in back. The PIN of an account without a vault is chosen there as well,
    and used in `finish`: setting up writes the new key to auth.json before the server hears of it.
    """

    def __init__(self, settings: Settings, answer: SignedIn, pins: Pins, io: Io, *, write_file: bool) -> None:
        from ravi.settings.client import Credential
        from ravi.settings.vault_file import login_folder

        self._settings = settings
        self._answer = answer
        self._pins = pins
        self._io = io
        self._write_file = write_file
        self._account_uuid: str | None = answer["user"].get("uuid")
        self._folder = login_folder(settings)
        self._opened: OpenedVault | None = None
        self._new_pin: str | None = None
        settings.credential = Credential(answer["access"], server=settings.server.value, source="this sign-in")

    @property
    def state(self) -> str:
        """As `ravi status` calls it."""
        return "unlocked" if self._is_open() else "locked"

    def open(self) -> None:
        """
        Ask for the PIN and try it, or have one chosen; nothing where there is neither PIN nor person, or where this
        machine has the vault open already. Raises what goes wrong, after ending the sign-in.
        """
        if not self._pins.can_answer or (self._is_open() and not self._pins.was_given):
            return
        try:
            self._try()
        except (RaviError, KeyboardInterrupt) as problem:
            self._end_sign_in()
            if isinstance(problem, VaultError | ServerNonsense):
                instead = "to sign in and leave the vault locked: --no-vault"
                problem.hint = f"{problem.hint}; {instead}" if problem.hint else instead
            raise

    def save_sign_in(self) -> str:
        """Write the tokens; returns the path of auth.json."""
        from ravi.settings.client import Credential, save_login
        from ravi.settings.values import SIGN_IN_KEYS

        answer, server = self._answer, self._settings.server.value
        path = save_login(
            self._folder,
            server=server,
            access=answer["access"],
            refresh=answer["refresh"],
            expires_at=answer["expires_at"],
            email=answer["user"]["email"],
            account_uuid=self._account_uuid,
        )
        self._settings.credential = Credential(
            answer["access"], server=server, source=path, path=path, keys=SIGN_IN_KEYS
        )
        return path

    def finish(self) -> str | None:
        """
        Set the vault up, or keep it open, as `open` has found it; the path of recovery-code.txt if one was written.

        Raises what goes wrong in setting up; the sign-in stands.
        """
        if self._new_pin is None and self._opened is None:
            return None
        from ravi.cli.vault.opening import register_public_keys, say_what_is_left
        from ravi.client.session import Client

        with Client(self._settings) as ravi:
            opened = self._opened or self._create(ravi, self._new_pin or "")
            # Before it is kept as a code that was seen: if this is cut off, the next unlocking shows it.
            recovery_file = self._hand_over(opened) if opened.was_pending else None
            ravi.vault.keep(opened)
            say_what_is_left(opened, self._io)
            if self._new_pin is not None:
                register_public_keys(ravi, self._io)
        return recovery_file

    def _try(self) -> None:
        from ravi.cli.vault.opening import NOT_SET_UP, open_vault
        from ravi.client.session import Client

        with Client(self._settings) as ravi:
            status = ravi.vault.status()
            if self._account_uuid not in (None, status.account_uuid):
                raise ServerNonsense("the server says that this sign-in is one account's, and its vault another's")
            self._account_uuid = status.account_uuid
            if status.format == NOT_SET_UP:
                self._new_pin = self._pins.new_pin(first=True)
            else:
                self._opened, _ = open_vault(ravi, self._pins, self._io, status)

    def _create(self, ravi: Client, pin: str) -> OpenedVault:
        try:
            return ravi.vault.create(pin)
        except RaviError as problem:
            problem.hint = "you are signed in; set the vault up, or open it, with: ravi unlock"
            raise

    def _hand_over(self, opened: OpenedVault) -> str | None:
        from ravi.cli.vault.recovery_file import hand_over

        return hand_over(
            opened.recovery_code or "",
            self._io,
            auth_file=os.path.join(self._folder, "auth.json"),
            account_uuid=opened.account_uuid,
            email=self._answer["user"]["email"],
            server=self._settings.server.value,
            write_file=self._write_file,
        )

    def _end_sign_in(self) -> None:
        from ravi.client.session import Client

        try:
            with Client(self._settings, timeout=_END_TIMEOUT) as ravi:
                ravi.auth.logout()
        except RaviError as problem:
            self._io.out.warn(f"the sign-in could not be taken back, and ends by itself: {problem.message}")

    def _is_open(self) -> bool:
        from ravi.settings.vault_file import is_unlocked

        uuid = self._account_uuid
        return uuid is not None and is_unlocked(os.path.join(self._folder, "auth.json"), uuid)
