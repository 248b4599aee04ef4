"""Sending over HTTP: compose, reply, forward, and the files that go with it."""

import asyncio
from typing import TypedDict

from starlette.requests import ClientDisconnect, Request

from ravi.errors import Malformed, SelectorsDiffer, TooLarge
from ravi.server.http import Later, Principal, Routes, Selects
from ravi.server.http.times import rfc3339
from ravi.server.mail.drafting import read_draft
from ravi.server.mail.sending import Composing, Unsent
from ravi.server.mail.signing import SignedFor, Signing
from ravi.server.mail.to_wire import message_to_wire
from ravi.server.mail.uploads import LARGEST, Uploads, uploading
from ravi.wire import mail as wire
from ravi.wire import paths
from ravi.wire.scopes import Scope

routes = Routes("mail")

MESSAGE = f"{paths.EMAIL_MESSAGES}{{message_ref}}/"
#: In bytes: text and HTML, as JSON. Files come another way.
LARGEST_DRAFT = 8 * 1024 * 1024
#: For a whole file, which may be large and its sender's line slow: as long as its address is good. Published clients
#: give up after 60.
UPLOAD_SECONDS = 900.0
#: ... of which so many may pass without a byte of it.
SILENCE_SECONDS = 30.0


class ComposeQuery(TypedDict, total=False):
    """`inbox` is the id of an address, or the address."""

    inbox: str


class ReplyQuery(TypedDict, total=False):
    reply_all: bool


class UploadQuery(TypedDict, total=False):
    """`by` is on whose word the address was made."""

    expires: int
    by: str
    signature: str


class Uploaded(TypedDict):
    """What was stored; `size` in bytes."""

    uuid: str
    size: int


@routes.post(
    f"{paths.EMAIL_MESSAGES}compose/",
    scope=Scope.MAIL_SEND,
    selects=Selects.ACTS,
    status=201,
    creates=True,
    largest_body=LARGEST_DRAFT,
)
async def compose_message(
    who: Principal, body: wire.Compose, query: ComposeQuery, request: Request, composing: Composing, signing: Signing
) -> Later[wire.EmailMessage]:
    """Send a message. Without an Idempotency-Key, the same again within a minute is the same message."""
    named = {str(each) for each in (query.get("inbox"), body.get("inbox")) if each}
    if len(named) > 1:
        raise SelectorsDiffer("the query and the body name different inboxes")
    inbox = next(iter(named), None)
    unsent = await composing.compose(who, read_draft(body), inbox=inbox, once=_has_key(request))
    return Later(lambda: _sent(unsent, signing.by(who)))


@routes.post(
    f"{MESSAGE}reply/",
    scope=Scope.MAIL_SEND,
    selects=Selects.ACTS,
    status=201,
    creates=True,
    largest_body=LARGEST_DRAFT,
)
async def reply_to_message(
    who: Principal,
    message_ref: str,
    body: wire.Compose,
    query: ReplyQuery,
    request: Request,
    composing: Composing,
    signing: Signing,
) -> Later[wire.EmailMessage]:
    """Answer a message: to its Reply-To, else to its sender."""
    everybody = query.get("reply_all", False)
    unsent = await composing.reply(who, message_ref, read_draft(body), everybody=everybody, once=_has_key(request))
    return Later(lambda: _sent(unsent, signing.by(who)))


@routes.post(
    f"{MESSAGE}reply-all/",
    scope=Scope.MAIL_SEND,
    selects=Selects.ACTS,
    status=201,
    creates=True,
    largest_body=LARGEST_DRAFT,
)
async def reply_to_all(
    who: Principal, message_ref: str, body: wire.Compose, request: Request, composing: Composing, signing: Signing
) -> Later[wire.EmailMessage]:
    """Answer a message to its sender and all its other recipients."""
    unsent = await composing.reply(who, message_ref, read_draft(body), everybody=True, once=_has_key(request))
    return Later(lambda: _sent(unsent, signing.by(who)))


@routes.post(
    f"{MESSAGE}forward/",
    scope=Scope.MAIL_SEND,
    selects=Selects.ACTS,
    status=201,
    creates=True,
    largest_body=LARGEST_DRAFT,
)
async def forward_message(
    who: Principal, message_ref: str, body: wire.Compose, request: Request, composing: Composing, signing: Signing
) -> Later[wire.EmailMessage]:
    """Pass a message on, with its attachments."""
    unsent = await composing.forward(who, message_ref, read_draft(body), once=_has_key(request))
    return Later(lambda: _sent(unsent, signing.by(who)))


@routes.post(f"{paths.EMAIL_ATTACHMENTS}presign/", scope=Scope.MAIL_SEND, status=201, creates=True)
async def presign_upload(who: Principal, body: wire.PresignRequest, uploads: Uploads) -> wire.Presigned:
    """Announce a file, and get the address to PUT it to."""
    announced, url, expires = await uploads.announce(
        who, filename=body["filename"], content_type=body["content_type"], size=body["size"]
    )
    return {
        "uuid": announced.uuid,
        "upload_url": url,
        "storage_key": f"uploads/{announced.uuid}",
        "expires_dt": rfc3339(expires),
    }


@routes.put(f"{paths.EMAIL_ATTACHMENTS}{{upload_uuid}}/upload/", scope=None, largest_body=LARGEST)
async def upload_file(
    upload_uuid: str, query: UploadQuery, request: Request, uploads: Uploads, signing: Signing
) -> Uploaded:
    """Upload an announced file to its signed address: exactly the announced bytes, without a credential."""
    said = query.get("expires", 0), query.get("by", ""), query.get("signature", "")
    await signing.require_standing(signing.check(uploading(upload_uuid), *said))
    announced = await uploads.expected(upload_uuid)
    content = await _read(request, announced.size)
    await uploads.store(announced, content, request.headers.get("content-type"))
    return {"uuid": announced.uuid, "size": len(content)}


async def _read(request: Request, most: int) -> bytes:
    """Return the body. No more of it is read than was announced. Raises TooLarge and Malformed."""
    too_large = TooLarge(f"the file is larger than the {most} bytes that were announced")
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > most:
        raise too_large
    content = bytearray()
    clock = asyncio.get_running_loop()
    until = clock.time() + UPLOAD_SECONDS
    try:
        async with asyncio.timeout_at(min(until, clock.time() + SILENCE_SECONDS)) as watch:
            async for chunk in request.stream():
                content += chunk
                if len(content) > most:
                    raise too_large
                watch.reschedule(min(until, clock.time() + SILENCE_SECONDS))
    except TimeoutError:
        raise Malformed("the file did not arrive in time, or nothing of it came for a while") from None
    except ClientDisconnect:
        raise Malformed("the connection ended inside the file") from None
    return bytes(content)


def _has_key(request: Request) -> bool:
    return "idempotency-key" in request.headers


async def _sent(unsent: Unsent, signing: SignedFor) -> wire.EmailMessage:
    """Send, and return what was stored. Nobody who hands the answer on shall show by accident who got a blind copy."""
    message = await unsent()
    shown = message_to_wire(message, signing)
    named = {each.strip().lower() for each in f"{message.to_email},{message.cc}".split(",")}
    shown["deliveries"] = [each for each in shown["deliveries"] if each["recipient"].lower() in named]
    return shown
