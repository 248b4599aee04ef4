"""
Who may be connected: so many in all, and so many from one address.

This is before anybody has said who they are, so it can only go by the address. Those on this machine share one with all
others on it, and what comes through a reverse proxy shares the proxy's: these are not counted by address. When all
places are taken, whoever has been connected longest without ever asking for anything makes room: that is how a program
behaves that holds connections for the sake of it. In the same way, when answers that nobody takes fill too much memory,
whoever has been slow for longest is given up.
"""

from collections import Counter
from typing import Protocol

from ravi.server.http.peer import counted_place

#: So much of answers may wait until it is taken, on all connections together.
MOST_UNTAKEN_BYTES = 256 * 1024 * 1024


class Closable(Protocol):
    """A connection, told apart from others by identity."""

    def make_room(self) -> None:
        """End now, because another one needs the place."""

    def give_up(self) -> None:
        """End now, without what was not taken of an answer; `Connections.quick` is called later or not at all."""


class Connections:
    """Counts connections. *by_address* says whether addresses are those of whoever connects, and not a proxy's."""

    def __init__(self, most: int, most_per_address: int, *, by_address: bool = True) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._by_address = by_address
        self._inside = 0
        self._from: Counter[str] = Counter()
        self._silent: dict[Closable, None] = {}
        self._slow: dict[Closable, int] = {}
        self._untaken = 0

    @property
    def inside(self) -> int:
        """How many are connected."""
        return self._inside

    def enter(self, connection: Closable, host: str) -> str:
        """Let *connection* from *host* in and return "", or return why it cannot be."""
        place = self._place(host)
        if place and self._from[place] >= self._most_per_address:
            return f"there are {self._most_per_address} connections from your address already"
        if self._inside >= self._most:
            longest = next(iter(self._silent), None)
            if longest is None:
                return "there are too many connections"
            del self._silent[longest]
            longest.make_room()
        self._inside += 1
        if place:
            self._from[place] += 1
        self._silent[connection] = None
        return ""

    def spoke(self, connection: Closable) -> None:
        """It has asked for something, for the first time or again."""
        self._silent.pop(connection, None)

    def slow(self, connection: Closable, untaken: int) -> None:
        """So many bytes are kept until it has taken its answer. It is slow from its first call on, until `quick`."""
        self._untaken += untaken - self._slow.get(connection, 0)
        self._slow[connection] = untaken
        while self._untaken > MOST_UNTAKEN_BYTES and len(self._slow) > 1:
            longest = next(iter(self._slow))
            self.quick(longest)
            longest.give_up()

    def quick(self, connection: Closable) -> None:
        """It has taken what there was, or is gone."""
        self._untaken -= self._slow.pop(connection, 0)

    def leave(self, connection: Closable, host: str) -> None:
        """It was let in and is gone."""
        self._silent.pop(connection, None)
        self._inside -= 1
        if place := self._place(host):
            self._from[place] -= 1
            if self._from[place] <= 0:
                del self._from[place]

    def _place(self, host: str) -> str:
        """What *host* is counted under; "" where it is not."""
        return counted_place(host) if self._by_address else ""
