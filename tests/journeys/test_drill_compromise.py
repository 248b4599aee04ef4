"""A workspace in somebody else's hands reaches its own identity and nothing more. `make drill` shows it as a table."""

import pytest

from tests.drills import compromise, other_user
from tests.drills.report import surprises, table
from tests.support.server import Server


@pytest.mark.slow
def test_a_workspace_that_was_taken_over_reaches_its_own_identity_alone() -> None:
    if reason := other_user.reason_not():
        pytest.skip(reason)
    with compromise.public_folder() as folder:
        place = folder / "server"
        place.mkdir()
        server = Server(place / "data", "--dns", "none").start()
        try:
            rows = compromise.drill(server, folder)
        finally:
            server.close()

    print(table("Compromise", rows))
    assert surprises(rows) == []
    assert not [line for line in server.lines if '"event":"fault"' in line or "Traceback" in line]
