"""A `Player`, an `Api`, an account's keys behind it, and clients of them, closed after the test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ravi import Client
from ravi.settings.client import resolve, save_login
from tests.support.account_keys import ACCOUNT, Keys
from tests.support.fake_servers import Api, Player, make_settings


@pytest.fixture
def play() -> Iterator[Callable[..., Player]]:
    """`play(script, script, …)` starts a Player."""
    players: list[Player] = []

    def start(*scripts: tuple[Any, ...]) -> Player:
        player = Player()
        player.scripts = list(scripts)
        players.append(player)
        return player

    yield start
    for player in players:
        player.close()


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    yield server
    server.close()


@pytest.fixture
def client_for() -> Iterator[Callable[..., Client]]:
    """`client_for(url, …)` makes a Client, with what `make_settings` takes and `timeout`."""
    clients: list[Client] = []

    def make(url: str, *, timeout: float = 10.0, **told: Any) -> Client:
        client = Client(make_settings(url, **told), timeout=timeout)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def keys(api: Api) -> Keys:
    return Keys(api)


@pytest.fixture
def signed_in(api: Api, home: Path) -> Iterator[Callable[..., Client]]:
    """`signed_in()` is a client of the sign-in in the test's home; with variables, of what they say."""
    save_login(str(home / ".ravi"), server=api.url, access="ravi_at_1", refresh="ravi_rt_1", account_uuid=ACCOUNT)
    made: list[Client] = []

    def make(**env: str) -> Client:
        more = {"RAVI_API_URL": api.url} if env else {}
        client = Client(resolve(environ={"HOME": str(home), **env, **more}, need_identity=False), timeout=10)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()
