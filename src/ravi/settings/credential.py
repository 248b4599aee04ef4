"""
Which credential, and therefore which server: a credential only ever goes to the server it was saved with.
"""

from __future__ import annotations

import os

from ravi.errors import ConfigInvalid
from ravi.settings.config_file import OWN_CREDENTIAL_KEYS, ConfigFile, check_token, find_tokens
from ravi.settings.files import parse, tighten
from ravi.settings.own_files import find_own
from ravi.settings.resolve import Sourced, first_of
from ravi.settings.server_url import check_transport, normalise
from ravi.settings.values import DEFAULT_SERVER, SIGN_IN_KEYS, Credential

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ravi.settings.identity import Selection
    from ravi.settings.place import Place


def choose(
    place: Place, selection: Selection, *, server: str | None, api_key: str | None
) -> tuple[Credential | None, Sourced[str]]:
    """
    The credential, None when there is none, and the server that calls go to.

    Raises ConfigInvalid when a source that was reached is unusable, when *server* or RAVI_API_URL contradict
    the server of a saved credential, or when the credential would cross a network in the clear.
    """
    wished = _wished_server(place, server)
    given = _given(place, api_key)
    if given is not None:
        where = wished or Sourced(DEFAULT_SERVER, "default")
        check_transport(where.value, _server_words(where), place)
        return Credential(given.value, server=where.value, source=given.source), where
    saved = first_of(_saved(place, selection))
    if saved is None:
        return None, wished or _last_server(place) or Sourced(DEFAULT_SERVER, "default")
    if wished is not None and wished.value != saved.server:
        raise ConfigInvalid(
            f"{wished.source} is {wished.value}, but the credential in {saved.source} belongs to {saved.server}",
            hint=f"unset {wished.source}, or sign in there with: ravi auth login --server {wished.value}"
            if wished.source != "--server"
            else f"leave out --server, or sign in there with: ravi auth login --server {wished.value}",
        )
    where = Sourced(saved.server, saved.source)
    check_transport(where.value, _server_words(where), place)
    return saved, where


def find_vault_key(place: Place, selection: Selection) -> Sourced[tuple[str, str | None]] | None:
    """
    The identity's own vault key as text, and whose it is: RAVI_VAULT_KEY, or `vault_key` in the file that selected
    the identity, or in RAVI_CONFIG_DIR's. It opens that identity's vault; it is not looked at here.
    """
    given = place.var("RAVI_VAULT_KEY")
    if given is not None:
        return Sourced((given.strip(), None), "RAVI_VAULT_KEY")
    file = selection.file
    if file is None and place.explicit_dir is not None:
        file = _config_holding(place, place.explicit_dir, ("vault_key",))
    if file is None or not file.data.get("vault_key"):
        return None
    tighten(file.raw)
    return Sourced((file.data["vault_key"], file.identity_uuid()), file.shown)


def sign_in_server(place: Place, server: str | None) -> Sourced[str]:
    """
    The server to sign in at: *server*, RAVI_API_URL, the one of the last sign-in, or the default.

    Raises ConfigInvalid as `choose` does, and when the file that the sign-in will be written to is broken: a
    one-time code must not be spent before that is known.
    """
    folder = place.explicit_dir or place.ravi_dir
    last = _saved_server(place, folder)
    where = _wished_server(place, server) or last or _last_server(place) or Sourced(DEFAULT_SERVER, "default")
    check_transport(where.value, _server_words(where), place)
    return where


def _wished_server(place: Place, flag: str | None) -> Sourced[str] | None:
    if flag is not None:
        return Sourced(normalise(flag, "--server"), "--server")
    url = place.var("RAVI_API_URL")
    return None if url is None else Sourced(normalise(url, "RAVI_API_URL"), "RAVI_API_URL")


def _given(place: Place, api_key: str | None) -> Sourced[str] | None:
    """The credential that was handed over outright, not saved anywhere."""
    if api_key is not None:
        return Sourced(check_token(api_key.strip(), "credential", "api_key"), "api_key")
    found = [
        Sourced(check_token(value.strip(), "credential", name), name)
        for name in ("RAVI_API_KEY", "RAVI_ACCESS_TOKEN")
        if (value := place.var(name)) is not None
    ]
    if len(found) == 2 and found[0].value != found[1].value:
        raise ConfigInvalid("RAVI_API_KEY and RAVI_ACCESS_TOKEN are both set and differ", hint="unset one of them")
    return found[0] if found else None


def _saved(place: Place, selection: Selection) -> Iterator[Credential | None]:
    """Each place for a saved credential in turn, read when it is its turn."""
    yield _identity_s_own(place, selection)
    for folder in _folders(place):
        yield _sign_in(place, folder)
        yield _published_layout(place, folder)


def _folders(place: Place) -> list[str]:
    if place.explicit_dir is None or place.explicit_dir == place.ravi_dir:
        return [place.ravi_dir]
    return [place.explicit_dir, place.ravi_dir]


def _identity_s_own(place: Place, selection: Selection) -> Credential | None:
    """
    The credential in the file that selects the identity, and in RAVI_CONFIG_DIR's in any case.

    Whoever is given a directory with a key of its own stays inside that fence, also where it names another
    identity or calls for the account: the server then refuses, and nobody's wider sign-in is used instead.
    """
    file = selection.file
    if place.explicit_dir is not None:
        file = file or _config_holding(place, place.explicit_dir, OWN_CREDENTIAL_KEYS)
        if file is None or not file.holds_own_credential():
            return None
        file.identity_uuid()  # a copied or unfinished workspace does not lend its key either
        return file.find_own_credential()
    if file is None:
        return None
    # A discovered file that holds one was approved, or it would not have come this far.
    return file.find_own_credential(empty_is_absent=not selection.discovered)


def _config_holding(place: Place, folder: str, keys: tuple[str, ...]) -> ConfigFile | None:
    """
    The `config.json` in *folder*, which need not have selected the identity; None when it has none of *keys*.

    A file that is broken is an error only if it holds a credential, as far as one can still tell: truncated
    JSON that names a key was a fence, and the way around it must not open because of a full disk.
    """
    path = os.path.join(folder, "config.json")
    raw = find_own(path, place.shown(path))
    if raw is None:
        return None
    try:
        file = ConfigFile.parsed(raw)
    except ConfigInvalid:
        if any(key.encode() in raw.content for key in keys):
            raise
        return None
    return file if any(key in file.data for key in keys) else None


def _sign_in(place: Place, folder: str) -> Credential | None:
    path = os.path.join(folder, "auth.json")
    raw = find_own(path, place.shown(path))
    return None if raw is None else find_tokens(raw, parse(raw), SIGN_IN_KEYS)


def _published_layout(place: Place, folder: str) -> Credential | None:
    """The keys that published clients of generation 0.6 keep in `config.json`; the account's before the identity's."""
    keys = ("management_key", "identity_key")
    file = _config_holding(place, folder, keys)
    if file is None:
        return None
    return first_of(file.key_credential(key) for key in keys if file.data.get(key))


def _last_server(place: Place) -> Sourced[str] | None:
    return first_of(_saved_server(place, folder) for folder in _folders(place))


def _saved_server(place: Place, folder: str) -> Sourced[str] | None:
    """Where the sign-in in *folder* went; None when there was none. Raises ConfigInvalid for a broken file."""
    path = os.path.join(folder, "auth.json")
    shown = place.shown(path)
    raw = find_own(path, shown)
    server = None if raw is None else parse(raw).get("server")
    if not isinstance(server, str) or not server:
        return None
    return Sourced(normalise(server, f"the server in {shown}"), shown)


def _server_words(where: Sourced[str]) -> str:
    return where.source if where.source.startswith(("-", "RAVI")) else f"the server from {where.source}"
