"""Handing a new recovery code over: to a person at the terminal, and to a file."""

from __future__ import annotations

from ravi.errors import RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io
    from ravi.client.nouns.vault import VaultStatus
    from ravi.client.owner_keys import OpenedVault
    from ravi.client.session import Client


def hand_over(
    code: str, io: Io, *, auth_file: str, account_uuid: str, email: str, server: str, write_file: bool
) -> str | None:
    """
    Show *code* where a person sees it, and with *write_file* write recovery-code.txt beside *auth_file*.

    Returns the file's path, None when none was written. A failure is a warning: auth.json has the code too.
    """
    from ravi.cli.vault.pins import can_show

    if can_show():
        io.out.note("")
        io.out.note("Your recovery code, shown this once:")
        io.out.note("")
        io.out.note(f"    {code}")
        io.out.note("")
        io.out.note("With the PIN it opens the vault on another machine, and nobody can replace it for you.")
    path = None
    if write_file:
        from ravi.settings.recovery_file import write_recovery_file

        try:
            path = write_recovery_file(auth_file, code, account_uuid=account_uuid, email=email, server=server)
        except RaviError as problem:
            io.out.warn(f"the recovery code was not written to a file: {problem.message}", problem.hint)
        else:
            io.out.note(f"The recovery code is in {path}: put a copy where this machine and the PIN are not.")
    return path


def hand_over_for(ravi: Client, opened: OpenedVault, io: Io, status: VaultStatus, *, write_file: bool) -> str | None:
    """`hand_over` of the recovery code of *opened*, for the account that *ravi* acts for."""
    try:
        email = ravi.auth.whoami()["email"]
    except RaviError:  # the address is a help to the reader: no reason to hold a code back
        email = "unknown"
    return hand_over(
        opened.recovery_code or "",
        io,
        auth_file=status.auth_file,
        account_uuid=opened.account_uuid,
        email=email,
        server=ravi.settings.server.value,
        write_file=write_file,
    )
