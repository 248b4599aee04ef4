"""What a stranger on this machine could have seen, looked through for secrets at the end."""

import base64
import contextlib
import json
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, quote_plus

from tests.support.cli import Cli, Result
from tests.support.http import Reply

#: Shorter ones are in anything.
SHORTEST = 12


@dataclass(frozen=True, slots=True)
class Process:
    """One process as /proc shows it."""

    command_line: bytes
    environment: bytes


class Watch:
    """
    Collects secrets, and everything in which they must not be.

    `errors` are the texts of failures, `outputs` what commands said that succeeded, each without the secrets that it
    was asked for.
    """

    def __init__(self) -> None:
        self.secrets: dict[str, bytes] = {}
        self.errors: list[str] = []
        self.outputs: list[tuple[str, str, tuple[str, ...]]] = []
        self.processes: set[Process] = set()

    @property
    def command_lines(self) -> set[bytes]:
        return {process.command_line for process in self.processes}

    def secret(self, what: str, value: str) -> str:
        """Look for *value* and call it *what*; return it."""
        self.secret_bytes(what, value.encode())
        return value

    def secret_bytes(self, what: str, value: bytes) -> bytes:
        assert len(value) >= SHORTEST, f"{what} is too short to be looked for"
        assert self.secrets.setdefault(what, value) == value, f"{what} is two things"
        self.__dict__.pop("needles", None)
        return value

    def refused(self, outcome: Result | Reply) -> None:
        """Keep what was said about a request that failed."""
        if isinstance(outcome, Result):
            assert outcome.code != 0, str(outcome)
            self.errors.append(outcome.stdout + outcome.stderr)
        else:
            assert outcome.status >= 400, outcome
            self.errors.append(f"{outcome.headers} {outcome.body.decode()}")

    def told(self, result: Result, *shows: str) -> Result:
        """Keep what a command said that succeeded and was asked for the secrets *shows*, on stdout alone."""
        assert result.code == 0, str(result)
        self.outputs.append((str(result.command), result.stderr, ()))
        self.outputs.append((str(result.command), result.stdout, shows))
        return result

    @cached_property
    def needles(self) -> dict[bytes, str]:
        """What to look for, and which secret it is: itself, what is left of it, and how it may be written."""
        return {needle: what for what, value in self.secrets.items() for needle in forms(value)}

    def leaks(self, haystack: bytes, shows: Iterable[str] = ()) -> list[str]:
        """The names of the secrets in *haystack*, but for *shows*."""
        return sorted({what for needle, what in self.needles.items() if needle in haystack} - set(shows))

    @contextlib.contextmanager
    def of_processes(self) -> Iterator[None]:
        """Write down command line and environment of every process on the machine, again and again."""
        over = threading.Event()
        ours = str(os.getpid())

        def look() -> None:
            while not over.is_set():
                for path in Path("/proc").glob("[0-9]*"):
                    if path.name != ours:
                        with contextlib.suppress(OSError):
                            process = Process((path / "cmdline").read_bytes(), (path / "environ").read_bytes())
                            self.processes.add(process)
                time.sleep(0.002)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def forms(value: bytes) -> set[bytes]:
    """*value* as it may be written where it does not belong; none shorter than what is worth looking for."""
    found = {value, *_encoded(value)}
    with contextlib.suppress(UnicodeDecodeError):
        found |= set(_spelled(value.decode()))
    return {form for form in found if len(form) >= SHORTEST}


def _encoded(value: bytes) -> Iterator[bytes]:
    yield from (value.hex().encode(), value.hex().upper().encode(), base64.b32encode(value).rstrip(b"="))
    for before in range(3):  # bytes of the same group of three that stand before the value
        first, certain = -(-8 * before // 6), 8 * (before + len(value)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + value)[first:certain]


def _spelled(text: str) -> Iterator[bytes]:
    """A text without its prefix, its dashes, its groups' order, its lines; escaped; in other encodings."""
    groups = text.split("-")
    spelled = [
        re.sub(r"^ravi_[a-z]+_", "", text),
        text.replace("-", ""),
        "".join(reversed(groups)),
        "-".join(reversed(groups)),
        *(part.strip() for part in text.splitlines()),
        quote(text),
        quote(text, safe=""),
        quote_plus(text),
        *(json.dumps(text, ensure_ascii=plain)[1:-1] for plain in (True, False)),
    ]
    for each in spelled:
        yield from (each.encode(), each.lower().encode(), each.upper().encode())
    yield from (text.encode("utf-16-le"), text.encode("utf-16-be"))


class Watched:
    """`ravi` of *cli*, with everything that it says kept by *watch*."""

    def __init__(self, cli: Cli, watch: Watch) -> None:
        self.cli = cli
        self.watch = watch

    def ok(self, *words: str | Path, stdin: str = "", shows: Iterable[str] = ()) -> Result:
        """It must succeed; only the secrets *shows* are on its stdout."""
        return self.watch.told(self.cli.run(*words, stdin=stdin), *shows)

    def fails(self, *words: str | Path, stdin: str = "") -> Result:
        """It must fail, and is run to say as much as it ever does."""
        result = self.cli.at(RAVI_DEBUG="1").run(*words, stdin=stdin)
        self.watch.refused(result)
        return result

    def at(self, *where: Path, **env: str | Path | None) -> "Watched":
        return Watched(self.cli.at(*where, **env), self.watch)
