"""Calls on mail: threads, messages, attachments, sending."""

from __future__ import annotations

from ravi.client.calls import Call, given, segment
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.client.files import File
    from ravi.wire.mail import EmailMessage, EmailThread, EmailThreadDetail, Presigned

#: What a message must have to be one.
MESSAGE = (
    "id",
    "uuid",
    "from_email",
    "from_display_name",
    "to_email",
    "cc",
    "subject",
    "text_content",
    "direction",
    "is_read",
    "state",
    "sender_type",
    "verdicts",
    "deliveries",
    "attachments",
    "thread_id",
    "created_dt",
)
_PRESIGNED = ("uuid", "upload_url")
_THREAD_TEXTS = ("thread_id", "subject", "from_email", "latest_message_dt")
_THREAD = (*_THREAD_TEXTS, "message_count", "unread_count")


def threads(*, unread: bool = False) -> Call[list[EmailThread]]:
    query = {"has_unread": "true" if unread else None}
    return Call("GET", paths.EMAIL_THREADS, query, keys=_THREAD, texts=_THREAD_TEXTS, many=True)


def thread(thread_id: str) -> Call[EmailThreadDetail]:
    return Call("GET", f"{paths.EMAIL_THREADS}{segment(thread_id)}/", keys=("thread_id", "subject", "messages"))


def message_page(
    limit: int,
    offset: int,
    *,
    unread: bool = False,
    direction: str | None = None,
    sender: str | None = None,
    query: str | None = None,
) -> Call[dict[str, Any]]:
    """
    Messages that fit, newest first: *limit* (at most 200) after the first *offset*, in an envelope with `results`.

    *sender* is an address or a domain, *query* words to search for.
    """
    wanted = given(is_read="false" if unread else None, direction=direction, from_email=sender, q=query)
    wanted |= {"limit": str(limit), "offset": str(offset)}
    return Call("GET", paths.EMAIL_MESSAGES, wanted, keys=("results", "count"))


def message(ref: str) -> Call[EmailMessage]:
    return Call("GET", _path(ref), keys=MESSAGE)


def mark(ref: str, *, is_read: bool) -> Call[EmailMessage]:
    return Call("PATCH", _path(ref), body={"is_read": is_read}, keys=MESSAGE)


def raw(ref: str) -> Call[bytes]:
    return Call("GET", f"{_path(ref)}raw/", binary=True)


def attachment(uuid: str) -> Call[File]:
    return Call("GET", f"{paths.EMAIL_ATTACHMENTS}{segment(uuid)}/", file=True)


def compose(body: dict[str, Any]) -> Call[EmailMessage]:
    return Call("POST", f"{paths.EMAIL_MESSAGES}compose/", body=body, keys=MESSAGE, idempotent=True)


def answer(ref: str, how: str, body: dict[str, Any]) -> Call[EmailMessage]:
    """*how* is `reply`, `reply-all` or `forward`."""
    return Call("POST", f"{_path(ref)}{how}/", body=body, keys=MESSAGE, idempotent=True)


def presign(filename: str, content_type: str, size: int) -> Call[Presigned]:
    body = {"filename": filename, "content_type": content_type, "size": size}
    return Call(
        "POST", f"{paths.EMAIL_ATTACHMENTS}presign/", body=body, keys=_PRESIGNED, texts=_PRESIGNED, idempotent=True
    )


def upload(path: str, query: dict[str, str], content: bytes, content_type: str) -> Call[Any]:
    """Put the bytes to where `presign` said; the address itself is the permission."""
    return Call("PUT", path, query, anonymous=True, content=content, content_type=content_type)


def _path(ref: str) -> str:
    return f"{paths.EMAIL_MESSAGES}{segment(ref)}/"
