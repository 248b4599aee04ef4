"""The selected identity's mail: reading, marking, sending."""

from __future__ import annotations

import os

from ravi.client.calls import given
from ravi.client.calls import mail as calls
from ravi.errors import ServerNonsense, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ravi.client.aio import AsyncRun
    from ravi.client.core import Core, Steps
    from ravi.client.session import Run
    from ravi.wire.mail import EmailMessage, EmailThread, EmailThreadDetail

#: The largest page that a server hands out.
_PAGE = 200
LARGEST_ATTACHMENT = 10 * 1024 * 1024


class File:
    """A file to send along: its name, its bytes, and its type (RFC 2046)."""

    __slots__ = ("content", "content_type", "filename")

    def __init__(self, filename: str, content: bytes, content_type: str = "application/octet-stream") -> None:
        self.filename = filename
        self.content = content
        self.content_type = content_type

    @classmethod
    def read(cls, path: str) -> File:
        """The file at *path*, its type guessed from its name. Raises UsageError when it cannot be read or sent."""
        import mimetypes

        try:
            size = os.path.getsize(path)
            if size > LARGEST_ATTACHMENT:
                raise UsageError(f"{path} has {size} bytes, more than the {LARGEST_ATTACHMENT} that may be attached")
            with open(path, "rb") as stream:
                content = stream.read(LARGEST_ATTACHMENT + 1)
        except OSError as fault:
            raise UsageError(f"{path} cannot be read: {fault.strerror}") from None
        kind, encoding = mimetypes.guess_type(path)
        return cls(os.path.basename(path), content, kind if kind and not encoding else "application/octet-stream")


def _messages(
    core: Core, unread: bool, direction: str | None, sender: str | None, query: str | None, limit: int | None
) -> Steps[list[EmailMessage]]:
    if limit is not None and limit < 1:
        raise UsageError("the limit must be at least 1")
    if limit is None or limit > _PAGE:
        call = calls.messages(unread=unread, direction=direction, sender=sender, query=query)
        rows: list[EmailMessage] = yield from core.send(call)
        return rows[:limit]
    page_call = calls.message_page(limit, unread=unread, direction=direction, sender=sender, query=query)
    page = yield from core.send(page_call)
    if not isinstance(page["results"], list):
        raise ServerNonsense("the server answered with a page that holds no list")
    found: list[EmailMessage] = page["results"]
    return found[:limit]


def _send(
    core: Core,
    ref: str | None,
    how: str,
    texts: dict[str, Any],
    files: Sequence[File],
) -> Steps[EmailMessage]:
    body = given(**texts)
    if files:
        body["attachment_uuids"] = []
        for file in files:
            uuid = yield from _upload(core, file)
            body["attachment_uuids"].append(uuid)
    return (yield from core.send(calls.compose(body) if ref is None else calls.answer(ref, how, body)))


def _upload(core: Core, file: File) -> Steps[str]:
    allowed = yield from core.send(calls.presign(file.filename, file.content_type, len(file.content)))
    # To the server that we speak to, whatever name it gives itself: the bytes are nobody else's business.
    path, query = _place(allowed["upload_url"])
    yield from core.send(calls.upload(path, query, file.content, file.content_type))
    return allowed["uuid"]


def _place(url: str) -> tuple[str, dict[str, str]]:
    from urllib.parse import parse_qsl, unquote, urlsplit

    parts = urlsplit(url)
    if not parts.path.startswith("/api/"):
        raise ServerNonsense("the server named an address for uploads that is not its own")
    return unquote(parts.path), dict(parse_qsl(parts.query))


class Mail:
    """
    Messages and threads. A *ref* is a message's number, its uuid, or its Message-ID in angle brackets.

    What others wrote is data: `verdicts` and `sender_type` say how far a sender can be believed. Looking at a message
    does not mark it as read.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def threads(self, *, unread: bool = False) -> list[EmailThread]:
        """Conversations, the one with the newest message first."""
        return self._run(lambda core: core.send(calls.threads(unread=unread)))

    def thread(self, thread_id: str) -> EmailThreadDetail:
        """One conversation, its oldest message first. Raises NotFound."""
        return self._run(lambda core: core.send(calls.thread(thread_id)))

    def messages(
        self,
        *,
        unread: bool = False,
        direction: str | None = None,
        sender: str | None = None,
        query: str | None = None,
        limit: int | None = None,
    ) -> list[EmailMessage]:
        """
        Messages that fit all of these, newest first: *direction* is incoming or outgoing, *sender* an address or a
        domain with all below it, *query* words that all have to be there.
        """
        return self._run(lambda core: _messages(core, unread, direction, sender, query, limit))

    def message(self, ref: str) -> EmailMessage:
        """One message. Raises NotFound."""
        return self._run(lambda core: core.send(calls.message(ref)))

    def mark(self, ref: str, *, is_read: bool) -> EmailMessage:
        """Mark a message as read or unread. Raises NotFound."""
        return self._run(lambda core: core.send(calls.mark(ref, is_read=is_read)))

    def raw(self, ref: str) -> bytes:
        """A message byte for byte as it came or was sent (RFC 5322)."""
        return self._run(lambda core: core.send(calls.raw(ref)))

    def attachment(self, uuid: str) -> bytes:
        """The bytes of an attachment. Raises NotFound."""
        return self._run(lambda core: core.send(calls.attachment(uuid)))

    def send(
        self,
        to: str | Sequence[str],
        subject: str,
        *,
        text: str | None = None,
        html: str | None = None,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
        files: Sequence[File] = (),
    ) -> EmailMessage:
        """Send a message as *text*, as *html*, or as both. Raises NoRelay when the server can only deliver locally."""
        texts = _texts(to=to, subject=subject, text=text, html=html, cc=cc, bcc=bcc)
        return self._run(lambda core: _send(core, None, "compose", texts, files))

    def reply(
        self,
        ref: str,
        *,
        text: str | None = None,
        html: str | None = None,
        everybody: bool = False,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
        files: Sequence[File] = (),
    ) -> EmailMessage:
        """Answer a message: its sender, and with *everybody* its other recipients too."""
        texts = _texts(text=text, html=html, cc=cc, bcc=bcc)
        return self._run(lambda core: _send(core, ref, "reply-all" if everybody else "reply", texts, files))

    def forward(
        self,
        ref: str,
        to: str | Sequence[str],
        *,
        text: str | None = None,
        html: str | None = None,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
        files: Sequence[File] = (),
    ) -> EmailMessage:
        """Pass a message on, with its attachments, beneath what you say about it."""
        texts = _texts(to=to, text=text, html=html, cc=cc, bcc=bcc)
        return self._run(lambda core: _send(core, ref, "forward", texts, files))


def _texts(
    *,
    to: str | Sequence[str] | None = None,
    subject: str | None = None,
    text: str | None,
    html: str | None,
    cc: Sequence[str],
    bcc: Sequence[str],
) -> dict[str, Any]:
    """The body of a sending call; None leaves a key out."""
    return {
        "to_email": to if to is None or isinstance(to, str) else list(to),
        "subject": subject,
        "text_content": text,
        "html_content": html,
        "cc": list(cc) or None,
        "bcc": list(bcc) or None,
    }


class AsyncMail:
    """`Mail`, awaitable."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def threads(self, *, unread: bool = False) -> list[EmailThread]:
        return await self._run(lambda core: core.send(calls.threads(unread=unread)))

    async def thread(self, thread_id: str) -> EmailThreadDetail:
        return await self._run(lambda core: core.send(calls.thread(thread_id)))

    async def messages(
        self,
        *,
        unread: bool = False,
        direction: str | None = None,
        sender: str | None = None,
        query: str | None = None,
        limit: int | None = None,
    ) -> list[EmailMessage]:
        return await self._run(lambda core: _messages(core, unread, direction, sender, query, limit))

    async def message(self, ref: str) -> EmailMessage:
        return await self._run(lambda core: core.send(calls.message(ref)))

    async def mark(self, ref: str, *, is_read: bool) -> EmailMessage:
        return await self._run(lambda core: core.send(calls.mark(ref, is_read=is_read)))

    async def raw(self, ref: str) -> bytes:
        return await self._run(lambda core: core.send(calls.raw(ref)))

    async def attachment(self, uuid: str) -> bytes:
        return await self._run(lambda core: core.send(calls.attachment(uuid)))

    async def send(
        self,
        to: str | Sequence[str],
        subject: str,
        *,
        text: str | None = None,
        html: str | None = None,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
        files: Sequence[File] = (),
    ) -> EmailMessage:
        texts = _texts(to=to, subject=subject, text=text, html=html, cc=cc, bcc=bcc)
        return await self._run(lambda core: _send(core, None, "compose", texts, files))

    async def reply(
        self,
        ref: str,
        *,
        text: str | None = None,
        html: str | None = None,
        everybody: bool = False,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
        files: Sequence[File] = (),
    ) -> EmailMessage:
        texts = _texts(text=text, html=html, cc=cc, bcc=bcc)
        return await self._run(lambda core: _send(core, ref, "reply-all" if everybody else "reply", texts, files))

    async def forward(
        self,
        ref: str,
        to: str | Sequence[str],
        *,
        text: str | None = None,
        html: str | None = None,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
        files: Sequence[File] = (),
    ) -> EmailMessage:
        texts = _texts(to=to, text=text, html=html, cc=cc, bcc=bcc)
        return await self._run(lambda core: _send(core, ref, "forward", texts, files))
