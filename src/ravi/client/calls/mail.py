"""Calls on mail: threads, messages, attachments, sending."""

from __future__ import annotations

from ravi.client.calls import Call, given, segment
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.wire.mail import EmailMessage, EmailThread, EmailThreadDetail, Presigned

_MESSAGE = ("id", "uuid", "from_email", "subject", "direction", "is_read", "attachments")


def threads(*, unread: bool = False) -> Call[list[EmailThread]]:
    query = {"has_unread": "true" if unread else None}
    return Call("GET", paths.EMAIL_THREADS, query, keys=("thread_id", "subject", "message_count"), many=True)


def thread(thread_id: str) -> Call[EmailThreadDetail]:
    return Call("GET", f"{paths.EMAIL_THREADS}{segment(thread_id)}/", keys=("thread_id", "messages"))


def messages(
    *, unread: bool = False, direction: str | None = None, sender: str | None = None, query: str | None = None
) -> Call[list[EmailMessage]]:
    """All messages that fit, newest first. *sender* is an address or a domain, *query* words to search for."""
    wanted = given(is_read="false" if unread else None, direction=direction, from_email=sender, q=query)
    return Call("GET", paths.EMAIL_MESSAGES, wanted, keys=_MESSAGE, many=True)


def message_page(
    limit: int,
    *,
    unread: bool = False,
    direction: str | None = None,
    sender: str | None = None,
    query: str | None = None,
) -> Call[dict[str, Any]]:
    """The newest *limit* (at most 200) of the messages that fit, in an envelope with `results`."""
    call = messages(unread=unread, direction=direction, sender=sender, query=query)
    return Call("GET", call.path, {**(call.query or {}), "limit": str(limit)}, keys=("results", "count"))


def message(ref: str) -> Call[EmailMessage]:
    return Call("GET", _path(ref), keys=_MESSAGE)


def mark(ref: str, *, is_read: bool) -> Call[EmailMessage]:
    return Call("PATCH", _path(ref), body={"is_read": is_read}, keys=_MESSAGE)


def raw(ref: str) -> Call[bytes]:
    return Call("GET", f"{_path(ref)}raw/", binary=True)


def attachment(uuid: str) -> Call[bytes]:
    return Call("GET", f"{paths.EMAIL_ATTACHMENTS}{uuid}/", binary=True)


def compose(body: dict[str, Any]) -> Call[EmailMessage]:
    return Call("POST", f"{paths.EMAIL_MESSAGES}compose/", body=body, keys=_MESSAGE, idempotent=True)


def answer(ref: str, how: str, body: dict[str, Any]) -> Call[EmailMessage]:
    """*how* is `reply`, `reply-all` or `forward`."""
    return Call("POST", f"{_path(ref)}{how}/", body=body, keys=_MESSAGE, idempotent=True)


def presign(filename: str, content_type: str, size: int) -> Call[Presigned]:
    body = {"filename": filename, "content_type": content_type, "size": size}
    return Call("POST", f"{paths.EMAIL_ATTACHMENTS}presign/", body=body, keys=("uuid", "upload_url"), idempotent=True)


def upload(path: str, query: dict[str, str], content: bytes, content_type: str) -> Call[Any]:
    """Put the bytes to where `presign` said; the address itself is the permission."""
    return Call("PUT", path, query, anonymous=True, content=content, content_type=content_type)


def _path(ref: str) -> str:
    return f"{paths.EMAIL_MESSAGES}{segment(ref)}/"
