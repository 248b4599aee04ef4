"""
What a carrier is: where numbers come from, and the way of texts (SMS) to and from them.

A carrier is one file beside this one (or a folder, where it speaks a large protocol), with a class that has four verbs,
and a function that makes it of its URL:

    def open_carrier(url: CarrierUrl, here: Surroundings) -> Carrier

`allocate` a number, `release` it, `send` a text, and `read` a webhook, which is verified first. It holds no state that
matters: what was sent, received or given out is in the database, and the verbs are told what they need. One that keeps
a connection instead of being called has `run` as well. `tests/unit/server/phone/conformance.py` is what every carrier
must pass; `docs/how-to/add-a-carrier.md` shows how one is made.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ravi.settings.server_carriers import CarrierUrl

Progress = Literal["sent", "delivered", "failed"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """
    What a carrier is told about the server.

    `webhook_url` is the absolute URL that its webhooks are sent to, made of the configured public URL and of nothing
    that a request says. `key` is 32 random bytes of this server's own, another one for each carrier.
    """

    webhook_url: str
    key: bytes = field(repr=False)
    now: Callable[[], datetime]


Make = Callable[[CarrierUrl, Surroundings], "Carrier"]


@dataclass(frozen=True, slots=True)
class Wish:
    """
    A number that is wanted. `country` is an ISO 3166 code, such as US; who cannot follow it gives another.

    `serial` is counted from 1 and never given twice. `is_known` tells whether a number was ever given to anybody.
    """

    country: str
    serial: int
    is_known: Callable[[str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Allocated:
    """A number in E.164, and what the carrier itself calls it; "" where that is the number."""

    number: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """
    A text to be sent. `id` is the same for every attempt. `number_ref` is what `allocate` returned.

    `again`: an earlier attempt may have been accepted, although nobody has heard so. Then the carrier finds out, or
    raises Uncertain; it never sends a second one.
    """

    id: str
    from_number: str
    number_ref: str
    to_number: str
    body: str = field(repr=False)
    created_at: datetime
    again: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The carrier has taken the text. `ref` is what reports about it will call it; "" if there will be none."""

    ref: str
    progress: Literal["sent", "delivered"] = "sent"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request that claims to be the carrier's. `url` is where it must have been sent to, with the query that came."""

    url: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    """Names in small letters."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Received:
    """
    A text for one of our numbers.

    `sender` is as the network says it: a number, a short code or a word. `key` is what a repeated delivery of the same
    text shares with the first, and no other text does; "" if nothing tells. `certain`: the sender is an identity of
    this server, which had to present its credential.
    """

    to_number: str
    sender: str
    body: str = field(repr=False)
    key: str
    ref: str = ""
    device: str = ""
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a text that was sent. Reports may come twice, late and in any order."""

    ref: str
    progress: Progress
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Alive:
    """A sign of life of a device, and what it says about itself."""

    device: str
    detail: str = ""


Happening = Received | Report | Alive
#: Returns when what happened is durable: False if it concerned nobody here. Raises nothing that concerns a carrier.
Tell = Callable[[Happening], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a webhook said, and what the carrier wants to hear when that is durable."""

    happenings: tuple[Happening, ...]
    answer: bytes = b""
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `phone doctor` has looked at. `advice` says what to do when it is not `fine`."""

    about: str
    fine: bool
    detail: str
    advice: str = ""


class WebhookRefused(Exception):
    """The request is not the carrier's, too old, or means nothing. The reason is for our log, never for the caller."""


class Refused(Exception):
    """The carrier will never send this text. The reason is for whoever wrote it."""


class Later(Exception):
    """
    The carrier could not take the text now.

    *maybe_sent*: it may have taken it in this attempt, all the same; of earlier ones the core knows. *after*: seconds
    that it asked us to wait.
    """

    def __init__(self, reason: str, *, maybe_sent: bool, after: float | None = None) -> None:
        super().__init__(reason)
        self.maybe_sent = maybe_sent
        self.after = after


class Uncertain(Exception):
    """Whether an earlier attempt was accepted cannot be found out; the text is not sent again."""


class Carrier(ABC):
    """One carrier. `name` is from its URL. The verbs may be called at the same time."""

    #: Texts cost nothing, so every identity gets a number unless told otherwise.
    costs_nothing = False
    #: It has no way to numbers that are not its own, so texts to others are refused at once.
    stays_here = False
    #: `allocate` awaits nothing, so it may be called inside a transaction, and nothing is bought ahead.
    instant = False

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    async def allocate(self, wish: Wish) -> Allocated:
        """
        Get a number that nobody has had yet.

        Raises NumbersExhausted when there is none, ProviderFailed when the carrier could not be asked.
        """

    @abstractmethod
    async def release(self, allocated: Allocated) -> None:
        """Give a number back; fine when that was done before. Raises ProviderFailed, and is called again later."""

    @abstractmethod
    async def send(self, text: Outgoing) -> Sent:
        """Hand a text over. Raises Refused, Later or Uncertain, and nothing else that is the carrier's fault."""

    @abstractmethod
    async def read(self, webhook: Webhook) -> Reading:
        """Verify a webhook, then say what it means. Raises WebhookRefused."""

    async def run(self, tell: Tell) -> None:  # noqa: B027 - most carriers have none
        """Keep up a connection and tell what comes in over it, until cancelled. By default there is none."""

    async def diagnose(self) -> list[Finding]:
        """Look whether texts can come and go, without sending any. Raises nothing that concerns the carrier."""
        return []

    async def repair(self) -> list[Finding]:
        """Put right what `diagnose` found and needs nobody's decision; return how that went. Raises as little."""
        return []

    async def close(self) -> None:  # noqa: B027 - some keep none
        """Give back connections. Called once, at the end."""
