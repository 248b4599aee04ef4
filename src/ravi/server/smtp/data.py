"""
Where a message ends, and what its bytes are (RFC 5321 sections 4.1.1.4 and 4.5.2).

A message ends with CRLF, dot, CRLF and with nothing else. A bare LF or CR is part of a line, as any other byte is:
whoever believed another spelling of the end would let a message smuggle a second one behind itself.
"""

import asyncio
from collections.abc import Callable

from ravi.server.smtp.limits import Share

END = b"\r\n.\r\n"
#: A line that began with a dot: the sender has put another one before it.
STUFFED = b"\r\n.."
#: What is sent beyond the limit is read and forgotten, so that the sender hears our answer; this many times the limit.
PATIENCE = 4


class MessageRefused(Exception):
    """The message is not taken. `reply` says why; `over` that the end was not found, so the connection is lost."""

    def __init__(self, reply: str, *, over: bool = False) -> None:
        super().__init__(reply)
        self.reply = reply
        self.over = over


async def read_message(reader: asyncio.StreamReader, *, most: int, share: Share, progress: Callable[[], None]) -> bytes:
    """
    Read up to the end of the message, and return it exactly as it was before it was prepared for sending.

    At most *most* bytes, charged to *share* as they arrive; *progress* is called whenever some did. Raises
    MessageRefused, and IncompleteReadError when the connection ends first.
    """
    # The CRLF behind the word DATA is the first half of an end that comes at once, with an empty message.
    reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]  # there is no public way to give bytes back
    chunks: list[bytes] = []
    size, refusal, ended = 0, "", False
    while not ended:
        try:
            chunk = await reader.readuntil(END)
            ended = True
        except asyncio.LimitOverrunError as more:
            chunk = await reader.readexactly(more.consumed)
        progress()
        size += len(chunk) - chunk.count(STUFFED)
        if not refusal:
            if size > most + len(END) + len(chunks):  # a doubled dot between two chunks is not seen here
                refusal = too_large(most)
            elif not share.take(len(chunk)):
                refusal = "452 4.3.1 too many messages at once, try again later"
            if refusal:
                chunks.clear()
                share.give_back()
            else:
                chunks.append(chunk)
        elif size > PATIENCE * most:
            raise MessageRefused(refusal, over=True)
    if refusal:
        raise MessageRefused(refusal)
    content = b"".join(chunks)
    chunks.clear()
    content = content[: -len(b".\r\n")].replace(b"\r\n.", b"\r\n")[len(b"\r\n") :]
    if len(content) > most:
        raise MessageRefused(too_large(most))
    return content


def too_large(most: int) -> str:
    """The reply to a message that is larger than *most* bytes."""
    return f"552 5.3.4 the message is larger than {most} bytes"
