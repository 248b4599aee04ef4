"""
Prints how often codes and links are found in the corpus: `python scripts/extraction_score.py`.

Each half has a row for its mails, for its SMS, and for both together.

`--failures` lists what is found wrongly in the half that the rules were written on; what is held back is not listed, so
that nobody writes rules on it by accident. `--write` puts the score into docs/explanation/finding-codes.md, which
`tests/unit/server/extraction/test_score.py` compares.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support import corpus  # noqa: E402 - the corpus and its reader belong to the tests


def main() -> int:
    table = corpus.table()
    sys.stdout.write(table)
    if "--failures" in sys.argv[1:]:
        for score in (corpus.score_codes("tuning"), corpus.score_links("tuning")):
            sys.stdout.writelines(f"{failure}\n" for failure in score.failures)
    if "--write" in sys.argv[1:]:
        before, begin, rest = corpus.PAGE.read_text(encoding="utf-8").partition(corpus.MARK_BEGIN)
        _, end, after = rest.partition(corpus.MARK_END)
        corpus.PAGE.write_text(f"{before}{begin}\n\n{table}\n{end}{after}", encoding="utf-8")
        sys.stderr.write(f"wrote {corpus.PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
