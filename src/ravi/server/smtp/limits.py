"""How much a stranger may ask for: connections, memory, patience."""

import ipaddress
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

#: A command line, CRLF included. RFC 5321 wants 512; paths of SMTPUTF8 and long bounce addresses need more.
LONGEST_COMMAND = 2048
#: Commands that were refused before a connection is closed. A program that means well makes none.
MOST_ERRORS = 20
#: Recipients that were refused, whole connection: one wrong address in a list is normal, a dictionary is not.
MOST_REFUSED_RECIPIENTS = 200
#: NOOP, RSET and their like between two messages.
MOST_IDLE_TALK = 100
#: From DATA to its end, however lively the sender is.
DATA_SECONDS = 15 * 60.0
#: A handshake of TLS takes two round trips.
HANDSHAKE_SECONDS = 30.0
#: Whoever goes on when told that it is too much for one mailbox is answered so many seconds late.
PACED_SECONDS = 1.0
#: Below this, nobody looks for senders that can be forgotten.
FEW_PACED = 1024
#: Closing while a peer still sends makes its system drop our last words unread, so we wait this long for it.
LINGER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What the operator may set: bytes of one message, recipients of one message, connections, seconds of silence, and
    messages a minute from one address to one mailbox (0: any).

    `waiting_bytes` is what all messages that are under way may hold in memory together.
    """

    message_bytes: int = 25 * 1024 * 1024
    recipients: int = 100
    connections: int = 500
    connections_per_address: int = 50
    idle_seconds: float = 300.0
    mailbox_per_minute: int = 0

    @property
    def waiting_bytes(self) -> int:
        return max(2 * self.message_bytes, 64 * 1024 * 1024)


class Door:
    """Counts who is connected. An IPv6 network of 64 bits is one address, because one customer gets that many."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._inside: Counter[str] = Counter()

    def enter(self, host: str) -> str | None:
        """Let somebody at *host* in and return None, or return the reply that refuses."""
        if self._inside.total() >= self._limits.connections:
            return "421 4.3.2 too many connections, try again later"
        if self._inside[key := _network(host)] >= self._limits.connections_per_address:
            return "421 4.7.0 too many connections from your address, try again later"
        self._inside[key] += 1
        return None

    def leave(self, host: str) -> None:
        """Somebody at *host* who was let in has gone."""
        key = _network(host)
        self._inside[key] -= 1
        if self._inside[key] <= 0:
            del self._inside[key]

    @property
    def inside(self) -> int:
        return self._inside.total()


class Pace:
    """
    How much one address may deliver to one mailbox: so much a minute, of which a minute's worth may come at once.

    Counted apart for each address, so that a flood from one keeps nobody else's mail away.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = limits.mailbox_per_minute
        self._clock = clock
        self._full_at: dict[tuple[str, int], float] = {}
        self._sweep_at = FEW_PACED

    def take(self, host: str, identity_id: int) -> bool:
        """Count one message from *host*; False, and none is counted, when it is too much."""
        if not self._per_minute:
            return True
        now = self._clock()
        if len(self._full_at) >= self._sweep_at:
            self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
            self._sweep_at = max(FEW_PACED, 2 * len(self._full_at))
        key = (_network(host), identity_id)
        full_at = max(self._full_at.get(key, 0.0), now) + 60 / self._per_minute
        if full_at - now > 60 + 1e-6:
            return False
        self._full_at[key] = full_at
        return True


class Room:
    """The memory that messages under way share, in bytes."""

    def __init__(self, total: int) -> None:
        self._left = total

    @property
    def left(self) -> int:
        return self._left

    def share(self) -> "Share":
        """Return an empty share; what it takes is given back at the end of its `with` block."""
        return Share(self)


class Share:
    """What one message holds of a `Room`."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._held = 0

    def take(self, size: int) -> bool:
        """Take *size* more bytes; False, and nothing is taken, when there are not so many left."""
        if size > self._room._left:
            return False
        self._room._left -= size
        self._held += size
        return True

    def give_back(self) -> None:
        self._room._left += self._held
        self._held = 0

    def __enter__(self) -> "Share":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()


def plain_host(host: str) -> str:
    """Return an IP address in its usual spelling: without a zone, and IPv4 as IPv4."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _network(host: str) -> str:
    if ":" not in host:
        return host
    return str(ipaddress.ip_network(f"{host}/64", strict=False))
