"""
Whether a workspace that an identity was made for is gone: the question behind `ravi workspace gc`.

To end an identity cannot be undone, and a disk that is not mounted looks like a directory that was removed. So
whatever could be that is called unsure.
"""

from __future__ import annotations

import os

from ravi.errors import ConfigInvalid
from ravi.settings.files import find_file, parse
from ravi.settings.place import FOLDER
from ravi.settings.workspace_host import number_of

KEPT = "kept"
GONE = "gone"
UNSURE = "unsure"


def judge(uuid: str, host: str, path: str, *, here: str, made: float | None = None) -> tuple[str, str] | None:
    """
    How it stands with the workspace *path* of the identity *uuid*, and why, in words; None for another machine's.

    *host* is what the identity has recorded, *here* what this machine is called (`workspace_host.host`); *made* is when
    the identity was made, in seconds since 1970.
    """
    if host != here:
        if number_of(here) and number_of(host) == number_of(here):
            return UNSURE, f"it was made on {host}: this machine under another name, or one with a copy of its home"
        return None
    if not os.path.isabs(path):
        return UNSURE, "its path is not absolute"
    try:
        return _at(uuid, path, made)
    except OSError as error:
        return UNSURE, f"{path} cannot be looked at: {(error.strerror or 'failed').lower()}"


def _at(uuid: str, path: str, made: float | None) -> tuple[str, str]:
    if not os.path.lexists(path):
        # On a path that cannot be walked, lexists says no as well.
        parent = os.path.dirname(path)
        if not os.path.isdir(parent):
            return UNSURE, f"{parent} is gone too: a disk that is not mounted?"
        # Where a disk was mounted when the identity was made, nothing was removed since: what came and went was on the
        # disk, and changed the times there.
        if not os.listdir(parent) and (made is None or os.stat(parent).st_mtime <= made):
            return UNSURE, f"{parent} is empty: a disk that is not mounted?"
        os.stat(os.path.join(parent, "."))
        return GONE, f"{path} is gone"
    config = os.path.join(path, FOLDER, "config.json")
    if not os.path.isdir(path):
        return GONE, f"{path} is no directory any more"
    if not os.listdir(path):
        return UNSURE, f"{path} is empty: a disk that is not mounted?"
    try:
        raw = find_file(config, config)
        data = None if raw is None else parse(raw)
    except ConfigInvalid as problem:
        return UNSURE, problem.message
    if data is None:
        return GONE, f"nothing is bound in {path} any more"
    if uuid in (_lower(data.get("identity_uuid")), _lower(data.get("binding_uuid"))):
        return KEPT, f"{path} is bound to it"
    return GONE, f"{path} is bound to another identity"


def _lower(value: object) -> str:
    return value.lower() if isinstance(value, str) else ""
