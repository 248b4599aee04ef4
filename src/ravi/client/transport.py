"""
The blocking transport: one persistent connection to one server.

Plain sockets, because `http.client` would double the start-up time of the CLI (docs/adr/0002). Redirects are never
followed: a credential goes to the server it belongs to.
"""

from __future__ import annotations

import os
import select
import socket
import time
from _thread import allocate_lock

from ravi.client.core import CONNECT_SECONDS, SENT, UNSENT
from ravi.client.http1 import AnswerReader, serialise
from ravi.client.proxy import find_proxy
from ravi.errors import ServerUnreachable, TimedOut
from ravi.settings.server_url import split_server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ravi.client.core import Request
    from ravi.client.http1 import Answer
    from ravi.client.proxy import Proxy

_CHUNK = 64 * 1024


class Transport:
    """Sends requests to *server* (normalised URL); proxies come from *environ*, the process's own by default."""

    def __init__(self, server: str, environ: Mapping[str, str] | None = None) -> None:
        self._server = server
        self._scheme, self._host, self._port = split_server(server)
        self._environ = os.environ if environ is None else environ
        self._proxy: Proxy | None = None
        self._socket: socket.socket | None = None
        self._process = 0
        self._lock = allocate_lock()

    def exchange(
        self, request: Request, *, connect_by: float, deadline: float, patience: float | None = None
    ) -> Answer:
        """
        Send *request* and return the whole answer; both times are `time.monotonic()` ones. *patience* is how many
        seconds may pass without a byte going either way; None: as many as there are until *deadline*.

        Raises ServerUnreachable, whose `details` say whether any of the request was sent, TimedOut,
        ServerNonsense when the answer is not HTTP or too long, ConfigInvalid for an unusable proxy.
        """
        with self._lock:
            reused = self._has_live_connection()
            if not reused:
                self._connect(connect_by, deadline)
            try:
                return self._round_trip(request, deadline, patience)
            except _Stale:
                # The server ended an idle connection as we wrote. It says nothing about this
                # request, but only one that may be repeated is worth finding out with.
                if not (reused and request.repeatable):
                    raise self._unreachable("closed the connection without an answer", SENT) from None
            self._connect(min(deadline, time.monotonic() + CONNECT_SECONDS), deadline)
            try:
                return self._round_trip(request, deadline, patience)
            except _Stale:
                raise self._unreachable("closed the connection without an answer", SENT) from None

    def close(self) -> None:
        """Close the connection, if there is one."""
        sock, self._socket = self._socket, None
        if sock is not None and self._process == os.getpid():
            sock.close()

    def _round_trip(self, request: Request, deadline: float, patience: float | None) -> Answer:
        data = serialise(request.method, self._target(request), self._headers(request), request.body)
        reader = AnswerReader()
        try:
            self._send(data, deadline, patience)
            self._receive(reader, deadline, patience)
        except BaseException:
            self.close()  # whatever is still on the way must not be read as the next answer
            raise
        if not reader.reusable:
            self.close()
        return reader.answer()

    def _send(self, data: bytes, deadline: float, patience: float | None = None) -> None:
        try:
            if patience is None:
                self._settled(deadline).sendall(data)
                return
            left = memoryview(data)
            while left:
                left = left[self._settled(_at_most(deadline, patience)).send(left[:_CHUNK]) :]
        except TimeoutError:
            raise self._too_slow() from None
        except (BrokenPipeError, ConnectionResetError):
            return  # it may have answered before it closed: a refusal of a body that it did not want to read
        except OSError as error:
            raise self._unreachable(f"lost the connection ({_reason(error)})", SENT) from error

    def _receive(self, reader: AnswerReader, deadline: float, patience: float | None = None) -> None:
        while not reader.complete:
            try:
                data = self._settled(_at_most(deadline, patience)).recv(_CHUNK)
            except TimeoutError:
                raise self._too_slow() from None
            except OSError as error:
                if not reader.begun and isinstance(error, ConnectionError):
                    raise _Stale from None
                raise self._unreachable(f"lost the connection ({_reason(error)})", SENT) from error
            if data:
                reader.feed(data)
            elif not reader.begun:
                raise _Stale
            else:
                reader.end()

    def _has_live_connection(self) -> bool:
        if self._socket is None:
            return False
        if self._process != os.getpid():
            self._socket = None  # the parent's: talking on it would mix two conversations
            return False
        # Readable without a question asked means closed, or out of step: either way not to be used again.
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        if poll.poll(0):
            self.close()
            return False
        return True

    def _connect(self, connect_by: float, deadline: float) -> None:
        self.close()
        self._proxy = find_proxy(self._server, self._environ)
        host, port = (self._proxy.host, self._proxy.port) if self._proxy else (self._host, self._port)
        self._socket = self._open(host, port, connect_by)
        self._process = os.getpid()
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._scheme == "https":
                self._secure(deadline)
        except BaseException:
            self.close()
            raise

    def _open(self, host: str, port: int, connect_by: float) -> socket.socket:
        """A connection to one of the addresses of *host*. Raises ServerUnreachable."""
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise self._unreachable(f"cannot be found ({_reason(error)})", UNSENT) from error
        problem: OSError | None = None
        for family, kind, protocol, _, address in addresses:
            left = connect_by - time.monotonic()
            if left <= 0:
                break
            sock = None
            try:
                # Refused itself in some sandboxes, and where the kernel lacks the family.
                sock = socket.socket(family, kind, protocol)
                sock.settimeout(left)
                sock.connect(address)
            except OSError as error:
                if sock is not None:
                    sock.close()
                problem = error
            else:
                return sock
        words = "does not answer" if problem is None or isinstance(problem, TimeoutError) else _reason(problem)
        raise self._unreachable(f"cannot be reached ({words})", UNSENT) from problem

    def _secure(self, deadline: float) -> None:
        """Put TLS on the connection, through the proxy's tunnel where there is one."""
        if self._proxy is not None:
            self._tunnel(self._proxy, deadline)
        from ravi.client.tls import wrap

        self._socket = wrap(self._settled(deadline), self._host, self._server)

    def _tunnel(self, proxy: Proxy, deadline: float) -> None:
        authority = f"{bracketed(self._host)}:{self._port}"
        headers = [("Host", authority)]
        if proxy.authorization:
            headers.append(("Proxy-Authorization", proxy.authorization))
        reader = AnswerReader(connect=True)
        try:
            self._send(serialise("CONNECT", authority, headers, None), deadline)
            self._receive(reader, deadline)
        except _Stale:
            raise self._unreachable("was not reached: the proxy closed the connection", UNSENT) from None
        status = reader.answer().status
        if not 200 <= status < 300:
            raise self._unreachable(f"was not reached: the proxy from {proxy.variable} answered {status}", UNSENT)

    def _target(self, request: Request) -> str:
        # RFC 9112 section 3.2.2: a proxy is given the whole URL, unless it only passes bytes on.
        whole = self._proxy is not None and self._scheme == "http"
        return self._server + request.target if whole else request.target

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        headers = [("Host", self._server.partition("://")[2]), *request.headers]
        if self._proxy is not None and self._scheme == "http" and self._proxy.authorization:
            headers.append(("Proxy-Authorization", self._proxy.authorization))
        return headers

    def _settled(self, deadline: float) -> socket.socket:
        """The connection, with what is left of the time as its timeout. Raises TimedOut when nothing is."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise self._too_slow()
        if self._socket is None:
            raise self._unreachable("has no connection", UNSENT)
        self._socket.settimeout(left)
        return self._socket

    def _too_slow(self) -> TimedOut:
        return TimedOut(f"the server at {self._server} did not answer in time", hint="try again, or see its log")

    def _unreachable(self, problem: str, details: dict[str, bool]) -> ServerUnreachable:
        via = f" (through the proxy from {self._proxy.variable})" if self._proxy else ""
        return ServerUnreachable(f"the server at {self._server} {problem}{via}", details=details)


class _Stale(Exception):
    """The connection ended before the first byte of an answer."""


def bracketed(host: str) -> str:
    """*host* as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def _at_most(deadline: float, patience: float | None) -> float:
    """The time by which something has to happen."""
    return deadline if patience is None else min(deadline, time.monotonic() + patience)


def _reason(error: OSError | UnicodeError) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]
