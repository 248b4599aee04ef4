"""Mail arriving: messages a second over ten kept connections, ours parsed, searchable and on disk before each 250."""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks import mail_servers
from benchmarks.measure import Bar, Effort, NotMeasured, Table, at_least, compare, interleave
from benchmarks.servers import add_account, ravi_server, sign_in, workplace

#: Postfix's own load generator. It stamps every message with a Message-ID of its own, so that none is a repetition.
GENERATOR = "smtp-source"
CONNECTIONS = 10
SIZE = 2000
OURS = "ravi-server on SQLite"
BARS: dict[str, Bar] = {"sendria": at_least(1.0), "maildev": at_least(0.7), "Postfix": at_least(1.0)}
KEEPS = {
    "sendria": "stores in SQLite, acknowledges before it is on disk",
    "maildev": "stores in files and in memory, acknowledges before it is on disk",
    "Postfix": "acknowledges when it is in its queue on disk; to the maildir it comes later, which is not waited for",
}


def run(effort: Effort) -> Iterator[Table]:
    """Load ours and every rival that can be had in turn, round by round; a table for each rival."""
    if not shutil.which(GENERATOR):
        raise NotMeasured(f"{GENERATOR} is not installed (Debian: apt-get install postfix)")
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(workplace())
        code = add_account(folder)
        server = stack.enter_context(ravi_server(folder))
        owner = sign_in(folder, server, code)
        address = owner.ravi("identity", "create", "--name", "reader")["email"]
        ports = {OURS: server.mail_port}
        for name, start in (
            ("sendria", lambda: mail_servers.sendria(folder)),
            ("maildev", lambda: mail_servers.maildev(folder)),
            ("Postfix", mail_servers.postfix),
        ):
            try:
                ports[name] = stack.enter_context(start())
            except NotMeasured as reason:
                absent[name] = str(reason)
        count = effort.of(3000, 600)
        rates = interleave(
            {name: _loaded(port, address, count) for name, port in ports.items()}, rounds=effort.of(6, 3)
        )
        stored = _stored(folder)
    for name in BARS:
        if name in rates:
            yield compare(
                f"Mail arriving, beside {name}",
                "messages/s",
                {name: rates[name], OURS: rates[OURS]},
                baseline=name,
                bars={OURS: BARS[name]},
                notes=(
                    f"{CONNECTIONS} kept connections, {count} messages of {SIZE} bytes a round, load from {GENERATOR}.",
                    f"{name} {KEEPS[name]}.",
                    f"Ours stored {stored:,} messages, warm-up included, each on disk before its 250.",
                ),
            )
    if absent:
        raise NotMeasured("; ".join(f"{name}: {reason}" for name, reason in absent.items()))


def _loaded(port: int, address: str, count: int) -> Callable[[], float]:
    argv = [GENERATOR, "-d", "-s", str(CONNECTIONS), "-m", str(count), "-l", str(SIZE), "-f", "bob@example.com",
            "-t", address, f"inet:127.0.0.1:{port}"]  # fmt: skip

    def once() -> float:
        os.sync()  # what others have acknowledged and left in memory is not to be written in the middle of this one
        began = time.perf_counter()
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)
        took = time.perf_counter() - began
        if done.returncode or "fatal" in done.stderr:
            raise NotMeasured(f"{GENERATOR}: {done.stderr.strip()[-300:]}")
        return count / took

    return once


def _stored(folder: Path) -> int:
    with closing(sqlite3.connect(f"file:{folder / 'server' / 'ravi.db'}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT COUNT(*) FROM messages").fetchone()[0])
