"""Several servers on one PostgreSQL database, which is gone afterwards."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.postgres import Cluster
from tests.support.server import Server

#: Replicas are one server to those outside, so they call themselves alike.
OPTIONS = ("--dns", "none", "--webhook-allow", "127.0.0.1", "--public-url", "http://ravi.example")


@contextmanager
def replicas(cluster: Cluster, folder: Path, count: int = 2) -> Iterator[list[Server]]:
    """Start *count* servers below *folder* on a fresh database. What they log as a fault fails the drill."""
    name = cluster.create()
    servers: list[Server] = []
    with ExitStack() as stack:
        stack.callback(cluster.drop, name)
        for number in range(count):
            place = folder / f"server-{number + 1}"
            place.mkdir()
            server = Server(place / "data", *OPTIONS, database=cluster.url(name))
            stack.callback(server.close)
            servers.append(server.start())
        yield servers
    faults = [line for server in servers for line in server.lines if '"event":"fault"' in line or "Traceback" in line]
    assert not faults, "ravi-server logged faults:\n" + "\n".join(faults)
