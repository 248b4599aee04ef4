"""Ask the server whom a token proves, as a service does that was shown one. Needs no credential.

The answer is that of this moment: the token of an identity that was switched off or deleted, or whose key was revoked,
is refused. --audience has to be what the token names; a token without an audience is accepted without it only.
"""

from __future__ import annotations

from ravi.cli.layout import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser
    from ravi.wire.sso import SsoProof

EXAMPLES = (
    "ravi sso verify rvt_… --audience https://service.example",
    "ravi sso verify - --audience https://service.example --consume < token.txt",
)


def configure(parser: VerbParser) -> None:
    """Which token, and who asks."""
    parser.add_argument("token", metavar="token | -", help="the token; - reads it from stdin")
    parser.add_argument("--audience", metavar="name", help="what the service that was shown it calls itself")
    parser.add_argument("--consume", action="store_true", help="use the token up: it is refused from now on")


def run(args: Namespace, io: Io) -> int:
    """Print who it is. Raises SsoTokenRefused, and UsageError when stdin holds nothing."""
    from ravi.cli.hidden_input import from_stdin

    from_elsewhere = args.token == "-"  # noqa: S105 - the word for stdin
    token = from_stdin("token").strip() if from_elsewhere else args.token
    with io.client(need_identity=False, about_old_vault=False) as ravi:
        proof = ravi.sso.verify(token, audience=args.audience, consume=args.consume)
    io.out.document(proof, _facts)
    return 0


def _facts(layout: Layout, proof: SsoProof) -> str:
    owner = proof.get("owner")
    pairs = [
        ("identity", proof["identity_name"]),
        ("uuid", proof["identity_uuid"]),
        ("email", proof["identity_email"]),
        ("phone", proof.get("identity_phone")),
        ("owner", owner and f"{owner['name']} <{owner['email']}>"),
        ("made", moment(proof["created_at"])),
        ("audience", proof.get("audience")),
    ]
    return layout.facts([(name, value) for name, value in pairs if value])
