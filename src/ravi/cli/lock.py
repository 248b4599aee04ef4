"""Forget the vault's key on this machine: after it, opening a value needs the PIN again.

Works without a server. The recovery code stays in auth.json, because without the PIN it opens nothing; the sign-in
stays as well. An agent's own vault key, in RAVI_VAULT_KEY or a config.json, is not the owner's and is not touched.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io

EXAMPLES = ("ravi lock",)


def run(args: None, io: Io) -> int:
    """Print {"locked": true, "was_unlocked", "auth_file"}."""
    from ravi.settings.place import Place
    from ravi.settings.vault_file import forget_keys

    place = Place(io.environ)
    folders = dict.fromkeys((place.explicit_dir or place.ravi_dir, place.ravi_dir))
    files = [os.path.join(folder, "auth.json") for folder in folders]
    # All of them: whoever locks means this machine, and not one of two files.
    held = [path for path in files if forget_keys(path)]
    there = [path for path in files if os.path.lexists(path)]
    document = {"locked": True, "was_unlocked": bool(held), "auth_file": next(iter(held or there or files[-1:]))}
    io.out.document(document, lambda layout, it: layout.value("locked" if it["was_unlocked"] else "was locked already"))
    if io.environ.get("RAVI_VAULT_KEY"):
        io.out.warn("RAVI_VAULT_KEY is still set, and opens one identity's vault", "unset RAVI_VAULT_KEY")
    return 0
