"""One target, given pieces of its seeds and rubbish by hypothesis: NAME SECONDS CORPUS BROKEN."""

import hashlib
import re
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import SEEDS, TARGETS


def main() -> None:
    name, seconds, _, broken = sys.argv[1:]
    pieces = sorted({piece for seed in SEEDS[name] for piece in re.findall(rb"\w+|\W", seed)})
    last = b""

    @settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.one_of(st.sampled_from(pieces), st.binary(max_size=8)), max_size=120).map(b"".join))
    def examine(data: bytes) -> None:
        nonlocal last
        last = data
        TARGETS[name](data)

    until, rounds = time.monotonic() + float(seconds), 0
    try:
        while time.monotonic() < until:
            examine()
            rounds += 1
    except BaseException:
        (Path(broken) / hashlib.sha256(last).hexdigest()[:16]).write_bytes(last)
        raise
    print(f"{rounds * 200} examples")


if __name__ == "__main__":
    main()
