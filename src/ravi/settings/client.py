"""
The client's settings: one resolver for every command and for the library.

Which identity, first hit wins: `--identity`, RAVI_IDENTITY, `$RAVI_CONFIG_DIR/config.json`, the nearest
`.ravi/config.json`, `~/.ravi/config.json`. Which credential: RAVI_API_KEY or RAVI_ACCESS_TOKEN, the one in
the file that selected the identity (if that file may hold one), `auth.json` in RAVI_CONFIG_DIR, then in
`~/.ravi`. docs/adr/0006 says why files are merged this way, docs/reference/configuration.md lists it all.
"""

from __future__ import annotations

from ravi.errors import UsageError
from ravi.settings import credential as credentials
from ravi.settings import identity as identities
from ravi.settings.place import Place
from ravi.settings.values import Credential, Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ravi.settings.resolve import Sourced
    from ravi.settings.saved import clear_tokens, save_login, write_selection

__all__ = [
    "Credential",
    "Settings",
    "clear_tokens",
    "find_project_file",
    "resolve",
    "save_login",
    "selection_path",
    "write_selection",
]


def resolve(
    *,
    identity: str | None = None,
    server: str | None = None,
    api_key: str | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: str | None = None,
    need_identity: bool = True,
    sign_in: bool = False,
) -> Settings:
    """
    Find out who to be, with which credential, at which server.

    *identity*, *server* and *api_key* are what the caller was told outright and beat every other source.
    Without *need_identity* (account commands) files that were discovered or are broken select nothing and
    are no error, unless the credential would have come from them. *sign_in* is for commands that are about to
    obtain a credential: none is read, and `server` falls back to where the last sign-in went.

    Raises UsageError for an empty argument, ConfigInvalid for a variable or file that was hit and is
    unusable, ConfigUntrusted for a discovered file that asks for more than an identity. A missing identity
    or credential is not an error here: see `Settings.require_identity` and `require_credential`.
    """
    for flag, value in (("--identity", identity), ("--server", server), ("api_key", api_key)):
        if value is not None and not value.strip():
            raise UsageError(f"{flag} is empty")
    place = Place(environ, cwd)
    selection = identities.select(place, identity, need_identity=need_identity and not sign_in)
    if sign_in:
        credential, where = None, credentials.sign_in_server(place, server)
    else:
        credential, where = credentials.choose(place, selection, server=server, api_key=api_key)
    return Settings(
        server=where,
        identity=selection.identity,
        identity_name=selection.name,
        credential=credential,
        home=place.ravi_dir,
        config_dir=place.explicit_dir or place.ravi_dir,
        no_identity=selection.silence,
        vault_key=None if sign_in else credentials.find_vault_key(place, selection),
    )


def find_project_file(*, environ: Mapping[str, str] | None = None, cwd: str | None = None) -> str | None:
    """The nearest `.ravi/config.json` at or above *cwd*, below the home directory; None when there is none."""
    from ravi.settings.discovery import find_project_config

    return find_project_config(Place(environ, cwd))


def selection_path(*, environ: Mapping[str, str] | None = None, cwd: str | None = None) -> Sourced[str]:
    """
    The `config.json` that `ravi identity use` writes: the one that decides here once it is written.

    That is the file in RAVI_CONFIG_DIR, else the discovered one if there is one, else `~/.ravi/config.json`.
    """
    from ravi.settings.saved import selection_path

    return selection_path(Place(environ, cwd))


def __getattr__(name: str) -> Any:
    """Load the writers on first use: most commands only read."""
    if name in ("clear_tokens", "save_login", "write_selection"):
        from ravi.settings import saved

        return getattr(saved, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
