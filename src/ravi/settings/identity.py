"""Which identity: the flag, the variable, the file in RAVI_CONFIG_DIR, the project's file, the home's file."""

from __future__ import annotations

import os

from ravi.errors import ConfigError, ConfigInvalid
from ravi.settings.config_file import ConfigFile
from ravi.settings.own_files import find_own
from ravi.settings.resolve import Sourced
from ravi.settings.uuids import is_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.settings.place import Place


class Selection:
    """
    The identity that was selected, or why there is none.

    `file` is the file that did it, None when none did; `discovered` says that nobody named that file. `silence`
    is the reason when `identity` is None, worded for a message.
    """

    __slots__ = ("discovered", "file", "identity", "name", "silence")

    def __init__(
        self,
        identity: Sourced[str] | None = None,
        *,
        name: str | None = None,
        file: ConfigFile | None = None,
        discovered: bool = False,
        silence: str = "no identity is selected",
    ) -> None:
        self.identity = identity
        self.name = name
        self.file = file
        self.discovered = discovered
        self.silence = silence


def select(place: Place, flag: str | None, *, need_identity: bool) -> Selection:
    """
    Find the identity, first hit wins; a broken hit raises ConfigInvalid or ConfigUntrusted.

    Without *need_identity* a broken file selects nothing instead, and only RAVI_CONFIG_DIR's may lend its
    credential: such a command acts for the account, and must work where a workspace is broken or hostile.
    """
    named = _named(place, flag)
    if named is not None:
        return Selection(named)
    try:
        selection = _from_files(place)
    except ConfigError:
        if need_identity:
            raise
        return Selection()
    if not need_identity and place.explicit_dir is None:
        selection.file = None
    return selection


def _named(place: Place, flag: str | None) -> Sourced[str] | None:
    """What was said outright: a uuid in lower case, or a name as it was written."""
    value, source = (flag, "--identity") if flag is not None else (place.var("RAVI_IDENTITY"), "RAVI_IDENTITY")
    if value is None:
        return None
    value = value.strip()
    if not value:
        raise ConfigInvalid(f"{source} holds only white space", hint=f"unset {source}, or name an identity")
    return Sourced(value.lower() if is_uuid(value) else value, source)


def _from_files(place: Place) -> Selection:
    if place.explicit_dir is not None:
        return _explicit(place, place.explicit_dir)
    if place.cwd is None:
        raise ConfigInvalid(
            "the working directory no longer exists, so its project cannot be known",
            hint="change to another directory, or set RAVI_CONFIG_DIR or --identity",
        )
    from ravi.settings.discovery import find_project_config, read_project_config

    path = find_project_config(place)
    if path is not None:
        return _selected_by(read_project_config(place, path), discovered=True)
    return _global(place)


def _explicit(place: Place, folder: str) -> Selection:
    path = os.path.join(folder, "config.json")
    raw = find_own(path, place.shown(path))
    if raw is None:
        # Never the next source: whoever sets the variable says that nothing else is to decide.
        return Selection(silence=f"no identity is selected: RAVI_CONFIG_DIR is {folder}, which has no config.json")
    return _selected_by(ConfigFile.parsed(raw))


def _global(place: Place) -> Selection:
    path = os.path.join(place.ravi_dir, "config.json")
    raw = find_own(path, place.shown(path))
    if raw is None:
        return Selection()
    file = ConfigFile.parsed(raw)
    if file.selects_nothing():
        return Selection(silence=f"no identity is selected: {file.shown} names none")
    return _selected_by(file)


def _selected_by(file: ConfigFile, *, discovered: bool = False) -> Selection:
    uuid = file.identity_uuid()
    return Selection(Sourced(uuid, file.shown), name=file.identity_name(), file=file, discovered=discovered)
