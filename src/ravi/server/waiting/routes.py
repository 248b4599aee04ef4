"""Waiting over HTTP: one request, held for up to 25 seconds."""

from datetime import UTC, datetime, timedelta

from starlette.requests import Request

from ravi.server.http import Principal, Routes, Selects
from ravi.server.http.errors import invalid
from ravi.server.mail.signing import SignedFor, Signing
from ravi.server.mail.to_wire import message_to_wire
from ravi.server.phone.records import Text
from ravi.server.phone.to_wire import text_to_wire
from ravi.server.waiting.records import MEDIA, Cursor, Outcome, Wish
from ravi.server.waiting.service import LONGEST_HOLD, Waiting
from ravi.wire import paths
from ravi.wire import waiting as wire
from ravi.wire.scopes import Scope

routes = Routes("waiting")

LONGEST_TEXT = 320


@routes.post(paths.WAIT, scope=Scope.MAIL_READ, selects=Selects.ACTS, holds=True)
async def wait(
    who: Principal, body: wire.WaitRequest, request: Request, waiting: Waiting, signing: Signing
) -> wire.WaitAnswer:
    """
    Wait for a message, or the code or link in one; what was handed out is not handed out again.

    Answers at the latest after `seconds` (25), with a cursor to go on with.
    """

    async def left() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    return to_wire(await waiting.wait(who, _wish(body), left), signing.by(who))


def _wish(body: wire.WaitRequest) -> Wish:
    """Return what a body asks for. Raises Invalid."""
    seconds = body.get("seconds", int(LONGEST_HOLD.total_seconds()))
    if not 0 <= seconds < 10**6:
        raise invalid(seconds="must be a number of seconds; more than 25 counts as 25")
    sender, subject = body.get("sender", "").strip().lower(), body.get("subject", "")
    if len(sender) > LONGEST_TEXT or sender in ("@", ".") or (" " in sender and ("@" in sender or "." in sender)):
        raise invalid(sender="must be an address, a domain, a number, or the word that texts come from")
    if len(subject) > LONGEST_TEXT:
        raise invalid(subject=f"must be at most {LONGEST_TEXT} characters")
    return Wish(
        want=body.get("want", "message"),
        media=MEDIA if (medium := body.get("medium", "any")) == "any" else (medium,),
        sender=sender.removeprefix("@"),
        subject=subject.casefold(),
        since=_time(body["since"]) if body.get("since") else None,
        cursor=_cursor(body.get("cursor", "")),
        peek=body.get("peek", False),
        allow_unverified=body.get("allow_unverified", False),
        hold=timedelta(seconds=seconds),
    )


def _cursor(text: str) -> Cursor:
    """Return the cursor that an answer gave; "" begins. Raises Invalid."""
    mail, dot, sms = text.partition(".")
    if not text:
        return Cursor()
    if not dot or not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (mail, sms)):
        raise invalid(cursor="must be a cursor that you were given")
    return Cursor(int(mail), int(sms))


def _time(text: str) -> datetime:
    """Return the moment of an RFC 3339 time. Raises Invalid."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise invalid(since="must be a time with its zone, such as 2026-02-25T10:30:00Z")


def to_wire(outcome: Outcome, signing: SignedFor) -> wire.WaitAnswer:
    found = outcome.found
    cursor = str(outcome.cursor)
    answer: wire.WaitAnswer = {"found": found is not None, "cursor": cursor, "held_back": outcome.held_back}
    if found is None:
        return answer
    if isinstance(found.message, Text):
        answer["medium"], answer["sms"] = "sms", text_to_wire(found.message)
    else:
        answer["medium"], answer["message"] = "mail", message_to_wire(found.message, signing)
    answer["others"] = list(found.others)
    if found.want == "otp":
        answer["code"] = found.values[0][0]
    elif found.want == "link":
        answer["link"] = found.values[0][0]
    if found.want != "message":
        answer["candidates"] = [{"value": value, "score": score} for value, score in found.values]
    return answer
