"""What a fleet has left behind is cleaned up: by name, label and age, twice, and from two places at once."""

import concurrent.futures
import time

import pytest

from tests.support.cli import Cli
from tests.support.journey import Terminal


def make_fleet(owner: Cli, prefix: str, count: int, *labels: str) -> set[str]:
    """Make *count* identities at once; return their uuids."""
    flags = [word for label in labels for word in ("--label", label)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda n: owner.json("identity", "create", "--name", f"{prefix}{n}", *flags), range(count))
        return {each["uuid"] for each in made}


def when_all_are_a_second_old(owner: Cli, prefix: str, count: int) -> None:
    for _ in range(100):
        if len(owner.json("identity", "prune", "--prefix", prefix, "--older-than", "1s", "--dry-run")) == count:
            return
        time.sleep(0.1)
    pytest.fail("they do not grow older")


def names(owner: Cli) -> set[str]:
    return {each["name"] for each in owner.json("identity", "list")}


def test_a_dry_run_names_them_and_ends_none(owner: Cli) -> None:
    made = make_fleet(owner, "task-", 3)
    owner.json("identity", "create", "--name", "other")

    found = owner.json("identity", "prune", "--prefix", "task-", "--dry-run")

    assert {each["uuid"] for each in found} == made
    assert len(names(owner)) == 4


def test_all_that_fit_are_ended_and_nobody_else(owner: Cli) -> None:
    nightly = make_fleet(owner, "task-", 3, "fleet=nightly", "team=a")
    make_fleet(owner, "task-b", 1, "fleet=nightly")
    make_fleet(owner, "other-", 1, "fleet=nightly", "team=a")

    done = owner.run("identity", "prune", "--prefix", "task-", "--label", "fleet=nightly", "--label", "team=a")

    assert done.code == 0, str(done)
    assert {each["uuid"] for each in done.json} == nightly
    assert {each["status"] for each in done.json} == {"deleted"}
    assert done.stderr == "", "without a terminal there is no progress to see"
    assert names(owner) == {"task-b0", "other-0"}
    assert owner.json("identity", "prune", "--prefix", "task-", "--label", "team=a") == [], "twice is fine"


def test_what_is_younger_stays(owner: Cli) -> None:
    make_fleet(owner, "old-", 2)
    when_all_are_a_second_old(owner, "old-", 2)

    assert owner.json("identity", "prune", "--prefix", "old-", "--older-than", "1h") == []
    assert len(owner.json("identity", "prune", "--prefix", "old-", "--older-than", "1s")) == 2


def test_two_that_prune_at_once_share_the_work_and_neither_fails(owner: Cli) -> None:
    made = make_fleet(owner, "shared-", 24)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _: owner.run("identity", "prune", "--prefix", "shared-"), range(2)))

    assert [run.code for run in runs] == [0, 0], "\n".join(map(str, runs))
    ended = [each["uuid"] for run in runs for each in run.json]
    assert sorted(ended) == sorted(made), "each was ended once"
    assert names(owner) == set()


@pytest.mark.parametrize(
    "flags", [(), ("--older-than", "7d"), ("--prefix", ""), ("--prefix", "x", "--older-than", "1y")]
)
def test_a_selection_that_could_be_everything_is_refused(owner: Cli, flags: tuple[str, ...]) -> None:
    make_fleet(owner, "x", 1)

    assert owner.fails(2, "identity", "prune", *flags)["code"] == "usage"
    assert names(owner) == {"x0"}


def test_an_agent_can_prune_nobody(owner: Cli, fleet: dict[str, Cli]) -> None:
    done = fleet["ada"].run("identity", "prune", "--prefix", "a")

    assert done.code == 6, str(done)
    assert done.json == []
    assert names(owner) == {"ada", "bob", "eve"}


def test_a_person_is_asked_first_and_sees_how_far_it_is(owner: Cli) -> None:
    for name in ("mine-0", "mine-1"):  # one after the other: the question names the oldest first
        owner.json("identity", "create", "--name", name)
    refused = Terminal(owner, "identity", "prune", "--prefix", "mine-", "--human")
    refused.wait_for("delete 2 identities (mine-0, mine-1)")
    refused.type("n")
    assert refused.end() == 1
    assert names(owner) == {"mine-0", "mine-1"}

    agreed = Terminal(owner, "identity", "prune", "--prefix", "mine-", "--human")
    agreed.wait_for("[y/N]")
    agreed.type("y")

    assert agreed.end() == 0
    assert "2 of 2 ended" in agreed.screen
    assert names(owner) == set()
