"""Print the present one-time code. It is made on this machine; the server sees neither the code nor the seed.

A code that is about to end may have ended when it arrives. So when fewer than --min-remaining seconds are left,
this waits for the next code, and says so on stderr. The default is 5, or half of a period shorter than 10.
"""

from __future__ import annotations

import time

from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("ravi totp code github", "CODE=$(ravi totp code github --plain)", "ravi totp code github --min-remaining 0")

_MIN_REMAINING = 5


def configure(parser: VerbParser) -> None:
    """Which seed, and how fresh a code."""
    parser.add_argument("ref", metavar="name | uuid", help="the seed")
    parser.add_argument("--min-remaining", metavar="seconds", type=int, help="wait unless a code is good for so long")
    parser.add_argument("--plain", action="store_true", help="print the code alone, into a pipe too")


def run(args: Namespace, io: Io) -> int:
    """Print {"code", "name", "seconds_remaining", "expires_dt"}; for people the code alone."""
    if args.min_remaining is not None and args.min_remaining < 0:
        raise UsageError("--min-remaining is less than nothing")
    with io.client(need_identity=True) as ravi:
        entry = ravi.totp.get(args.ref)
    from ravi.client.one_time_codes import code_at, start_of_lasting_code
    from ravi.crypto.totp import from_uri

    _, seed = from_uri(entry["secret"])
    wanted = min(_MIN_REMAINING, seed.period // 2) if args.min_remaining is None else args.min_remaining
    now = time.time()
    start = start_of_lasting_code(seed, now, wanted)
    if start > now:
        io.out.note(f"waiting {start - now:.0f} s for the next code")
        time.sleep(start - now)
    found = code_at(entry["service_name"], seed, max(start, time.time()))
    if args.plain:
        io.out.text(found["code"])
    else:
        io.out.document(found, lambda layout, it: layout.value(it["code"]))
    return 0
