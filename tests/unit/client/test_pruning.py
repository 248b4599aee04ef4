"""Ending many identities: which are meant, several at once, and what becomes of failures; in both clients."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ravi import AsyncClient, Client, errors
from ravi.client.nouns.pruning import AT_ONCE, Selection
from ravi.wire import codes
from tests.support.fake_servers import Api, make_settings, problem

LIST = "/api/identities/"


def row(number: int, *, age: float = 100, name: str = "", **labels: str) -> dict[str, Any]:
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age))
    return {
        "uuid": f"{number:08d}-0000-4000-8000-000000000000",
        "name": name or f"task-{number}",
        "email": "e",
        "labels": labels,
        "created_dt": made,
    }


def receipt(each: dict[str, Any]) -> dict[str, Any]:
    return {"uuid": each["uuid"], "name": each["name"], "deleted_dt": "2026-03-01T12:00:00Z"}


def serve(api: Api, rows: list[dict[str, Any]], **refused: tuple[int, Any]) -> None:
    """Let *api* have these identities; *refused* says by name which cannot be deleted."""
    for query in ("prefix=task-", "prefix=task-&label=fleet%3Da"):
        api.routes["GET", f"{LIST}?{query}"] = lambda _: rows
    for each in rows:
        answer = refused.get(each["name"].replace("-", "_"), (200, receipt(each)))
        api.routes["DELETE", f"{LIST}{each['uuid']}/"] = answer


def deleted(api: Api) -> list[str]:
    return sorted(request.target for request in api.requests if request.method == "DELETE")


def test_what_the_server_should_have_left_out_is_not_deleted(api: Api, client_for: Callable[..., Client]) -> None:
    """A deletion cannot be undone, and an old server might not know a filter."""
    fits = row(1, fleet="a", team="b")
    serve(api, [fits, row(2, fleet="b"), row(3, name="other", fleet="a"), row(4, age=5, fleet="a"), row(5)])

    done = client_for(api.url).identities.prune(prefix="task-", label={"fleet": "a"}, older_than_seconds=60)

    assert done.found == [fits]
    assert done.receipts == [receipt(fits)]
    assert deleted(api) == [f"{LIST}{fits['uuid']}/"]


def test_several_are_deleted_at_once_and_progress_is_told_where_it_was_asked_for(
    api: Api, client_for: Callable[..., Client]
) -> None:
    rows = [row(number) for number in range(3 * AT_ONCE)]
    serve(api, rows)
    together, most, lock = 0, 0, threading.Lock()

    def slow(each: dict[str, Any]) -> Callable[[Any], Any]:
        def answer(_: Any) -> Any:
            nonlocal together, most
            with lock:
                together += 1
                most = max(most, together)
            time.sleep(0.05)
            with lock:
                together -= 1
            return receipt(each)

        return answer

    for each in rows:
        api.routes["DELETE", f"{LIST}{each['uuid']}/"] = slow(each)
    told: list[tuple[int, int]] = []
    threads = set()

    def progress(done: int, of: int) -> None:
        told.append((done, of))
        threads.add(threading.current_thread())

    done = client_for(api.url).identities.prune(prefix="task-", progress=progress)

    assert [each["uuid"] for each in done.receipts] == [each["uuid"] for each in rows]
    assert 1 < most <= AT_ONCE
    assert told == [(number + 1, len(rows)) for number in range(len(rows))]
    assert threads == {threading.current_thread()}


def test_those_that_are_gone_are_passed_over_and_failures_do_not_stop_the_rest(
    api: Api, client_for: Callable[..., Client]
) -> None:
    rows = [row(number) for number in range(4)]
    serve(
        api,
        rows,
        task_0=(404, problem(codes.IDENTITY_DELETED, "this identity was deleted")),
        task_1=(403, problem(codes.FORBIDDEN, "no")),
        task_2=(404, problem(codes.IDENTITY_NOT_FOUND, "no such identity")),
    )

    done = client_for(api.url).identities.prune(prefix="task-")

    assert [each["name"] for each in done.receipts] == ["task-3"]
    ((identity, failure),) = done.failures
    assert (identity["name"], type(failure)) == ("task-1", errors.Forbidden)


def test_a_dry_run_and_a_no_delete_nothing(api: Api, client_for: Callable[..., Client]) -> None:
    serve(api, [row(1)])
    identities = client_for(api.url).identities
    asked: list[Any] = []

    dry = identities.prune(prefix="task-", dry_run=True)
    refused = identities.prune(prefix="task-", confirm=lambda found: bool(asked.append(found)))

    assert len(dry.found) == len(refused.found) == 1
    assert dry.receipts == refused.receipts == []
    assert asked == [refused.found]
    assert deleted(api) == []


@pytest.mark.parametrize("chosen", [(None, None, None), ("", {}, 60), (None, None, 60), ("x", None, -1)])
def test_a_selection_that_says_nothing_is_refused(chosen: tuple[Any, Any, Any]) -> None:
    with pytest.raises(errors.UsageError):
        Selection(*chosen)


def test_an_identity_whose_age_cannot_be_read_is_not_old() -> None:
    assert not Selection("task-", None, 0).is_meant({**row(1), "created_dt": "nonsense"}, time.time())  # type: ignore[arg-type]


async def test_the_asynchronous_client_does_the_same(api: Api) -> None:
    rows = [row(number) for number in range(20)]
    serve(api, rows, task_7=(403, problem(codes.FORBIDDEN, "no")))
    told: list[tuple[int, int]] = []

    async with AsyncClient(make_settings(api.url)) as client:
        done = await client.identities.prune(prefix="task-", progress=lambda *so_far: told.append(so_far))

    assert len(done.receipts) == 19
    assert [identity["name"] for identity, _ in done.failures] == ["task-7"]
    assert told[-1] == (20, 20)


async def test_limits_are_asked_for_as_the_selected_identity_or_for_the_account(
    api: Api, client_for: Callable[..., Client]
) -> None:
    api.routes["GET", "/api/limits/"] = lambda _: {"identity": None, "limits": []}

    assert client_for(api.url).own.limits()["limits"] == []
    client_for(api.url, identity=None).own.limits()
    async with AsyncClient(make_settings(api.url)) as client:
        await client.own.limits()

    assert ["x-ravi-identity" in request.headers for request in api.requests] == [True, False, True]
