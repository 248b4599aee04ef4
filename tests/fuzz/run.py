"""
Fuzz every target for a while: `python -m tests.fuzz.run --seconds 60 [TARGET …]`.

With atheris, which follows what the bytes lead to, where it is installed; with hypothesis otherwise. Each target has a
process of its own. Bytes that break one are kept under `.fuzz/`, and named at the end; exit status 1 then.
"""

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

KEPT = Path(".fuzz")


def main() -> int:
    from tests.fuzz.targets import SEEDS, TARGETS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(TARGETS)}")
    args = parser.parse_args()
    names = args.targets or list(TARGETS)
    way = "atheris" if importlib.util.find_spec("atheris") else "hypothesis"
    broken = []
    for name in names:
        corpus, crashes = KEPT / name / "corpus", KEPT / name / "broken"
        for folder in (corpus, crashes):
            folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(SEEDS[name]):
            (corpus / f"seed-{number}").write_bytes(seed)
        seconds = max(args.seconds // len(names), 1)
        print(f"{name}: {seconds} s with {way}", flush=True)
        command = [sys.executable, "-m", f"tests.fuzz.with_{way}", name, str(seconds), str(corpus), str(crashes)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        lines = done.stdout.splitlines()
        if done.returncode:
            broken.append(name)
            print("\n".join(lines[-60:]), file=sys.stderr)
        else:
            print(next((line for line in lines if "number_of_executed_units" in line or "examples" in line), ""))
    if broken:
        print(f"broken: {', '.join(broken)}; see {KEPT}/*/broken", file=sys.stderr)
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
