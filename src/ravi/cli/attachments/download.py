"""Download attachments: all files of a message, or one by its uuid.

They are saved in the working directory, or in the one that --to names (made if it is not there), readable by you alone.
The sender chose their names, so these are made harmless first; a file that is there already is never replaced: the new
one gets a number. With several arguments a failure does not stop the rest.
"""

from __future__ import annotations

from ravi.cli.attachments.saving import Folder
from ravi.cli.exit_codes import exit_code
from ravi.errors import NotFound, RaviError
from ravi.settings.uuids import is_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Sequence
    from typing import Any

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser
    from ravi.client.files import File
    from ravi.client.session import Client

EXAMPLES = (
    "ravi attachments download 17 --to files",
    "ravi attachments download 3a0c5a0e-6c5c-4b5e-9d3c-5d1f2e8a9b01 --json | jq -r '.[].path'",
)


def configure(parser: VerbParser) -> None:
    """Which files, and where to."""
    parser.add_argument("refs", metavar="message id | uuid", nargs="+", help="messages, or single attachments by uuid")
    parser.add_argument("--to", metavar="folder", default=".", help="where to save them (default: here)")


def run(args: Namespace, io: Io) -> int:
    """Print a list of {"uuid", "filename", "path", "size"}. Raises NotFound for a single ref."""
    saved: list[dict[str, Any]] = []
    failure = 0
    with io.client(need_identity=True) as ravi, Folder(args.to) as folder:
        for ref in dict.fromkeys(args.refs):
            try:
                for uuid, file in _files(ravi, ref):
                    path = folder.save(file.filename, file.content)
                    saved.append({"uuid": uuid, "filename": file.filename, "path": path, "size": len(file.content)})
            except RaviError as problem:
                if len(args.refs) == 1 and not saved:
                    raise
                failure = failure or exit_code(problem)
                problem.message = f"{ref}: {problem.message}"
                io.out.error(problem)
    io.out.document(saved, _paths)
    return failure


def _files(ravi: Client, ref: str) -> Iterator[tuple[str, File]]:
    """Each file that *ref* stands for, with its uuid, fetched when it is asked for. Raises NotFound."""
    if is_uuid(ref):
        try:
            single = ravi.mail.attachment(ref)
        except NotFound:
            pass
        else:
            yield ref.lower(), single
            return
    for attachment in ravi.mail.message(ref)["attachments"]:
        yield attachment["uuid"], ravi.mail.attachment(attachment["uuid"])


def _paths(layout: Layout, saved: Sequence[dict[str, Any]]) -> str:
    return "\n".join(layout.value(each["path"]) for each in saved) or "there are no files"
