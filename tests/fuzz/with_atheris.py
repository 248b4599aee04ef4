"""One target, fuzzed by atheris: NAME SECONDS CORPUS BROKEN."""

import sys

import atheris

with atheris.instrument_imports(include=["ravi.server.mail"]):
    from tests.fuzz.targets import TARGETS

#: Longer ones find nothing that these do not, and slow the search down.
MOST_BYTES = 8192


def main() -> None:
    name, seconds, corpus, broken = sys.argv[1:]
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={MOST_BYTES}",
        f"-artifact_prefix={broken}/",
        # Whatever takes this long is quadratic.
        "-timeout=10",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, corpus], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
