"""`make drill`: both drills on fresh, temporary servers, printed as tables. Exit 1 when anything went otherwise."""

import sys
import tempfile
import time
from pathlib import Path

from tests.drills import compromise, other_user, revocation
from tests.drills.ground import receiving
from tests.drills.replicas import replicas
from tests.drills.report import Row, surprises, table
from tests.support.postgres import ABSENT, NotStarted, start_cluster
from tests.support.server import Server


def drill_compromise() -> list[Row]:
    with compromise.public_folder() as folder:
        place = folder / "server"
        place.mkdir()
        server = Server(place / "data", "--dns", "none").start()
        try:
            return compromise.drill(server, folder)
        finally:
            server.close()


def drill_revocation() -> list[Row]:
    cluster = start_cluster()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="ravi-drill-") as folder,
            receiving() as receiver,
            replicas(cluster, Path(folder)) as servers,
        ):
            return revocation.drill(servers, receiver)
    finally:
        cluster.stop()


def main() -> int:
    wrong = 0
    started = time.monotonic()
    if reason := other_user.reason_not():
        print(f"!! {reason}\n")
    else:
        rows = drill_compromise()
        wrong += len(surprises(rows))
        print(table("A workspace in the hands of another user: what it reaches", rows), end="\n\n")
    try:
        rows = drill_revocation()
    except NotStarted as problem:
        print(f"!! {ABSENT}, so the revocation drill does NOT run: {problem}")
        return 1
    wrong += len(surprises(rows))
    print(table("From a revocation until everything stops, at each of two servers (@1, @2)", rows))
    print(f"\n{time.monotonic() - started:.0f} s; {wrong} surprises")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
