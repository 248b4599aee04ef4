"""
The rules of sending a call, without I/O.

A step is yielded for everything that touches the world (one HTTP exchange, a pause, a renewal of the
sign-in), and a shell answers it: `session.Client` by doing it, `aio.AsyncClient` by awaiting it. So the rules
of credentials, identities, retries and errors exist once.
"""

from __future__ import annotations

import json
import time

from ravi.client.problems import decode
from ravi.errors import IdentityRequired, NotSignedIn, ServerUnreachable, UsageError
from ravi.settings.sandbox import network_hint
from ravi.settings.uuids import is_uuid
from ravi.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, TypeAlias

    from ravi.client.calls import Call
    from ravi.client.http1 import Answer
    from ravi.settings.generic import T
    from ravi.settings.resolve import Sourced
    from ravi.settings.values import Credential, Settings

    Step: TypeAlias = "Exchange | Pause | Renew | Compute | Together"
    Steps = Generator[Step, Any, T]

#: Seconds to get a connection, all addresses and repetitions together: a stopped server is reported within 2 s.
CONNECT_SECONDS = 1.8
#: Pauses between attempts to connect.
CONNECT_PAUSES = (0.1, 0.3)
#: How often, and after at most how many seconds, a 503 or 429 that names a time is tried again.
BUSY_REPETITIONS = 2
BUSY_SECONDS = 5
#: For a call that carries a file. It ends sooner when no byte goes either way for as long as another call may take.
TRANSFER_SECONDS = 1800.0
USER_AGENT = f"ravi/{__version__}"


class Request:
    """One HTTP request: *target* is path and query, ready for the wire; *repeatable* as `Call.repeatable`."""

    __slots__ = ("body", "headers", "method", "repeatable", "target")

    def __init__(
        self, method: str, target: str, headers: list[tuple[str, str]], body: bytes | None, repeatable: bool
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.repeatable = repeatable


class Exchange:
    """
    Step: send *request*; have a connection by *connect_by*, the whole answer by *deadline* (monotonic).

    *patience* is how many seconds may pass without a byte going either way; None: as many as there are.
    """

    __slots__ = ("connect_by", "deadline", "patience", "request")

    def __init__(self, request: Request, connect_by: float, deadline: float, patience: float | None = None) -> None:
        self.request = request
        self.connect_by = connect_by
        self.deadline = deadline
        self.patience = patience


class Pause:
    """Step: wait this many seconds."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Compute:
    """Step: do *work*, which takes long enough (Argon2id) that an event loop must not wait for it."""

    __slots__ = ("work",)

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work


class Whole(Compute):
    """A Compute that is over soon, and that Ctrl-C does not cut in two: it comes before the work, or after it."""

    __slots__ = ()


class Together:
    """
    Step: do each of *tasks* to its end, *at_once* of them at the same time, and tell *done* after each of them.

    The outcome is what each has returned, or the RaviError that it has raised, in the order of *tasks*.
    """

    __slots__ = ("at_once", "done", "tasks")

    def __init__(self, tasks: list[Callable[[Core], Steps[Any]]], at_once: int, done: Callable[[], None]) -> None:
        self.tasks = tasks
        self.at_once = at_once
        self.done = done


class Renew:
    """Step: renew the sign-in *credential*, unless another process has (then use that), or always with *force*."""

    __slots__ = ("credential", "force")

    def __init__(self, credential: Credential, force: bool) -> None:
        self.credential = credential
        self.force = force


class Core:
    """
    What one client knows: its settings, its credential as it is now, and the uuid behind a selected name.

    *timeout* is in seconds, for one call with all its repetitions.
    """

    def __init__(self, settings: Settings, timeout: float) -> None:
        if timeout <= 0:
            raise UsageError("the timeout must be longer than nothing")
        self.settings = settings
        self.server = settings.server.value
        self.timeout = timeout
        self.credential = settings.credential
        self._selected_uuid: str | None = None

    def send(self, call: Call[T]) -> Steps[T]:
        """
        Send *call* and return what it answers, decoded; None for an empty answer.

        Raises NotSignedIn or IdentityRequired before anything is sent, RequestFailed when the call did not
        complete, and the class of the refusal when the server refuses.
        """
        if call.anonymous:
            answer = yield from self._exchange(call, None, None)
            result: T = decode(call, answer)
            return result
        credential = yield from self.fresh_credential()
        uuid, selected = yield from self._identity_for(call, credential)
        answer = yield from self._exchange(call, credential, uuid)
        if answer.status == 401 and credential.refresh is not None:
            # Expired earlier than it said, revoked, or renewed by another process since we read the file.
            credential = yield from self._renew(credential)
            answer = yield from self._exchange(call, credential, uuid)
        result = decode(call, answer, selected=selected, credential=credential)
        return result

    def opening(
        self, call: Call[Any], headers: list[tuple[str, str]]
    ) -> Steps[tuple[Request, Credential, Sourced[str] | None]]:
        """
        The request that opens the stream which *call* describes, with *headers* in place of what says how an answer
        is wanted; with what it was signed with and the selection it acts as. Raises as `send`, before anything is sent.
        """
        credential = yield from self.fresh_credential()
        uuid, selected = yield from self._identity_for(call, credential)
        request = self._request(call, credential, uuid)
        request.headers = [*headers, *(pair for pair in request.headers if pair[0] != "Accept")]
        return request, credential, selected

    def renew_refused(self, credential: Credential) -> Steps[Credential]:
        """A successor of *credential*, which the server has just refused. Raises NotSignedIn when there is none."""
        return (yield from self._renew(credential))

    def fresh_credential(self) -> Steps[Credential]:
        """The credential, renewed first if it is known to have ended. Raises NotSignedIn."""
        credential = self._credential()
        ended = credential.expires_at is not None and credential.expires_at <= time.time()
        if credential.refresh is not None and (ended or not credential.token):
            credential = yield from self._renew(credential)
        return credential

    def renew(self) -> Steps[Credential]:
        """Renew the saved sign-in now and save it. Raises NotSignedIn when it is none, Unauthenticated when refused."""
        return (yield from self._renew(self._credential(), force=True))

    def known_uuid(self) -> str | None:
        """The uuid that calls act as, if it is known without asking the server."""
        selected = self.settings.identity
        return selected.value if selected is not None and is_uuid(selected.value) else self._selected_uuid

    def acting_uuid(self) -> Steps[str]:
        """
        The uuid of the identity that calls act as. A key that is one identity's own says so itself, for which the
        server is asked. Raises IdentityRequired when nothing selects one.
        """
        known = self.known_uuid()
        if known is None:
            selected = self.settings.identity
            if selected is not None:
                from ravi.client.references import uuid_of

                known = yield from uuid_of(self, selected.value, source=selected.source)
            else:
                from ravi.client.calls import auth as calls

                credential = yield from self.fresh_credential()
                who = (yield from self.send(calls.whoami())) if credential.names_identity else None
                if who is None or who["identity_uuid"] is None:
                    raise IdentityRequired(self.settings.no_identity)
                known = who["identity_uuid"]
            self._selected_uuid = known
        return known

    def _renew(self, used: Credential, *, force: bool = False) -> Steps[Credential]:
        """A successor of the credential that was *used* in vain, by whomever it was renewed."""
        if used.refresh is None or used.path is None:
            raise NotSignedIn(f"the credential from {used.source} is not a sign-in that can be renewed")
        renewed: Credential = yield Renew(used, force)
        self.credential = renewed
        return renewed

    def _credential(self) -> Credential:
        return self.credential or self.settings.require_credential()

    def _identity_for(self, call: Call[Any], credential: Credential) -> Steps[tuple[str | None, Sourced[str] | None]]:
        """The uuid that *call* acts as, with the selection it came from; None where it names no identity."""
        if call.account:
            return None, None
        if call.identity is not None:
            return call.identity, None
        selected = self.settings.identity
        if selected is None:
            # The server would answer for the whole account. Only a key that is itself one identity's may ask.
            if credential.names_identity:
                return None, None
            raise IdentityRequired(self.settings.no_identity)
        if is_uuid(selected.value):
            return selected.value, selected
        if self._selected_uuid is None:
            from ravi.client.references import uuid_of

            self._selected_uuid = yield from uuid_of(self, selected.value, source=selected.source)
        return self._selected_uuid, selected

    def _exchange(self, call: Call[Any], credential: Credential | None, uuid: str | None) -> Steps[Answer]:
        """One exchange with its repetitions. Raises RequestFailed."""
        request = self._request(call, credential, uuid)
        now = time.monotonic()
        # A file takes as long as the line needs, so its time counts from one byte to the next.
        patience = self.timeout if call.binary or call.content is not None else None
        deadline = now + (self.timeout if patience is None else max(self.timeout, TRANSFER_SECONDS))
        connect_by = now + CONNECT_SECONDS
        refused = busy = 0
        while True:
            try:
                answer: Answer = yield Exchange(request, min(connect_by, deadline), deadline, patience)
            except ServerUnreachable as failure:
                failure.hint = network_hint() or failure.hint
                unsent = failure.details == UNSENT
                if not unsent or not call.repeatable or refused == len(CONNECT_PAUSES):
                    raise
                pause = CONNECT_PAUSES[refused]
                if time.monotonic() + pause >= min(connect_by, deadline):
                    raise
                refused += 1
            else:
                wait = _busy_for(answer, call)
                if wait is None or wait > BUSY_SECONDS or busy == BUSY_REPETITIONS:
                    return answer
                # Those who were refused together had better not come back together.
                pause = wait * (1 + time.monotonic_ns() // 1000 % 500 / 1000)
                if time.monotonic() + pause >= deadline:
                    return answer
                busy += 1
                connect_by = time.monotonic() + pause + CONNECT_SECONDS
            yield Pause(pause)

    def _request(self, call: Call[Any], credential: Credential | None, uuid: str | None) -> Request:
        from ravi.client.http1 import encode_target

        headers = [("Accept", "*/*" if call.binary else "application/json"), ("User-Agent", USER_AGENT)]
        if credential is not None:
            headers.append(("Authorization", f"Bearer {credential.token}"))
        if uuid is not None:
            headers.append(("X-Ravi-Identity", uuid))
        if call.idempotency_key is not None:
            headers.append(("Idempotency-Key", call.idempotency_key))
        body = call.content
        if body is not None:
            headers.append(("Content-Type", call.content_type))
        elif call.body is not None:
            headers.append(("Content-Type", "application/json"))
            body = json.dumps(call.body).encode("ascii")
        return Request(call.method, encode_target(call.path, call.query), headers, body, call.repeatable)


def _busy_for(answer: Answer, call: Call[Any]) -> int | None:
    """Seconds after which *answer* says that *call* may be sent again; None where it must not be."""
    # Who asks too often has not been listened to, so that it does not matter what was asked for.
    if answer.status == 429 or (answer.status == 503 and call.repeatable):
        return answer.retry_after
    return None


#: `details` of the ServerUnreachable that is raised when no byte of the request has left.
UNSENT = {"sent": False}
#: ... and when some have, so that it is unknown what the server did.
SENT = {"sent": True}
