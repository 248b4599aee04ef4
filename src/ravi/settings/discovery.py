"""
Project files: a `.ravi/config.json` that was found by walking up, not named by anybody.

It may have come with a cloned repository, so it selects an identity and does nothing else. A credential in
it counts only if this user approved exactly these bytes (`ravi trust`), and even then it goes nowhere but to
the server that stands beside it.
"""

from __future__ import annotations

import os

from ravi.errors import ConfigInvalid, ConfigUntrusted
from ravi.settings.config_file import ConfigFile
from ravi.settings.files import find_file
from ravi.settings.own_files import can_be_written_by_others
from ravi.settings.place import FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.settings.files import RawFile
    from ravi.settings.place import Place

#: Keys that a project file has no business with, beside everything that ends like a secret or an address.
_DEMANDING = frozenset(
    {
        "server", "base_url", "api_url", "proxy", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
        "ca", "ca_file", "ca_path", "ca_bundle", "cert", "insecure", "verify", "pin", "password",
    }
)  # fmt: skip
_DEMANDING_ENDINGS = ("_key", "_token", "_secret", "_password", "_url", "_proxy", "_pin")


def find_project_config(place: Place) -> str | None:
    """
    The nearest `.ravi/config.json` at or above the working directory; None when there is none.

    Below the home directory the walk ends there, because the home's own file is the global one; elsewhere at
    the root. Whatever lies at that name counts, so that a broken file hides those above it.
    """
    if place.cwd is None:
        return None
    home = os.path.realpath(place.home)
    folder = place.cwd
    while folder != home:
        candidate = os.path.join(folder, FOLDER, "config.json")
        # `.ravi` itself may be broken too: a link to nothing, or a file.
        if os.path.lexists(candidate) or _is_broken(os.path.dirname(candidate)):
            return candidate
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return None


def read_project_config(place: Place, path: str) -> ConfigFile:
    """
    The project file at *path*, checked.

    Raises ConfigUntrusted when others could have written it, when it lies outside its project, or when it
    holds more than the choice of an identity and is not approved; ConfigInvalid when it is broken.
    """
    raw = find_file(path, place.shown(path))
    if raw is None:
        # It was there a moment ago. Going on without it could mean to act as somebody else.
        raise ConfigInvalid(f"{place.shown(path)} vanished while it was to be read", hint="try again")
    check_origin(raw)
    file = ConfigFile.parsed(raw)
    demands = demanding_keys(file)
    if demands:
        what = f"{file.shown} holds more than the choice of an identity ({', '.join(demands)})"
        if raw.owner not in (0, os.geteuid()):
            # Only root comes here: another user's file may select for root, and not authenticate it.
            raise ConfigUntrusted(f"{what} and belongs to another user", hint="remove these keys from it")
        if not _is_approved(place, raw):
            raise ConfigUntrusted(
                f"{what} and is not approved",
                hint="if you wrote it, approve it with: ravi trust; if not, remove these keys",
            )
    return file


def demanding_keys(file: ConfigFile) -> list[str]:
    """The keys of *file* that ask for trust, by name."""
    return [key for key in file.data if key.lower() in _DEMANDING or key.lower().endswith(_DEMANDING_ENDINGS)]


def check_location(path: str, shown: str) -> None:
    """See that the project file at *path*, there or not yet, lies in its project. Raises ConfigUntrusted."""
    project = os.path.realpath(os.path.dirname(os.path.dirname(path)))
    target = os.path.realpath(path)
    if os.path.commonpath((project, target)) != project:
        raise ConfigUntrusted(
            f"{shown} is a symbolic link out of its project",
            hint=f"set RAVI_CONFIG_DIR={os.path.dirname(target)} if that is what you mean",
        )


def check_origin(raw: RawFile) -> None:
    """See that nobody else has written *raw*, and that it lies in its project. Raises ConfigUntrusted."""
    user = os.geteuid()
    # Root reads everybody's checkouts; what matters there is that nobody else can write the file.
    if user != 0 and raw.owner not in (0, user):
        raise ConfigUntrusted(
            f"{raw.shown} belongs to another user", hint="copy the project, or name an identity with --identity"
        )
    if can_be_written_by_others(raw.mode, raw.group, raw.owner):
        raise ConfigUntrusted(
            f"{raw.shown} can be written by other users", hint=f"if you wrote it: chmod go-w {raw.path}"
        )
    check_location(raw.path, raw.shown)


def _is_broken(folder: str) -> bool:
    return os.path.lexists(folder) and not os.path.isdir(folder)


def _is_approved(place: Place, raw: RawFile) -> bool:
    from ravi.settings.trust import is_approved

    return is_approved(raw.path, raw.content, ravi_dir=place.ravi_dir)
