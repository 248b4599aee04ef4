"""
Places for those who present no credential, such as whoever signs in.

To have one, sending slowly is all that it takes. So they are few, one route has half of them at most (whoever holds all
signed addresses open keeps nobody from signing in), and one address of another machine an eighth.
"""

from collections import Counter

from ravi.server.http.peer import counted_place

#: One in so many of the requests that the server works on at once may be of strangers.
PART_OF_STRANGERS = 4
#: And one in so many of these to the same route, and from the same address.
PART_OF_ONE_ROUTE = 2
PART_OF_ONE_ADDRESS = 8


class Strangers:
    """Counts them. *server_at_once* is how many requests the whole server may have under way; 0: any number."""

    def __init__(self, server_at_once: int) -> None:
        self.inside = 0
        self._most = max(1, server_at_once // PART_OF_STRANGERS) if server_at_once else 0
        self._at: Counter[str] = Counter()

    def enter(self, path: str, address: str) -> tuple[str, ...] | None:
        """Let somebody from *address* in, to the route *path*. Return what to `leave` with; None: there is no place."""
        places = (f"to {path}", f"from {place}") if (place := counted_place(address)) else (f"to {path}",)
        if self._most:
            of_one = (self._most // PART_OF_ONE_ROUTE, self._most // PART_OF_ONE_ADDRESS)
            taken = any(self._at[place] >= max(1, most) for place, most in zip(places, of_one, strict=False))
            if taken or self.inside >= self._most:
                return None
        self.inside += 1
        self._at.update(places)
        return places

    def leave(self, places: tuple[str, ...]) -> None:
        """Give the places back that `enter` returned."""
        self.inside -= 1
        for place in places:
            self._at[place] -= 1
            if self._at[place] <= 0:
                del self._at[place]
