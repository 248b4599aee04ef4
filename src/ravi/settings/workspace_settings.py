"""
How a command about one workspace is configured: as its owner where there is one, else as its agent.

RAVI_CONFIG_DIR may stand for the workspace itself, as some tools can set only fixed variables. While that has a good
binding the variable means what it means everywhere: whoever is given it acts with what is in there. A marker, a copy,
or nothing at all cannot be acted with, and must not keep the owner from repairing it.
"""

from __future__ import annotations

import os

from ravi.settings import workspace as files
from ravi.settings.client import resolve
from ravi.settings.place import Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ravi.settings.values import Settings


def settings_for(
    folder: str, *, environ: Mapping[str, str], server: str | None = None, as_owner: bool = False
) -> Settings:
    """
    The settings for a command about the workspace *folder*. *as_owner* is for what only the owner can do.

    Raises ConfigInvalid, ConfigUntrusted and UsageError as resolving and looking do.
    """
    place = Place(environ)
    if not os.path.isdir(folder):
        return resolve(environ=environ, server=server, need_identity=False)
    workspace = files.Workspace(folder, home=place.home)
    found = files.look(workspace)
    usable = found.state == files.BOUND
    names_it = place.explicit_dir is not None and os.path.realpath(place.explicit_dir) == workspace.config_dir
    if names_it and (as_owner or not usable):
        environ = {name: value for name, value in environ.items() if name != "RAVI_CONFIG_DIR"}
    settings = resolve(environ=environ, server=server, need_identity=False)
    if settings.credential is None and usable and not as_owner and found.is_trusted(settings):
        return found.own_settings(settings.home)
    return settings
