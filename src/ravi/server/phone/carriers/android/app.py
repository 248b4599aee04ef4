"""HTTP to the app on the phone, or to the gateway server that stands for it: one call, one answer, no repetition."""

import asyncio
import base64
import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from ravi.server.phone.carriers.android.setup import Setup
from ravi.version import __version__

#: For a connection, and for all of it. A phone that sleeps takes its time.
CONNECT_SECONDS = 8.0
CALL_SECONDS = 20.0
#: Of an answer; the largest that we ask for is a list of webhooks.
MOST_READ = 256 * 1024
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """`document` is None when the body is no JSON. `after`: seconds that we were asked to wait."""

    status: int
    document: Any
    after: float | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The document, if it is an object."""
        return self.document if isinstance(self.document, dict) else {}

    @property
    def items(self) -> list[dict[str, Any]] | None:
        """The document, if it is a list of objects."""
        listed = isinstance(self.document, list) and all(isinstance(item, dict) for item in self.document)
        return self.document if listed else None

    @property
    def reason(self) -> str:
        """What the other side says is wrong, in one line."""
        said = self.fields.get("message")
        return f"answered {self.status}" + (f": {harmless(said)}" if isinstance(said, str) and said else "")


class NoAnswer(Exception):
    """There is no answer. `maybe_heard`: the request may have arrived."""

    def __init__(self, reason: str, *, maybe_heard: bool) -> None:
        super().__init__(reason)
        self.maybe_heard = maybe_heard


class App:
    """Calls what `setup` names. Redirects are not followed, no proxy or cookie is used, no connection is kept."""

    def __init__(self, setup: Setup, *, seconds: float = CALL_SECONDS) -> None:
        self._setup = setup
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: str, path: str, document: object = None) -> Answer:
        """Send *document* to *path*, which is beneath the URL of the carrier. Raises NoAnswer."""
        who = self._setup.who
        body = None if document is None else json.dumps(document).encode()
        try:
            return await self._call(method, self._setup.base + path, body)
        except aiohttp.ClientConnectorCertificateError:
            raise NoAnswer(f"the certificate of {who} is not trusted", maybe_heard=False) from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise NoAnswer(f"{who} cannot be reached", maybe_heard=False) from None
        except aiohttp.InvalidURL:
            raise NoAnswer("the URL of the carrier has no usable host", maybe_heard=False) from None
        except TimeoutError:
            raise NoAnswer(f"{who} gave no answer within {self._seconds:g} seconds", maybe_heard=True) from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise NoAnswer(f"the connection to {who} was lost", maybe_heard=True) from None

    async def _call(self, method: str, url: str, body: bytes | None) -> Answer:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        async with (
            asyncio.timeout(self._seconds),
            self._opened().request(method, url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            read = b""
            while len(read) < MOST_READ and (some := await answer.content.read(MOST_READ - len(read))):
                read += some
            return Answer(answer.status, _document(read), _seconds(answer.headers.get("Retry-After", "")))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            signs_in = f"{self._setup.user}:{self._setup.password}"
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "Authorization": f"Basic {base64.b64encode(signs_in.encode()).decode()}",
                    "User-Agent": f"ravi-server/{__version__}",
                    "Accept": "application/json",
                },
                timeout=aiohttp.ClientTimeout(total=None, connect=min(CONNECT_SECONDS, self._seconds / 2)),
                trust_env=False,
            )
        return self._session

    async def close(self) -> None:
        """Let go of the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def harmless(text: str) -> str:
    """Return what a stranger said in one line that a terminal can show: no controls, no marks of direction."""
    return "".join(char if char.isprintable() else " " for char in text)[:LONGEST_REASON]


def _document(read: bytes) -> Any:
    try:
        return json.loads(read.decode())
    except (ValueError, RecursionError):
        return None


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
