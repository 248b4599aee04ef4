"""A `Player`, an `Api` and clients of them, closed after the test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ravi import Client
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
