"""Let a project's .ravi/config.json hold more than the choice of an identity, such as a key.

A project file is found, not named: it may have come with somebody else's repository. It may therefore only
select an identity, unless you approve it as it is now; any change ends the approval. Shows what the file
holds, never its secrets.
"""

from __future__ import annotations

import os

from ravi.cli.values import absolute
from ravi.errors import ConfigInvalid, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi trust", "ravi trust ~/src/agent/.ravi/config.json", "ravi trust --revoke")


def configure(parser: VerbParser) -> None:
    """Which file, and what about it."""
    parser.add_argument("file", nargs="?", help="default: the project file that is found from here")
    parser.add_argument("--revoke", action="store_true", help="take the approval back")
    parser.add_argument("--list", action="store_true", help="list the approved files", dest="listing")


def run(args: Namespace, io: Io) -> int:
    """Print {"file", "status", …}, or with --list a list of files."""
    if args.listing:
        if args.revoke or args.file:
            raise UsageError("--list takes neither a file nor --revoke")
        return _list(io)
    path = _path(args.file, io)
    return _revoke(path, io) if args.revoke else _approve(path, io)


def _path(given: str | None, io: Io) -> str:
    if given is None:
        from ravi.settings.client import find_project_file

        found = find_project_file(environ=io.environ)
        if found is None:
            raise ConfigInvalid(
                "there is no .ravi/config.json in this project", hint="name the file: ravi trust <file>"
            )
        return found
    path = absolute(given)
    return os.path.join(path, ".ravi", "config.json") if os.path.isdir(path) else path


def _approve(path: str, io: Io) -> int:
    from ravi.settings.config_file import ConfigFile
    from ravi.settings.discovery import demanding_keys
    from ravi.settings.files import find_file
    from ravi.settings.place import Place
    from ravi.settings.tracked import is_tracked
    from ravi.settings.trust import approve_content

    raw = find_file(path, path)
    if raw is None:
        raise ConfigInvalid(f"{path} does not exist", hint="name the file to approve: ravi trust <file>")
    file = ConfigFile.parsed(raw)
    document = {
        "file": os.path.realpath(path),
        "status": "approved",
        "identity_uuid": file.identity_uuid(),
        "identity_name": file.identity_name(),
        "holds": demanding_keys(file),
        "server": file.data.get("server"),
    }
    # The bytes that were shown are the ones approved, whatever is at the path by now.
    approve_content(path, raw.content, ravi_dir=Place(io.environ).ravi_dir)
    io.out.document(document, _facts)
    if not document["holds"]:
        io.out.hint("it only selects an identity, for which no approval is needed")
    elif is_tracked(path):
        io.out.warn(
            "git tracks this file, so what it holds goes wherever the repository goes",
            f"take it out, and replace the key if it was pushed: git rm --cached {os.path.basename(path)}",
        )
    return 0


def _facts(layout: Layout, approved: dict[str, Any]) -> str:
    name = approved["identity_name"]
    return layout.facts(
        [
            ("approved", approved["file"]),
            ("acts as", f"{name} ({approved['identity_uuid']})" if name else approved["identity_uuid"]),
            ("holds", ", ".join(approved["holds"])),
            ("sends it to", approved["server"]),
        ]
    )


def _revoke(path: str, io: Io) -> int:
    from ravi.settings.place import Place
    from ravi.settings.trust import withdraw

    had = withdraw(path, ravi_dir=Place(io.environ).ravi_dir)
    document = {"file": os.path.realpath(path), "status": "revoked" if had else "was not approved"}
    io.out.document(document, lambda layout, it: layout.facts([(it["status"], it["file"])]))
    return 0


def _list(io: Io) -> int:
    from ravi.settings.place import Place
    from ravi.settings.trust import list_approved

    document = [{"file": path} for path in list_approved(ravi_dir=Place(io.environ).ravi_dir)]
    io.out.document(document, _files)
    return 0


def _files(layout: Layout, files: Sequence[dict[str, str]]) -> str:
    return layout.table(("approved file",), [(each["file"],) for each in files], empty="no file is approved")
