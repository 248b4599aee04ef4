"""What `ensure` and `exec` are told alike, and the client that is used for one workspace."""

from __future__ import annotations

import os

from ravi.cli.values import duration, labels, patterns
from ravi.errors import ConfigInvalid, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser
    from ravi.client.session import Client
    from ravi.client.workspaces.values import Bound


def configure(parser: VerbParser) -> None:
    """Which directory, and what a new identity shall be."""
    parser.add_argument("dir", nargs="?", help="the workspace (default: here)")
    parser.add_argument("--name", metavar="name", help="what a new identity is called (default: as the directory)")
    parser.add_argument("--label", metavar="k=v", action="append", help="attach a label to a new identity; repeatable")
    parser.add_argument("--ttl", metavar="time", help="end it this long after the last ensure: 2h, 30m, 7d or seconds")
    parser.add_argument("--no-phone", action="store_true", help="give a new identity no number")
    parser.add_argument(
        "--restrict-to",
        metavar="pattern",
        action="append",
        help="let a new identity write to these only: an address, a domain, *.domain or a number; repeatable",
    )
    parser.add_argument("--env-file", metavar="file", help="write its secrets, RAVI_EMAIL and RAVI_PHONE to this file")
    parser.add_argument("--rebind", action="store_true", help="replace what is there by a new identity")


def folder_of(given: str | None) -> str:
    """The directory *given*, or the working directory. Raises UsageError, and ConfigInvalid when that was deleted."""
    if given is not None and not given.strip():
        raise UsageError("the directory is empty", hint="leave it out for the working directory")
    try:
        return os.path.abspath(os.getcwd() if given is None else given)
    except FileNotFoundError:
        message = "the working directory no longer exists"
        raise ConfigInvalid(message, hint="change to another directory, or give an absolute path") from None


def client_for(io: Io, folder: str, *, as_owner: bool = False) -> Client:
    """A client for commands about the workspace *folder*. Raises what `settings_for` does, and UsageError."""
    if io.options.identity is not None:
        raise UsageError(
            "--identity has no place here: a workspace has an identity of its own",
            hint="leave it out; to select an existing identity for a directory: ravi identity use <name> --local",
        )
    from ravi.client.session import Client
    from ravi.settings.workspace_settings import settings_for

    return Client(settings_for(folder, environ=io.environ, server=io.options.server, as_owner=as_owner))


def ensure(args: Namespace, io: Io) -> Bound:
    """Bind the workspace that *args* name, say on stderr what a person should know, and return the binding."""
    if args.name is not None and not args.name.strip():
        raise UsageError("--name is empty", hint="leave --name out to call it as the directory is called")
    folder = folder_of(args.dir)
    ttl, wanted = duration(args.ttl, "--ttl"), labels(args.label)
    recipients = patterns(args.restrict_to, "--restrict-to")
    with client_for(io, folder) as ravi:
        bound = ravi.workspaces.ensure(
            folder,
            name=args.name,
            labels=wanted,
            ttl_seconds=ttl,
            provision_phone=False if args.no_phone else None,
            allowed_recipients=recipients,
            env_file=args.env_file,
            rebind=args.rebind,
        )
    for note in bound.notes:
        io.out.warn(note)
    return bound
