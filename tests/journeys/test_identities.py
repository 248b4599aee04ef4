"""The life of an identity: made, found again, and ended for good."""

import concurrent.futures
import json
import re
import time
from datetime import datetime
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.support.journey import NOBODY, api, run_script

DOMAIN = "in.ravi.localhost"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def test_a_new_identity_has_an_address_a_number_and_all_its_fields(owner: Cli) -> None:
    made = owner.json("identity", "create", "--name", "whole", "--label", "team=research", "--label", "n=1")

    assert UUID.fullmatch(made["uuid"])
    assert made["inbox"] == made["email"]
    assert made["inbox"].endswith(f"@{DOMAIN}")
    assert made["phone"] == made["phone_number"]
    assert re.fullmatch(r"\+1\d{3}55501\d\d", made["phone"]), "a number of the range that is reserved for fiction"
    assert made["labels"] == {"team": "research", "n": "1"}
    assert (made["status"], made["workspace"], made["expires_dt"]) == ("active", None, None)
    assert TIME.fullmatch(made["created_dt"])
    assert "api_key" not in made, "a key is made on request only"
    assert owner.json("identity", "show", made["uuid"]) == made
    assert owner.json("identity", "show", "whole") == made
    (inbox,) = api(owner).get(f"/api/email/?identity={made['uuid']}").json
    assert inbox["email"] == made["inbox"]


def test_an_identity_without_a_name_is_given_a_human_one_with_a_fitting_address(owner: Cli) -> None:
    made = [owner.json("identity", "create") for _ in range(3)]

    for each in made:
        first, last = each["name"].split(" ")
        assert each["inbox"].startswith(f"{first.lower()}-{last.lower()}")


def test_one_name_may_be_used_twice_and_gives_two_addresses(owner: Cli) -> None:
    first, second = (owner.json("identity", "create", "--name", "same name") for _ in range(2))

    assert first["uuid"] != second["uuid"]
    assert first["inbox"] != second["inbox"]
    assert all(each["inbox"].startswith("same-name") for each in (first, second))


def test_reuse_answers_with_the_live_identity_of_that_name(owner: Cli) -> None:
    made = owner.json("identity", "create", "--name", "kept", "--reuse")

    assert owner.json("identity", "create", "--name", "kept", "--reuse") == made
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        at_once = list(pool.map(lambda _: owner.json("identity", "create", "--name", "raced", "--reuse"), range(8)))
    assert len({each["uuid"] for each in at_once}) == 1
    owner.ok("identity", "delete", "kept")
    again = owner.json("identity", "create", "--name", "kept", "--reuse")
    assert again["uuid"] != made["uuid"]
    assert owner.fails(2, "identity", "create", "--reuse")["code"] == "usage"


def test_an_address_can_be_chosen_by_its_local_part_or_whole(owner: Cli) -> None:
    name = f"chosen{time.monotonic_ns()}"

    local = owner.json("identity", "create", "--name", "a", "--email", name)
    whole = owner.json("identity", "create", "--name", "b", "--email", f"{name}.b@{DOMAIN}".upper())

    assert local["inbox"] == f"{name}@{DOMAIN}"
    assert whole["inbox"] == f"{name}.b@{DOMAIN}"
    taken = owner.fails(5, "identity", "create", "--name", "c", "--email", name)
    assert taken["code"] == "identity.address_taken"
    assert name in taken["error"]
    assert {each["name"] for each in owner.json("identity", "list")} == {"a", "b"}, "a refusal leaves nothing behind"


@pytest.mark.parametrize(
    "address",
    ["ab", "a" * 31, ".abc", "abc.", "-abc", "a..b", "a--b", "a b c", "ümlaut", "a_b_c", "abc@elsewhere.example", "@"],
)
def test_an_address_that_breaks_a_rule_is_refused_with_the_rule(owner: Cli, address: str) -> None:
    error = owner.fails(1, "identity", "create", "--name", "x", f"--email={address}")

    assert error["status"] == 422
    assert error["code"] == "identity.address_invalid"
    assert owner.json("identity", "list") == []


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "\x1b[31mred", "x" * 300])
def test_a_name_that_no_terminal_should_show_is_refused(owner: Cli, name: str) -> None:
    assert owner.run("identity", "create", "--name", name).code in (1, 2)
    assert owner.json("identity", "list") == []


def test_a_number_can_be_left_out_and_given_later_once(owner: Cli) -> None:
    made = owner.json("identity", "create", "--name", "quiet", "--no-phone")
    assert made["phone"] is None
    owner.ok("identity", "use", "quiet")
    assert owner.fails(4, "get", "phone")["code"] == "identity.no_phone"

    given = owner.json("identity", "provision-phone", "quiet")

    assert owner.json("get", "phone")["phone_number"] == given["phone"]
    assert owner.fails(5, "identity", "provision-phone", "quiet")["error"]


def test_renaming_changes_the_name_and_nothing_else(owner: Cli) -> None:
    made = owner.json("identity", "create", "--name", "old")

    renamed = owner.json("identity", "rename", "old", "new")

    assert {**renamed, "updated_dt": ""} == {**made, "name": "new", "updated_dt": ""}
    assert owner.fails(4, "identity", "show", "old")["code"] == "identity.not_found"
    assert owner.json("identity", "show", "new")["uuid"] == made["uuid"]


def test_deleting_gives_a_receipt_and_deleting_again_its_time(owner: Cli) -> None:
    made = owner.json("identity", "create", "--name", "brief")

    receipt = owner.json("identity", "delete", made["uuid"])

    assert TIME.fullmatch(receipt["deleted_dt"])
    assert {key: receipt[key] for key in ("status", "uuid", "name", "email", "phone_number")} == {
        "status": "deleted",
        "uuid": made["uuid"],
        "name": "brief",
        "email": made["inbox"],
        "phone_number": made["phone"],
    }
    for command in (("identity", "delete"), ("identity", "show"), ("identity", "enable"), ("identity", "use")):
        error = owner.fails(4, *command, made["uuid"])
        assert (error["code"], error["status"]) == ("identity.deleted", 404)
        assert error["details"] == {"deleted_dt": receipt["deleted_dt"]}
        assert receipt["deleted_dt"] in error["error"]
    assert owner.fails(4, "identity", "delete", NOBODY)["code"] == "identity.not_found"
    assert owner.fails(4, "identity", "delete", "brief")["code"] == "identity.not_found"


def test_an_address_and_a_number_are_never_given_out_again(owner: Cli) -> None:
    name = f"once{time.monotonic_ns()}"
    first = owner.json("identity", "create", "--name", name)
    assert first["inbox"] == f"{name}@{DOMAIN}"
    owner.ok("identity", "delete", first["uuid"])

    chosen = owner.fails(5, "identity", "create", "--name", name, "--email", name)
    by_name = owner.json("identity", "create", "--name", name)

    assert chosen["code"] == "identity.address_taken"
    assert by_name["inbox"] != first["inbox"]
    assert by_name["phone"] != first["phone"]
    checked = api(owner).get(f"/api/email/check-availability/?email={first['inbox']}").json
    assert checked["available"] is False


def test_several_are_deleted_in_one_go_and_one_failure_does_not_stop_the_rest(owner: Cli) -> None:
    first, second = (owner.json("identity", "create", "--name", name)["uuid"] for name in ("first", "second"))

    done = owner.run("identity", "delete", first, NOBODY, second)

    assert done.code == 4
    assert [receipt["uuid"] for receipt in done.json] == [first, second]
    (complaint,) = done.stderr.splitlines()
    assert NOBODY in json.loads(complaint)["error"]
    assert owner.json("identity", "list") == []


def test_an_identity_with_a_time_to_live_says_when_it_ends(owner: Cli) -> None:
    for duration, expected in (("90", 90), ("30m", 1800), ("2h", 7200), ("7d", 604_800)):
        made = owner.json("identity", "create", "--name", "timed", "--ttl", duration, "--no-phone")
        created, ends = (datetime.fromisoformat(made[key]) for key in ("created_dt", "expires_dt"))
        assert (ends - created).total_seconds() == expected
    for nonsense in ("0", "-1h", "soon", "2 h", ""):
        assert owner.fails(2, "identity", "create", f"--ttl={nonsense}")["code"] == "usage"


@pytest.fixture
def three_hundred(owner: Cli) -> list[dict[str, Any]]:
    """As many identities of one owner, made by a program that speaks to the server itself."""
    http = api(owner)

    def make(number: int) -> dict[str, Any]:
        body = {
            "name": f"{'task' if number % 3 else 'ws'}-{number:03}",
            "labels": {"parity": "odd" if number % 2 else "even", "kind": "fleet"},
            "api_key": False,
        }
        reply = http.post("/api/identities/", body)
        assert reply.status == 201, reply.body
        return reply.json

    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(make, range(300)))


def test_lists_are_complete_for_three_hundred_identities(owner: Cli, three_hundred: list[dict[str, Any]]) -> None:
    def names(*arguments: str) -> set[str]:
        listed = owner.json("identity", "list", *arguments)
        found = {each["name"] for each in listed}
        assert len(found) == len(listed), "one was listed twice"
        return found

    made = {each["name"]: each for each in three_hundred}
    listed = owner.json("identity", "list")
    assert {each["name"]: each for each in listed} == made
    assert [each["id"] for each in listed] == sorted(each["id"] for each in listed)
    assert names("--prefix", "task-") == {name for name in made if name.startswith("task-")}
    assert names("--prefix", "task-1") == {name for name in made if name.startswith("task-1")}
    odd = {name for name, each in made.items() if each["labels"]["parity"] == "odd"}
    assert names("--label", "parity=odd") == odd
    assert names("--label", "parity=odd", "--label", "kind=fleet") == odd
    assert names("--label", "parity=odd", "--prefix", "ws-") == {name for name in odd if name.startswith("ws-")}
    assert names("--label", "parity=neither") == names("--prefix", "nothing") == set()
    assert names("--name", "task-001") == {"task-001"}

    for_people = owner.ok("identity", "list", "--human").stdout
    assert all(f"{name} " in for_people for name in made)
    assert len(for_people.splitlines()) == 301
    in_bulk = run_script(
        owner, "ravi identity list --prefix ws- --json | jq -r '.[].uuid' | xargs ravi identity delete"
    )
    assert in_bulk.code == 0, str(in_bulk)
    assert len(in_bulk.json) == 100
    assert names() == {name for name in made if name.startswith("task-")}
