"""What an entry was before: kept with the change that replaced it, and only the newest ten."""

import asyncio
from typing import Any

from tests.support.password_entries import PASSWORDS, made, path
from tests.support.sealed import sealed
from tests.support.world import Actor, World


async def patch(actor: Actor, row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = await actor.send("PATCH", path(row), changes)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def history(actor: Actor, row: dict[str, Any]) -> list[dict[str, str]]:
    answer = await actor.get(f"{path(row)}history/")
    assert answer.status_code == 200, answer.text
    return answer.json()


def version(row: dict[str, Any], replaced: str) -> dict[str, str]:
    """How the history shows what *row* was until *replaced*."""
    return {"username": row["username"], "password": row["password"], "notes": row["notes"], "replaced_dt": replaced}


async def test_every_change_of_a_sealed_field_keeps_the_whole_of_what_was(world: World) -> None:
    first = await made(world.agent, notes=sealed())
    wanted, row = [], first
    for field in ("username", "password", "notes"):
        world.clock.advance(minutes=1)
        changed = await patch(world.agent, row, **{field: sealed()})
        wanted.insert(0, version(row, changed["updated_dt"]))
        row = changed

    assert await history(world.agent, row) == wanted
    assert wanted[-1]["password"] == first["password"]


async def test_another_domain_or_the_same_texts_keep_nothing(world: World) -> None:
    row = await made(world.agent, site=sealed())
    await patch(world.agent, row, domain="other.example", site=sealed())
    await patch(world.agent, row, password=row["password"], username=row["username"])
    await patch(world.agent, row)

    assert await history(world.agent, row) == []


async def test_a_refused_change_keeps_nothing(world: World) -> None:
    row = await made(world.agent)
    for body in ({"password": sealed(), "revision": 7}, {"password": "readable"}):
        assert (await world.agent.send("PATCH", path(row), body)).status_code in (409, 422)

    assert await history(world.agent, row) == []


async def test_ten_versions_are_kept_of_each_entry_by_itself(world: World) -> None:
    quiet, busy = await made(world.agent), await made(world.agent)
    await patch(world.agent, quiet, password=sealed())
    texts = [sealed() for _ in range(12)]
    for text in texts:
        await patch(world.agent, busy, password=text)

    # The last is what the entry is now; what it was at first, and the first of the twelve, are forgotten.
    assert [each["password"] for each in await history(world.agent, busy)] == texts[-2:0:-1]
    assert len(texts[-2:0:-1]) == 10
    assert [each["password"] for each in await history(world.agent, quiet)] == [quiet["password"]]


async def test_parallel_changes_happen_one_after_the_other_and_lose_nothing(world: World) -> None:
    row = await made(world.agent)
    answers = await asyncio.gather(*(patch(world.agent, row, password=sealed()) for _ in range(30)))

    by_revision = {answer["revision"]: answer["password"] for answer in answers} | {1: row["password"]}
    assert sorted(by_revision) == list(range(1, 32))
    now = (await world.agent.get(path(row))).json()
    assert (now["revision"], now["password"]) == (31, by_revision[31])
    kept = [each["password"] for each in await history(world.agent, row)]
    assert kept == [by_revision[revision] for revision in range(30, 20, -1)]


async def test_of_parallel_changes_of_one_revision_one_is_made(world: World) -> None:
    row = await made(world.agent)
    place = path(row)
    answers = await asyncio.gather(
        *(world.agent.send("PATCH", place, {"password": sealed(), "revision": 1}) for _ in range(10))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"vault.changed"}
    assert [each["password"] for each in await history(world.agent, row)] == [row["password"]]


async def test_a_change_and_a_deletion_at_once_leave_nothing_behind(world: World) -> None:
    for _ in range(5):
        row = await made(world.agent)
        place = path(row)
        changed, deleted = await asyncio.gather(
            world.agent.send("PATCH", place, {"password": sealed()}), world.agent.send("DELETE", place)
        )
        assert deleted.status_code == 204
        assert changed.status_code in (200, 404)
    assert (await world.agent.get(PASSWORDS)).json() == []
    left = await world.services.db.one("SELECT count(*) FROM password_versions")
    assert left == (0,)
