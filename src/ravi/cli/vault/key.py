"""Print one identity's vault key, for its agent: it opens that identity's vault and no other.

Give it to the agent as RAVI_VAULT_KEY, or as "vault_key" in the config.json of its workspace (mode 0600). Whoever has
the key and a credential of the identity reads its secrets, so treat it like a password. It stays the same until
`ravi vault upgrade`; PIN and recovery code do not change it.
"""

from __future__ import annotations

from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi vault key --identity research-agent --json | jq -r .vault_key",
    "ravi vault key --identity research-agent --plain",
)


def configure(parser: VerbParser) -> None:
    """How to print it."""
    parser.add_argument("--plain", action="store_true", help="print the key alone, also when stdout is not a terminal")


def run(args: Namespace, io: Io) -> int:
    """Print {"identity_uuid", "vault_key"}, or the key alone for people and with --plain."""
    if args.plain and io.options.json:
        raise UsageError("--plain and --json exclude each other")
    with io.client(need_identity=True) as ravi:
        key = ravi.vault.identity_key()
    if args.plain:
        io.out.text(key["vault_key"])
    else:
        io.out.document(key, lambda layout, it: layout.value(it["vault_key"]))
    io.out.hint("give it to the agent as RAVI_VAULT_KEY, or as vault_key in its workspace's config.json (mode 0600)")
    return 0
