"""Waiting for what is in a message: one held request after the other, until something fits or time is up."""

from __future__ import annotations

import math
import time

from ravi.client.calls import waiting as calls
from ravi.client.core import Pause
from ravi.errors import ServerNonsense, ServerUnreachable, TimedOut, Unavailable, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.wire.waiting import WaitAnswer

#: The longest that a server holds one request.
LONGEST_SECONDS = 25
#: A request is answered so long before this client would give up on it.
MARGIN_SECONDS = 4.0
#: Between two requests, when the first one ended early: the server stops, or is being replaced.
PAUSE_SECONDS = 1.0

#: What each kind of wait is answered with.
_VALUE = {"otp": "code", "link": "link"}


class _Wish:
    """What is waited for, as every request says it."""

    def __init__(
        self,
        want: str,
        medium: str | None,
        sender: str | None,
        subject: str | None,
        since: str | None,
        peek: bool,
        allow_unverified: bool,
    ) -> None:
        self.want = want
        self.medium = medium
        self.sender = sender
        self.subject = subject
        self.since = since
        self.peek = peek
        self.allow_unverified = allow_unverified


def _wait(core: Core, wish: _Wish, timeout: float) -> Steps[WaitAnswer]:
    """The answer that found something. Raises TimedOut, whose details count the messages that were held back."""
    if timeout < 0:
        raise UsageError("the timeout is less than nothing")
    until = time.monotonic() + timeout
    cursor, held_back = "", 0
    reached = False
    while True:
        began = time.monotonic()
        seconds = min(math.ceil(max(0.0, until - began)), LONGEST_SECONDS, max(1, int(core.timeout - MARGIN_SECONDS)))
        try:
            answer = yield from core.send(
                calls.wait(
                    wish.want,
                    medium=wish.medium,
                    sender=wish.sender,
                    subject=wish.subject,
                    since=wish.since,
                    seconds=seconds,
                    cursor=cursor,
                    peek=wish.peek,
                    allow_unverified=wish.allow_unverified,
                )
            )
            reached = True
        except (ServerUnreachable, Unavailable):
            # A server that is restarted while somebody waits has lost nothing. One that never answered is not there.
            if not reached or time.monotonic() + PAUSE_SECONDS >= until:
                raise
            yield Pause(PAUSE_SECONDS)
            continue
        _believe(wish.want, answer)
        held_back += answer["held_back"]
        if answer["found"]:
            answer["held_back"] = held_back
            return answer
        cursor = answer["cursor"]
        now = time.monotonic()
        if now >= until:
            raise _timed_out(wish.want, timeout, held_back)
        if now - began < min(PAUSE_SECONDS, seconds):
            yield Pause(min(PAUSE_SECONDS, until - now))


def _believe(want: str, answer: WaitAnswer) -> None:
    """Raises ServerNonsense unless *answer* has what its readers rely on."""
    found: dict[str, object] = {**answer}
    good = isinstance(found["cursor"], str) and isinstance(found["held_back"], int)
    if found["found"]:
        if found.get("medium") == "sms":
            text = found.get("sms")
            good = good and isinstance(text, dict) and isinstance(text.get("verdict"), str)
        else:
            message = found.get("message")
            good = good and found.get("medium") == "mail"
            good = good and isinstance(message, dict) and isinstance(message.get("verdicts"), dict)
        good = good and isinstance(found.get("others"), list)
        if want in _VALUE:
            good = good and isinstance(found.get(_VALUE[want]), str) and isinstance(found.get("candidates"), list)
    if not good:
        raise ServerNonsense("the server answered with something that is no message")


def _timed_out(want: str, timeout: float, held_back: int) -> TimedOut:
    what = {"otp": "message with a code", "link": "message with a link"}.get(want, "message")
    hint = (
        f"{held_back} would fit, but it is not certain who sent them: --allow-unverified (allow_unverified) takes them"
        if held_back
        else "was it sent to this identity, and does it fit --from, --subject and --since?"
    )
    return TimedOut(f"no {what} within {timeout:g} s", hint=hint, details={"held_back": held_back})


class Waiting:
    """
    Waiting, for at most *timeout* seconds, for the oldest message that fits and was not handed out yet.

    By mail or SMS, unless *medium* is "mail" or "sms"; the answer's `medium` says where it is: under `message` (mail)
    or under `sms`. *sender* is an address, a domain with everything below it, or the number, short code or word that
    texts come from; a sender that is not certain fits only with *allow_unverified*. *subject* is a part of the subject
    in any case, which texts have none of, *since* an RFC 3339 time. What is handed out is
    handed out once, whoever asks, and its message is marked as read; *peek* leaves both.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def for_code(
        self,
        *,
        medium: str | None = None,
        sender: str | None = None,
        subject: str | None = None,
        since: str | None = None,
        timeout: float = 120.0,
        peek: bool = False,
        allow_unverified: bool = False,
    ) -> WaitAnswer:
        """
        The next code, under `code`, with its message. Without *since* codes older than 15 minutes do not count.

        Raises TimedOut.
        """
        wish = _Wish("otp", medium, sender, subject, since, peek, allow_unverified)
        return self._run(lambda core: _wait(core, wish, timeout))

    def for_link(
        self,
        *,
        medium: str | None = None,
        sender: str | None = None,
        subject: str | None = None,
        since: str | None = None,
        timeout: float = 120.0,
        peek: bool = False,
        allow_unverified: bool = False,
    ) -> WaitAnswer:
        """The next link that confirms, signs in or resets, under `link`, with its message. Raises TimedOut."""
        wish = _Wish("link", medium, sender, subject, since, peek, allow_unverified)
        return self._run(lambda core: _wait(core, wish, timeout))

    def for_message(
        self,
        *,
        medium: str | None = None,
        sender: str | None = None,
        subject: str | None = None,
        since: str | None = None,
        timeout: float = 120.0,
        peek: bool = False,
        allow_unverified: bool = False,
    ) -> WaitAnswer:
        """The next message, whatever it says. Raises TimedOut."""
        wish = _Wish("message", medium, sender, subject, since, peek, allow_unverified)
        return self._run(lambda core: _wait(core, wish, timeout))


class AsyncWaiting:
    """`Waiting`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def for_code(
        self,
        *,
        medium: str | None = None,
        sender: str | None = None,
        subject: str | None = None,
        since: str | None = None,
        timeout: float = 120.0,  # noqa: ASYNC109 - as the blocking one; it spans many requests
        peek: bool = False,
        allow_unverified: bool = False,
    ) -> WaitAnswer:
        wish = _Wish("otp", medium, sender, subject, since, peek, allow_unverified)
        return await self._run(lambda core: _wait(core, wish, timeout))

    async def for_link(
        self,
        *,
        medium: str | None = None,
        sender: str | None = None,
        subject: str | None = None,
        since: str | None = None,
        timeout: float = 120.0,  # noqa: ASYNC109 - as the blocking one; it spans many requests
        peek: bool = False,
        allow_unverified: bool = False,
    ) -> WaitAnswer:
        wish = _Wish("link", medium, sender, subject, since, peek, allow_unverified)
        return await self._run(lambda core: _wait(core, wish, timeout))

    async def for_message(
        self,
        *,
        medium: str | None = None,
        sender: str | None = None,
        subject: str | None = None,
        since: str | None = None,
        timeout: float = 120.0,  # noqa: ASYNC109 - as the blocking one; it spans many requests
        peek: bool = False,
        allow_unverified: bool = False,
    ) -> WaitAnswer:
        wish = _Wish("message", medium, sender, subject, since, peek, allow_unverified)
        return await self._run(lambda core: _wait(core, wish, timeout))
