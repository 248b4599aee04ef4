"""Files that go along with messages: what is sent, and what was received."""

from __future__ import annotations

import os

from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.http1 import Answer

#: In bytes; what a server takes.
LARGEST_ATTACHMENT = 10 * 1024 * 1024


class File:
    """
    A file: its name, its bytes, and its type (RFC 2046).

    The name of a received one was chosen by whoever sent it. It is data, and not safe as a path.
    """

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
            with open(path, "rb") as stream:
                content = stream.read(LARGEST_ATTACHMENT + 1)
        except OSError as fault:
            raise UsageError(f"{path} cannot be read: {fault.strerror or 'no reason given'}") from None
        except ValueError:
            raise UsageError("a path cannot hold a NUL byte") from None
        if len(content) > LARGEST_ATTACHMENT:
            raise UsageError(f"{path} is larger than the {LARGEST_ATTACHMENT} bytes that may be attached")
        name = os.path.basename(path).encode("utf-8", "replace").decode("utf-8")
        kind, encoding = mimetypes.guess_type(name)
        return cls(name, content, kind if kind and not encoding else "application/octet-stream")

    def __repr__(self) -> str:
        return f"File({self.filename!r}, <{len(self.content)} bytes>, {self.content_type!r})"


def received(answer: Answer) -> File:
    """The file that *answer* carries, named by its Content-Disposition; empty when it names none."""
    name = _named(answer.headers.get("content-disposition", ""))
    return File(name, answer.body, answer.content_type or "application/octet-stream")


def _named(disposition: str) -> str:
    """The file name in a Content-Disposition (RFC 6266): `filename*`, in UTF-8, before `filename`."""
    import re
    from urllib.parse import unquote

    extended = re.search(r";\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]*)", disposition, re.IGNORECASE)
    if extended:
        return unquote(extended[1], errors="replace")
    quoted = re.search(r';\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"', disposition, re.IGNORECASE)
    if quoted:
        return re.sub(r"\\(.)", r"\1", quoted[1])
    plain = re.search(r";\s*filename\s*=\s*([^;\s]*)", disposition, re.IGNORECASE)
    return plain[1] if plain else ""
