"""What is revoked stops, on every one of several servers, and nobody else notices. `make drill` shows it as a table."""

from pathlib import Path

import pytest

from tests.drills import revocation
from tests.drills.ground import receiving
from tests.drills.replicas import replicas
from tests.drills.report import surprises, table
from tests.support.postgres import Cluster


@pytest.mark.slow
def test_what_is_revoked_stops_on_every_replica_and_others_notice_nothing(postgres: Cluster, tmp_path: Path) -> None:
    with receiving() as receiver, replicas(postgres, tmp_path) as servers:
        rows = revocation.drill(servers, receiver)

    print(table("Revocation", rows))
    assert surprises(rows) == []
