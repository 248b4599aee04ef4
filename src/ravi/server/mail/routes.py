"""Reading mail over HTTP: threads, messages, attachments. Looking at a message does not mark it as read."""

import re
from datetime import datetime
from typing import Literal, TypedDict

from starlette.responses import Response

from ravi.server.db import micros
from ravi.server.http import Page, Paging, Principal, Routes, Selects
from ravi.server.http.errors import invalid
from ravi.server.mail.downloads import download
from ravi.server.mail.service import Mail
from ravi.server.mail.signing import Signing
from ravi.server.mail.storage import Filter
from ravi.server.mail.to_wire import downloading, message_to_wire, thread_detail_to_wire, thread_to_wire
from ravi.wire import mail as wire
from ravi.wire import paths
from ravi.wire.scopes import Scope

routes = Routes("mail")

THREAD = f"{paths.EMAIL_THREADS}{{thread_id}}/"
MESSAGE = f"{paths.EMAIL_MESSAGES}{{message_ref}}/"
ATTACHMENT = f"{paths.EMAIL_ATTACHMENTS}{{attachment_uuid}}/"


class ThreadsQuery(TypedDict, total=False):
    """`unread` is another name of `has_unread`. `inbox` is the id of an address, or the address."""

    has_unread: bool
    unread: bool
    inbox: str


class MessagesQuery(TypedDict, total=False):
    """
    `from_email` is an address or a domain, `q` is words to search for. `unread` is the opposite of `is_read`.

    With `created_after` (RFC 3339) the oldest comes first.
    """

    is_read: bool
    unread: bool
    direction: Literal["incoming", "outgoing"]
    thread_id: str
    from_email: str
    inbox: str
    q: str
    created_after: str


class DownloadQuery(TypedDict, total=False):
    """`by` is on whose word the address was made."""

    expires: int
    by: str
    signature: str


@routes.get(paths.EMAIL_THREADS, scope=Scope.MAIL_READ, selects=Selects.ACTS, lists=True)
async def list_threads(who: Principal, query: ThreadsQuery, paging: Paging, mail: Mail) -> Page[wire.EmailThread]:
    """List the identity's conversations, the one with the newest message first; account-wide, all of them."""
    who = await _at_inbox(who, query.get("inbox"), mail)
    unread = query.get("has_unread", query.get("unread", False))
    found, count = await mail.list_threads(who, unread=unread, paging=paging)
    return Page([thread_to_wire(thread) for thread in found], count)


@routes.get(THREAD, scope=Scope.MAIL_READ, selects=Selects.ACTS)
async def get_thread(who: Principal, thread_id: str, mail: Mail, signing: Signing) -> wire.EmailThreadDetail:
    """Show a conversation, the oldest message first."""
    return thread_detail_to_wire(await mail.get_thread(who, thread_id), signing.by(who))


@routes.get(paths.EMAIL_MESSAGES, scope=Scope.MAIL_READ, selects=Selects.ACTS, lists=True)
async def list_messages(who: Principal, query: MessagesQuery, paging: Paging, mail: Mail) -> Page[wire.EmailMessage]:
    """List messages, the newest first. Searching for words needs an identity."""
    who = await _at_inbox(who, query.get("inbox"), mail)
    after = query.get("created_after")
    wanted = Filter(
        is_read=query["is_read"] if "is_read" in query else not query["unread"] if "unread" in query else None,
        direction=query.get("direction"),
        thread_id=query.get("thread_id") or None,
        sender=query.get("from_email") or None,
        created_after=_time("created_after", after) if after else None,
    )
    words = query.get("q")
    if words is None:
        found, count = await mail.list_messages(who, wanted, oldest_first=bool(after), paging=paging)
    else:
        found, count = await mail.search(who, words, wanted, oldest_first=bool(after), paging=paging)
    return Page([message_to_wire(message) for message in found], count)


@routes.get(MESSAGE, scope=Scope.MAIL_READ, selects=Selects.ACTS)
async def get_message(who: Principal, message_ref: str, mail: Mail, signing: Signing) -> wire.EmailMessage:
    """Show a message by its number, uuid or Message-ID."""
    return message_to_wire(await mail.get(who, message_ref), signing.by(who))


@routes.patch(MESSAGE, scope=Scope.MAIL_WRITE, selects=Selects.ACTS)
async def update_message(
    who: Principal, message_ref: str, body: wire.EmailUpdate, mail: Mail, signing: Signing
) -> wire.EmailMessage:
    """Mark a message as read or unread."""
    if "is_read" in body:
        return message_to_wire(await mail.mark(who, message_ref, is_read=body["is_read"]), signing.by(who))
    return message_to_wire(await mail.get(who, message_ref), signing.by(who))


@routes.get(f"{MESSAGE}raw/", scope=Scope.MAIL_READ, selects=Selects.ACTS)
async def get_raw_message(who: Principal, message_ref: str, mail: Mail) -> Response:
    """Download a message byte for byte as it came or was sent."""
    message, raw = await mail.raw(who, message_ref)
    return download(raw, filename=f"message-{message.id}.eml", content_type="message/rfc822")


@routes.get(ATTACHMENT, scope=Scope.MAIL_READ, selects=Selects.ACTS)
async def get_attachment(who: Principal, attachment_uuid: str, mail: Mail) -> Response:
    """Download an attachment."""
    attachment, content = await mail.attachment(who, attachment_uuid)
    return download(content, filename=attachment.filename, content_type=attachment.content_type)


@routes.get(f"{ATTACHMENT}download/", scope=None)
async def download_attachment(attachment_uuid: str, query: DownloadQuery, mail: Mail, signing: Signing) -> Response:
    """Download an attachment by a signed address, which says itself that it is allowed."""
    said = query.get("expires", 0), query.get("by", ""), query.get("signature", "")
    voucher = signing.check(downloading(attachment_uuid), *said)
    attachment, content = await mail.signed_attachment(attachment_uuid)
    await signing.require_standing(voucher)
    return download(content, filename=attachment.filename, content_type=attachment.content_type)


async def _at_inbox(who: Principal, inbox: str | None, mail: Mail) -> Principal:
    """Return *who*, acting as the identity of *inbox* if it names one. Raises what `Mail.acting_at` raises."""
    identity = await mail.acting_at(who, inbox)
    return who if identity is None or identity == who.identity else who.acting_as(identity)


def _time(field: str, text: str) -> int:
    """Return the microseconds of an RFC 3339 time. Raises Invalid."""
    try:
        # In a query, a plus sign that was not encoded means a blank.
        moment = datetime.fromisoformat(re.sub(r" (?=\d\d:?\d\d$)", "+", text))
        if moment.tzinfo is not None:
            return micros(moment)
    except (ValueError, OverflowError):
        pass
    raise invalid(**{field: "must be a time with its zone, such as 2026-02-25T10:30:00Z"})
