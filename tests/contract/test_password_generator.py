"""The generator that published clients ask."""

import pytest

from tests.support.password_entries import PASSWORDS
from tests.support.sealed import (
    events_of,
)
from tests.support.world import World


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_generator_follows_the_query_of_published_clients(world: World) -> None:
    generate = f"{PASSWORDS}generate-password/"
    for actor in (world.ada, world.agent):
        assert len((await actor.get(generate)).json()["password"]) == 16
    plain = (await world.agent.get(f"{generate}?length=64&special=false&digits=False&exclude_chars=aB")).json()
    assert len(plain["password"]) == 64
    assert plain["password"].isalpha()
    assert not set(plain["password"]) & set("aB")
    digits = (await world.agent.get(f"{generate}?uppercase=false&lowercase=0&special=false&length=4")).json()
    assert digits["password"].isdigit()
    assert (await world.agent.get(generate)).json() != (await world.agent.get(generate)).json()
    assert await events_of(world.ada, "password") == []


@pytest.mark.parametrize(
    "query",
    [
        "length=3",
        "length=257",
        "length=-1",
        "length=99999999999999999999999999",
        "length=x",
        "digits=maybe",
        "uppercase=false&lowercase=false&digits=false&special=false",
        "exclude_chars=0123456789",
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_generator_refuses_what_it_cannot_do(world: World, query: str) -> None:
    answer = await world.agent.get(f"{PASSWORDS}generate-password/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "validation.failed")
