"""Which auth.json signing in and out on this machine is about."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.settings.client import Settings


def login_folder(settings: Settings) -> str:
    """
    The directory whose auth.json holds this user's sign-in.

    RAVI_CONFIG_DIR is about an agent's workspace, and a sign-in is the owner's: it belongs into the home
    directory, unless the workspace has a sign-in of its own already.
    """
    if os.path.lexists(os.path.join(settings.config_dir, "auth.json")):
        return settings.config_dir
    return settings.home
