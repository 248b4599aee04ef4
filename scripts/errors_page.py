"""
Writes docs/errors.md from `ravi.errors`: `python scripts/errors_page.py` rewrites it, `--print` shows it.

`tests/docs/test_errors_page.py` fails when the page in the tree is another one.
"""

import inspect
import sys
from pathlib import Path

from ravi import errors
from ravi.cli.exit_codes import exit_code
from ravi.server.http.errors import status_of
from ravi.wire import codes

PAGE = Path(__file__).resolve().parent.parent / "docs" / "errors.md"

INTRODUCTION = """\
# Errors

<!-- Written by scripts/errors_page.py from src/ravi/errors.py. Change those, not this page. -->

Every refusal has a **code** that does not change; programs branch on it. Messages are for people and may change their
wording. `ravi` prints both (`{"error": …, "code": …, "hint": …, "status": …}` with `--json`), the API sends both, and
the Python library raises the class of the same name from `ravi.errors`.

A class inherits from the one that it refines: whoever catches `NotFound` also catches `IdentityNotFound`.
Exit codes are explained [on their own page](reference/exit-codes.md).
"""

SECTIONS: list[tuple[str, str, type[errors.RaviError]]] = [
    ("The command", "Raised before anything is sent.", errors.UsageError),
    ("This machine", "A file or variable here stands in the way; nothing was sent.", errors.ConfigError),
    ("The vault", "It stays closed: only this machine can open it, and it does not.", errors.VaultError),
    ("Exports", "Nothing was written.", errors.ExportImpossible),
    ("Orchestrators", "Nothing was written.", errors.ByHandOnly),
    ("The way to the server", "What the server did with the request is unknown.", errors.RequestFailed),
    (
        "The server said no",
        "`status` and `request_id` come with it; the id finds the request in the log of the server.",
        errors.Refused,
    ),
]


def tree(root: type[errors.RaviError]) -> list[type[errors.RaviError]]:
    """Return *root* and every class of `ravi.errors` below it, each before those that refine it."""
    children = [each for each in root.__subclasses__() if each.__module__ == errors.__name__]
    return [root, *(each for child in children for each in tree(child))]


def page() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION]
    for title, about, root in SECTIONS:
        with_status = issubclass(root, errors.Refused)
        head = ["Code", "Class", *(["HTTP"] if with_status else []), "Exit", "Meaning", "What to do"]
        rows = [_row(cls, with_status) for cls in tree(root) if cls.code != codes.ERROR]  # what nothing raises
        lines = [f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows]]
        parts.append(f"## {title}\n\n{about}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _row(cls: type[errors.RaviError], with_status: bool) -> list[str]:
    error = cls("")
    status = [str(status_of(error)) if cls is not errors.Refused else "any"] if with_status else []
    meaning = " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())
    hint = f"{cls.hint[:1].upper()}{cls.hint[1:]}" if cls.hint else ""
    return [f"`{cls.code}`", f"`{cls.__name__}`", *status, str(exit_code(error)), *map(_cell, (meaning, hint))]


def _cell(text: str) -> str:
    # <name> in a hint would be taken for HTML.
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


def main() -> int:
    if "--print" in sys.argv[1:]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), encoding="utf-8")
        sys.stderr.write(f"wrote {PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
