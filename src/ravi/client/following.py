"""Following events with a socket: one connection for each stream, apart from that of the calls."""

from __future__ import annotations

import time

from ravi.client.core import CONNECT_SECONDS
from ravi.client.course import MEDIA_TYPE, SILENCE_SECONDS, Course, is_stream
from ravi.client.http1 import Answer, AnswerReader, serialise
from ravi.client.problems import decode
from ravi.client.transport import Transport
from ravi.errors import RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ravi.client.calls import Call
    from ravi.client.core import Request
    from ravi.client.session import Run
    from ravi.wire.events import Event


def follow(
    run: Run,
    server: str,
    call: Call[None],
    since: int | None,
    timeout: float,
    notice: Callable[[RaviError], None] | None = None,
) -> Iterator[Event]:
    """
    The events of the stream that *call* describes, for ever.

    A connection that is lost is made again and goes on behind the last event, so that none is lost or comes twice;
    *notice* is told why. *timeout* is in seconds, until the stream begins. Raises what opening raises the first time,
    and later what is final: the credential is refused, or the identity switched off or gone.
    """
    course = Course(since)
    while True:
        problem: RaviError | None = None
        stream = StreamTransport(server)
        try:
            _open(run, stream, call, course, timeout)
            course.connected()
            while data := stream.read():
                yield from course.take(data)
        except RaviError as error:
            problem = error
        finally:
            stream.close()
        pause = course.pause_after(problem)
        if problem is not None and notice is not None:
            notice(problem)
        time.sleep(pause)


def _open(run: Run, stream: StreamTransport, call: Call[None], course: Course, timeout: float) -> None:
    """Have *stream* begin. Raises what `Core.send` raises."""
    request, credential, selected = run(lambda core: core.opening(call, course.headers()))
    answer = stream.open(request, timeout)
    if answer is not None and answer.status == 401 and credential.refresh is not None:
        used = credential
        run(lambda core: core.renew_refused(used))
        request, credential, selected = run(lambda core: core.opening(call, course.headers()))
        answer = stream.open(request, timeout)
    if answer is not None:
        is_stream(answer)
        decode(call, answer, selected=selected, credential=credential)


class StreamTransport(Transport):
    """One connection on which one answer goes on."""

    def open(self, request: Request, timeout: float) -> Answer | None:
        """
        Send *request*; None once a stream has begun, or the whole answer when it is none.

        Raises as `exchange`.
        """
        now = time.monotonic()
        deadline = now + timeout
        self._connect(min(now + CONNECT_SECONDS, deadline), deadline)
        self._reader = StreamReader()
        self._send(serialise(request.method, self._target(request), self._headers(request), None), deadline)
        while not (self._reader.streaming or self._reader.complete):
            self._more(deadline)
        return None if self._reader.streaming else self._reader.answer()

    def read(self) -> bytes:
        """The next bytes of the stream; empty at its end. Raises TimedOut after a long silence, ServerUnreachable."""
        deadline = time.monotonic() + SILENCE_SECONDS
        while not (data := self._reader.fresh()) and not self._reader.complete:
            self._more(deadline)
        return data

    def _more(self, deadline: float) -> None:
        try:
            data = self._settled(deadline).recv(64 * 1024)
        except TimeoutError:
            raise self._too_slow() from None
        except OSError:
            data = b""
        if not data:
            raise self._unreachable("closed the connection", {"sent": True})
        self._reader.feed(data)


class StreamReader(AnswerReader):
    """Hands a stream's body out as it comes; keeps any other answer's."""

    def __init__(self) -> None:
        super().__init__()
        self.streaming = False
        self._fresh: list[bytes] = []

    def fresh(self) -> bytes:
        """What has come since it was last asked for."""
        data, self._fresh = b"".join(self._fresh), []
        return data

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        head = self.answer()
        self.streaming = head.status == 200 and head.content_type.lower().startswith(MEDIA_TYPE)

    def on_body(self, body: bytes) -> None:
        if self.streaming and not self.complete:
            self._fresh.append(body)
        else:
            super().on_body(body)
