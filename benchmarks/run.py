"""Run the benchmarks: `make bench`, or `benchmarks/run.py [--quick] [--record] [--json FILE] [NAME …]`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.suite import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
