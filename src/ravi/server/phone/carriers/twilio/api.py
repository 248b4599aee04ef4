"""
The REST interface of Twilio: one request, and its answer or what went wrong.

There is nothing to make a request idempotent with, so each failure says whether the request may have been carried
out. The provider says so itself: a 429 was not processed (error 20429), a POST that was answered 500 may have been
(error 20500).
"""

import asyncio
import base64
import contextlib
import json
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import aiohttp
from yarl import URL

from ravi.version import __version__

#: For all of a request; and for looking up the name, connecting and TLS.
SECONDS = 15.0
CONNECT_SECONDS = 5.0
#: Of an answer, in bytes. A page of a list is a tenth of it.
LARGEST_ANSWER = 4 * 1024 * 1024
PAGE_SIZE = 100
#: Of what the provider says about an error.
LONGEST_MESSAGE = 300
#: What we wait at most because the provider asked for it, in seconds.
LONGEST_WAIT = 3600.0

USER_AGENT = f"ravi/{__version__}"
_VERSION = "2010-04-01"
_TOO_MANY_REQUESTS = 20429


class Failed(Exception):
    """
    The provider could not be asked, or would not listen: later it may.

    *maybe_done*: it may have done what it was asked all the same. *after*: seconds that it asked us to wait.
    """

    def __init__(self, reason: str, *, maybe_done: bool = False, after: float | None = None) -> None:
        super().__init__(reason)
        self.maybe_done = maybe_done
        self.after = after


class Declined(Exception):
    """The provider has understood, done nothing, and says why: `code` is from its dictionary of errors."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{message} (error {code})")
        self.status = status
        self.code = code


class Api:
    """
    The resources of one account. Redirects are not followed, no proxy or cookie is used.

    *base* is the URL before `/2010-04-01`. *user* and *password* are the account and its token, or those of an API key.
    """

    def __init__(self, base: str, account: str, user: str, password: str, *, seconds: float = SECONDS) -> None:
        self._account = f"{base.rstrip('/')}/{_VERSION}/Accounts/{quote(account, safe='')}"
        self._authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    async def get(self, resource: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return *resource*, a path below the account; "" is the account. Raises Failed or Declined, as all do."""
        return await self._ask("GET", resource, query=query or {})

    async def post(self, resource: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Return what was made of *form*."""
        return await self._ask("POST", resource, form=form)

    async def delete(self, resource: str) -> None:
        await self._ask("DELETE", resource)

    async def listed(
        self, resource: str, key: str, query: Mapping[str, str], *, pages: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return what is on the first *pages* pages of a list, and whether that was all."""
        found: list[dict[str, Any]] = []
        asked = {**query, "PageSize": str(PAGE_SIZE)}
        for _ in range(pages):
            page = await self.get(resource, asked)
            rows = page.get(key)
            if not isinstance(rows, list):
                raise Failed(f"its list of {resource} has no {key}")
            found += [row for row in rows if isinstance(row, dict)]
            more = page.get("next_page_uri")
            if not isinstance(more, str) or not more:
                return found, True
            # Only the query: wherever the rest of it points, the credential goes to the configured place.
            asked = dict(parse_qsl(urlsplit(more).query, keep_blank_values=True))
        return found, False

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _ask(
        self,
        method: str,
        resource: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        url = f"{self._account}/{resource}.json" if resource else f"{self._account}.json"
        headers = {"Authorization": self._authorization, "Accept": "application/json"}
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form).encode()
        try:
            async with self._opened().request(
                method,
                URL(f"{url}?{urlencode(query)}" if query else url, encoded=True),
                data=body,
                headers=headers,
                allow_redirects=False,
            ) as answer:
                return await _content(answer, changes=method != "GET")
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as fault:
            raise Failed(_unreached(fault)) from None
        except TimeoutError:
            raise Failed(f"it did not answer within {self._seconds:g} seconds", maybe_done=True) from None
        except (aiohttp.ClientError, OSError):
            raise Failed("the connection to it was lost", maybe_done=True) from None

    def _opened(self) -> aiohttp.ClientSession:
        """Return the session, which belongs to the loop that runs at the first request."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # A connection that was kept may be gone when a text is written to it; nobody would know if it arrived.
                connector=aiohttp.TCPConnector(force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(
                    total=self._seconds, connect=min(CONNECT_SECONDS, self._seconds), sock_connect=CONNECT_SECONDS
                ),
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
            )
        return self._session


async def _content(answer: aiohttp.ClientResponse, *, changes: bool) -> dict[str, Any]:
    """Return the object that an answer holds. *changes*: the request would have changed something."""
    status = answer.status
    content: Any = None
    raw = bytearray()
    try:
        async for some in answer.content.iter_any():
            raw += some
            if len(raw) > LARGEST_ANSWER:
                raise Failed("its answer is too large", maybe_done=changes and status < 300)
    except (aiohttp.ClientError, TimeoutError):
        if status < 300:
            raise
    # Deep nesting is no more JSON than a page of a proxy is.
    with contextlib.suppress(ValueError, RecursionError):
        content = json.loads(raw)
    said = content if isinstance(content, dict) else None
    if 200 <= status < 300:
        if said is None and status != 204:
            raise Failed("it answered with something that is not its JSON", maybe_done=changes)
        return said or {}
    raise _problem(status, said, _wait(answer.headers.get("Retry-After", "")), changes=changes)


def _problem(status: int, said: dict[str, Any] | None, after: float | None, *, changes: bool) -> Failed | Declined:
    """What an answer that is no success means: later, or no."""
    code, message = _error(said or {})
    told = f": {message} (error {code})" if code else ""
    if status == 401:
        return Failed(f"it does not accept the account and its token{told}", after=after)
    if status == 429 or code == _TOO_MANY_REQUESTS:
        return Failed("it is asked too often at the moment", after=after)
    if status >= 500 or status == 408:
        return Failed(f"it answered {status}{told}", maybe_done=changes, after=after)
    if status < 400:
        return Failed(f"it answered {status}: redirects are not followed")
    if not code:
        return Failed(f"it answered {status} without one of its errors; does the URL of the carrier lead to it?")
    return Declined(status, code, message)


def _error(said: dict[str, Any]) -> tuple[int, str]:
    """Return code and words of an error; 0 where there is none."""
    code = said.get("code")
    if isinstance(code, str) and code.isdecimal() and len(code) < 10:
        code = int(code)
    if not isinstance(code, int) or isinstance(code, bool):
        return 0, ""
    words = said.get("message") or said.get("detail") or said.get("title") or "no reason given"
    return code, harmless(str(words))


def harmless(words: str) -> str:
    """Return words of the provider's as a log and a terminal can show them: no controls, no marks of direction."""
    return "".join(char if char.isprintable() else " " for char in words)[:LONGEST_MESSAGE].strip()


def _wait(retry_after: str) -> float | None:
    """Return the seconds of a Retry-After; None for none, and for a date, which is not what this provider sends."""
    with contextlib.suppress(ValueError):
        seconds = float(retry_after)
        if math.isfinite(seconds) and seconds >= 0:
            return min(seconds, LONGEST_WAIT)
    return None


def _unreached(fault: Exception) -> str:
    match fault:
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate is not trusted"
        case aiohttp.ClientSSLError():
            return "it does not speak TLS"
        case aiohttp.ClientConnectorDNSError():
            return "its name cannot be looked up"
        case asyncio.TimeoutError():
            return "it cannot be reached in time"
    return "it cannot be reached"
