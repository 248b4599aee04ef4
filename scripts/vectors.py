"""
Writes tests/vectors/*.json: `python scripts/vectors.py`. Run by hand, when the format gains something.

The values come from tests/support/second_path.py, not from `ravi.crypto`, which they are there to judge. Nothing is
random: run again, it writes the same bytes, and tests/unit/crypto/test_vectors.py fails when the files are others.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support import vectors_of_keys as keys  # noqa: E402 - needs the line above when run as a script
from tests.support import vectors_of_texts as texts  # noqa: E402 - as above

FOLDER = ROOT / "tests" / "vectors"


def files() -> dict[str, str]:
    """Name and content of each file."""
    topics = [keys.derive(), keys.pin(), keys.recovery_code(), keys.totp()]
    topics += [texts.root(), texts.field(), texts.legacy(), texts.end_to_end()]
    return {f"{topic.name}.json": topic.text() for topic in topics}


def main() -> int:
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stderr.write(f"wrote {FOLDER / name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
