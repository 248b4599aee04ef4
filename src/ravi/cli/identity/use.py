"""Choose the identity that commands act as from now on, by writing its uuid into a config.json.

That is the file which decides in this place: $RAVI_CONFIG_DIR/config.json if the variable is set, else the
project's .ravi/config.json if there is one, else ~/.ravi/config.json. Other keys in it stay.
"""

from __future__ import annotations

import os

from ravi.cli.values import absolute
from ravi.errors import RaviError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi identity use research-agent", "ravi identity use research-agent --local")


def configure(parser: VerbParser) -> None:
    """Which identity, and which file to write."""
    parser.add_argument("ref", metavar="name | uuid", help="the identity")
    parser.add_argument("--local", action="store_true", help="write ./.ravi/config.json, making it if need be")
    parser.add_argument("--global", action="store_true", help="write ~/.ravi/config.json", dest="home")


def run(args: Namespace, io: Io) -> int:
    """Print {"identity_name", "identity_uuid", "status", "config_file"}."""
    if args.local and args.home:
        raise UsageError("--local and --global exclude each other")
    from ravi.settings.client import selection_path, write_selection

    with io.client(need_identity=False) as ravi:
        chosen = ravi.identities.fill_public_key(ravi.identities.get(args.ref))
        home = ravi.settings.home
    if args.home:
        path = os.path.join(home, "config.json")
    elif args.local:
        path = absolute(os.path.join(".ravi", "config.json"))
    else:
        path = selection_path(environ=io.environ).value
    write_selection(path, chosen["uuid"], chosen["name"])
    document = {
        "identity_name": chosen["name"],
        "identity_uuid": chosen["uuid"],
        "status": chosen["status"],
        "config_file": path,
    }
    io.out.document(document, lambda layout, it: layout.value(f"now acting as {it['identity_name']} ({path})"))
    if chosen["status"] != "active":
        io.out.warn("this identity is switched off", f"switch it on with: ravi identity enable {chosen['uuid']}")
    _warn_if_overruled(io, chosen["uuid"])
    return 0


def _warn_if_overruled(io: Io, uuid: str) -> None:
    """Say so when something nearer than the file just written still selects another identity."""
    from ravi.settings.client import resolve

    try:
        selected = resolve(environ=io.environ).identity
    except RaviError as problem:
        io.out.warn(f"commands here cannot use it yet: {problem.message}", problem.hint)
        return
    if selected is not None and selected.value != uuid:
        io.out.warn(f"commands here still act as {selected.value}, which comes from {selected.source}")
