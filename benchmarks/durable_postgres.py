"""A PostgreSQL cluster as the tests start it, but one that waits for the disk."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from benchmarks.measure import NotMeasured
from tests.support.postgres import Cluster, NotStarted, start_cluster

#: What the tests switch off because they have nothing to lose.
_SETTINGS = ("fsync", "full_page_writes", "autovacuum")


@contextmanager
def durable_cluster() -> Iterator[Cluster]:
    """A temporary cluster with PostgreSQL's own defaults for durability. Raises NotMeasured when there is none."""
    try:
        cluster = start_cluster()
    except NotStarted as reason:
        raise NotMeasured(f"PostgreSQL could not be started: {reason}") from reason
    try:
        for setting in _SETTINGS:
            cluster.run(f"ALTER SYSTEM SET {setting} = on")
        cluster.run("SELECT pg_reload_conf()")
        _require_durable(cluster)
        yield cluster
    finally:
        cluster.stop()


def _require_durable(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        for setting in (*_SETTINGS, "synchronous_commit"):
            row = connection.execute(f"SHOW {setting}".encode()).fetchone()
            if row != ("on",):
                raise NotMeasured(f"PostgreSQL's {setting} is {row}, not on")
