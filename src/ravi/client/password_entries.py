"""One password entry: found by its uuid or site, opened, checked against the site it was sealed for, changed."""

from __future__ import annotations

from ravi.client.calls import passwords as calls
from ravi.errors import EntryAmbiguous, NotFound, ServerNonsense, UsageError, VaultLocked, VaultUnreadable
from ravi.settings.uuids import is_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.core import Core, Steps
    from ravi.client.keyring import IdentityVault
    from ravi.wire.vault import Password

KIND = "password"


def row_of(core: Core, ref: str) -> Steps[Password]:
    """The entry *ref*, sealed as it is. Raises NotFound, EntryAmbiguous, and ServerNonsense for another one."""
    if is_uuid(ref):
        return checked((yield from core.send(calls.get(ref.lower()))), ref.lower())
    return (yield from _by_domain(core, ref, values=True))


def checked(row: Password, uuid: str) -> Password:
    """*row*, which must be the entry *uuid*: any other opens as well, and is another site's. Raises ServerNonsense."""
    if row["uuid"] != uuid:
        raise ServerNonsense("the server answered with another sign-in than was asked for")
    return row


def uuid_of(core: Core, ref: str) -> Steps[str]:
    """The uuid of the entry *ref*; a uuid is believed without asking. Raises as `row_of`."""
    if is_uuid(ref):
        return ref.lower()
    row = yield from _by_domain(core, ref, values=False)
    return row["uuid"]


def _by_domain(core: Core, text: str, *, values: bool) -> Steps[Password]:
    domain = site_of(text)
    rows = yield from list_rows(core, domain, values=values)
    if not rows:
        raise NotFound(f"no sign-in for {domain}", hint="see what there is with: ravi passwords list")
    if len(rows) > 1:
        try:
            vault = vault_of(core, rows)
        except VaultLocked:  # the uuids are enough to go on with
            vault = None
        names = [None if vault is None else username_of(vault, row) for row in rows]
        shown = [row["uuid"] + (f" ({name})" if name else "") for row, name in zip(rows, names, strict=True)]
        raise EntryAmbiguous(
            f"{len(rows)} sign-ins for {domain}: {', '.join(shown)}",
            details=[
                {"uuid": row["uuid"], "domain": domain, "username": name} for row, name in zip(rows, names, strict=True)
            ],
        )
    return rows[0]


def list_rows(core: Core, domain: str | None, *, values: bool) -> Steps[list[Password]]:
    """All entries, or those of *domain*, sealed as they are."""
    rows = yield from core.send(calls.list_(domain=domain, values=values))
    # The server filters; one that ignored the question would otherwise hand us another site's password.
    return [row for row in rows if domain is None or row["domain"] == domain]


def site_of(text: str) -> str:
    """The registrable domain of a URL or host. Raises UsageError."""
    from ravi.domains import registrable

    try:
        return registrable(text)
    except ValueError as fault:
        raise UsageError(f"{text[:80]!r} names no site: {fault}") from None


def changed(vault: IdentityVault, row: Password, given: dict[str, str], site: str | None) -> Password:
    """*row* with the texts *given*, and its new *site* if there is one, sealed into it. Raises VaultUnreadable."""
    if row["site"] or site is None:  # who names the site need not be told that the server's word is not enough
        check_site(vault, row)
    sealed = vault.seal_given(KIND, row["uuid"], {**given, "site": site})
    return {
        **row,
        "domain": site or row["domain"],
        "username": sealed.get("username", row["username"]),
        "password": sealed.get("password", row["password"]),
        "notes": sealed.get("notes", row["notes"]),
        "site": sealed.get("site", row["site"]),
    }


def opened(vault: IdentityVault, row: Password) -> Password:
    """*row* with its fields opened; its `site` stays empty where none is sealed. Raises VaultUnreadable."""
    uuid = row["uuid"]
    return {
        **row,
        "site": check_site(vault, row),
        "username": username_of(vault, row),
        "password": vault.open(KIND, uuid, "password", row["password"]),
        "notes": vault.open_given(KIND, uuid, "notes", row["notes"]),
    }


def check_site(vault: IdentityVault, row: Password) -> str:
    """
    The sealed site of *row*; empty where a client before this one sealed none, in an account not yet upgraded.

    Raises VaultUnreadable when the server shows the entry under another domain, or has left out the proof.
    """
    if not row["site"] and not vault.reads_old_entries:
        raise VaultUnreadable(
            f"password {row['uuid']} has no sealed site, so that it is {row['domain']}'s is the server's word alone",
            hint=f"if you know that it is: ravi passwords update {row['uuid']} --domain {row['domain']}",
        )
    site = vault.open_given(KIND, row["uuid"], "site", row["site"])
    if row["site"] and site != row["domain"]:
        raise VaultUnreadable(f"password {row['uuid']} was sealed for another site than the server says")
    return site


def username_of(vault: IdentityVault | None, row: Password) -> str:
    """The opened username; empty without a *vault* to open it."""
    return "" if vault is None else vault.open_given(KIND, row["uuid"], "username", row["username"])


def vault_of(core: Core, rows: list[Password]) -> IdentityVault:
    """What opens *rows*, of which there must be one. Raises VaultLocked, ServerNonsense."""
    from ravi.client.keyring import answering_vault

    return answering_vault(core, (row["identity_uuid"] for row in rows))
