"""Raising a fleet when the server answers badly, late, or not at all; in both clients."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ravi import AsyncClient, Client, errors
from ravi.client.fleets.values import MOST, Wish
from ravi.settings import trust
from ravi.wire import codes
from tests.support.fake_servers import Api, Request, problem

BULK = ("POST", "/api/identities/bulk/")


def identity(wanted: dict[str, Any]) -> dict[str, Any]:
    """What the server makes of *wanted*."""
    return {
        **{key: wanted[key] for key in ("uuid", "name", "labels", "workspace")},
        "email": f"{wanted['name']}@in.ravi.localhost",
        "phone_number": None,
        "status": "active",
        "public_key": None,
        "api_key": "ravi_id_secret",
    }


def made(request: Request) -> Any:
    return 201, {"identities": [identity(each) for each in request.body["identities"]]}


@pytest.fixture
def fleets(api: Api, signed_in: Callable[..., Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client in an empty directory, and a server that makes fleets."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    api.routes["GET", "/api/auth/whoami/"] = {"kind": "account", "email": "a@example.com", "identity_uuid": None}
    api.routes[BULK] = made
    return signed_in()


def calls(api: Api) -> list[Request]:
    return [request for request in api.requests if (request.method, request.target) == BULK]


def deleted(api: Api) -> list[str]:
    return [request.target.split("/")[3] for request in api.requests if request.method == "DELETE"]


def deletable(api: Api, request: Request) -> None:
    for each in request.body["identities"]:
        receipt = {"uuid": each["uuid"], "deleted_dt": "2026-03-01T12:00:00Z"}
        api.routes["DELETE", f"/api/identities/{each['uuid']}/"] = receipt


def test_members_come_in_order_and_no_key_is_in_what_is_returned(fleets: Client, api: Api) -> None:
    told: list[tuple[str, int, int]] = []
    fleet = fleets.fleet.up(3, prefix="x", progress=lambda *what: told.append(what))

    assert [member.name for member in fleet.members] == ["x-0", "x-1", "x-2"]
    assert all("api_key" not in (member.identity or {}) for member in fleet.members)
    assert "ravi_id_secret" in Path("x-0/.ravi/config.json").read_text()
    assert told[0] == ("making room", 1, 3)
    assert told[-1] == ("finishing", 3, 3)
    (call,) = calls(api)
    assert {each["api_key"] for each in call.body["identities"]} == {True}


def test_more_than_two_hundred_take_several_calls(fleets: Client, api: Api) -> None:
    fleet = fleets.fleet.up(201, prefix="x")

    assert [len(call.body["identities"]) for call in calls(api)] == [200, 1]
    assert len(fleet.members) == 201


def test_a_refusal_of_the_second_call_ends_what_the_first_has_made(fleets: Client, api: Api) -> None:
    def first(request: Request) -> Any:
        deletable(api, request)
        return made(request)

    api.routes[BULK] = [first, (409, problem(codes.ADDRESS_TAKEN, "taken"))]
    with pytest.raises(errors.AddressTaken):
        fleets.fleet.up(201, prefix="x")

    assert sorted(deleted(api)) == sorted(each["uuid"] for each in calls(api)[0].body["identities"])
    assert list(Path().iterdir()) == []


def test_an_answer_that_never_came_is_asked_for_again_before_it_is_undone(api: Api, fleets: Client) -> None:
    """Or what the server made after we had given up would be nobody's."""

    def late(request: Request) -> Any:
        time.sleep(1.5)
        return made(request)

    def again(request: Request) -> Any:
        deletable(api, request)
        return made(request)

    api.routes[BULK] = [late, again]
    with Client(fleets.settings, timeout=1.0) as impatient, pytest.raises(errors.TimedOut):
        impatient.fleet.up(2, prefix="x")

    first, second = calls(api)
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert sorted(deleted(api)) == sorted(each["uuid"] for each in first.body["identities"])
    assert list(Path().iterdir()) == []


def test_what_cannot_be_found_out_keeps_its_markers_and_is_said(fleets: Client, api: Api) -> None:
    api.routes[BULK] = (502, problem("bad_gateway", "a proxy says this"))
    with pytest.raises(errors.ServerFault) as raised:
        fleets.fleet.up(2, prefix="x")

    assert "2 identities may be left" in raised.value.message
    assert "ravi fleet down" in raised.value.hint
    markers = [json.loads(Path(f"x-{number}/.ravi/config.json").read_text()) for number in range(2)]
    assert [marker["binding_uuid"] for marker in markers] == [each["uuid"] for each in calls(api)[0].body["identities"]]


def test_a_server_that_makes_other_identities_is_not_believed(fleets: Client, api: Api) -> None:
    def others(request: Request) -> Any:
        deletable(api, request)
        status, answer = made(request)
        return status, {"identities": answer["identities"][::-1]}

    api.routes[BULK] = others
    with pytest.raises(errors.ServerNonsense):
        fleets.fleet.up(2, prefix="x")
    assert len(deleted(api)) == 2
    assert list(Path().iterdir()) == []


async def test_the_asynchronous_client_undoes_as_well(fleets: Client, api: Api) -> None:
    def refuse(request: Request) -> Any:
        return 422, problem(codes.VALIDATION_FAILED, "no")

    async with AsyncClient(fleets.settings) as client:
        assert len((await client.fleet.up(2, prefix="x")).members) == 2
        api.routes[BULK] = refuse
        with pytest.raises(errors.Invalid):
            await client.fleet.up(2, prefix="y")
    assert sorted(path.name for path in Path().iterdir()) == ["x-0", "x-1"]


@pytest.mark.parametrize("targets", [0, -1, MOST + 1, [], "agent-0"])
def test_what_is_no_fleet_is_refused(targets: Any) -> None:
    with pytest.raises(errors.UsageError):
        Wish(
            targets,
            prefix=None,
            worktrees=None,
            name=None,
            ttl_seconds=None,
            env_file=None,
            labels=None,
            provision_phone=None,
        )


def test_approvals_of_thousands_of_workspaces_are_still_read(tmp_path: Path) -> None:
    files = [(str(tmp_path / f"a-rather-long-name-of-a-directory-{n}" / "config.json"), b"x") for n in range(2000)]
    trust.approve_contents(files, ravi_dir=str(tmp_path / ".ravi"))

    assert trust.is_approved(files[-1][0], b"x", ravi_dir=str(tmp_path / ".ravi"))
    assert not trust.is_approved(files[-1][0], b"y", ravi_dir=str(tmp_path / ".ravi"))
