"""
HTTP/1.1 as bytes: a request out, an answer in (RFC 9112). No I/O; parsing is llhttp's.

What comes from outside is bounded, and nothing that goes out can end a header line early.
"""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from ravi.errors import ServerNonsense, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: A server's answer to us is at most this long; more is not an answer of this API.
MAX_BODY = 32 * 1024 * 1024
MAX_HEAD = 64 * 1024

#: RFC 3986 section 2.3, and what a path segment may hold unescaped beside it (3.3), without what a query means.
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH = _UNRESERVED | frozenset(b"/:@!$'()*,;=+")


class Answer:
    """A complete answer. Header names are lower case; of a repeated header the last counts."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def content_type(self) -> str:
        """The content type as it was sent; empty when there was none."""
        return self.headers.get("content-type", "")

    @property
    def retry_after(self) -> int | None:
        """Retry-After in seconds (RFC 9110 section 10.2.3); None when absent or given as a date."""
        text = self.headers.get("retry-after", "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def encode_target(path: str, query: Mapping[str, str | Sequence[str] | None] | None = None) -> str:
    """
    *path* and *query* as a request target: ASCII, everything else percent-encoded as UTF-8, and a NUL
    as a slash that separates nothing (`calls.segment`).

    Raises UsageError for a path that is not absolute, or has a segment `.` or `..`, which proxies resolve.
    """
    if not path.startswith("/") or path.startswith("//") or {".", ".."} & set(path.split("/")):
        raise UsageError("a path must be absolute and without dot segments")
    target = _escape(path, _PATH).replace("%00", "%2F")
    pairs = []
    for name, value in (query or {}).items():
        values = [value] if isinstance(value, str) else value or ()
        pairs += [f"{_escape(name, _UNRESERVED)}={_escape(each, _UNRESERVED)}" for each in values]
    return target + ("?" + "&".join(pairs) if pairs else "")


def serialise(method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes | None) -> bytes:
    """
    The request as it goes on the wire, with Content-Length where there is a body or could be one.

    Raises UsageError for a method, target or header that would not stay what it is on the wire.
    """
    if not (method.isascii() and method.isalpha()):
        raise UsageError("a method is one word")
    if not all("!" <= char <= "~" for char in target):
        raise UsageError("a request target is visible ASCII")
    lines = [f"{method} {target} HTTP/1.1"]
    for name, value in headers:
        check_header(name, value)
        lines.append(f"{name}: {value}")
    if body is not None or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body or b'')}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + (body or b"")


def check_header(name: str, value: str) -> None:
    """Raise UsageError unless *name* and *value* are one header line of visible ASCII; neither is repeated."""
    if not (name and name.isascii() and name.replace("-", "").isalnum()):
        raise UsageError("a header name is letters, digits and hyphens")
    if not all(" " <= char <= "~" for char in value) or value != value.strip():
        raise UsageError(f"the value of the header {name} has characters that end it early or that it cannot hold")


class AnswerReader:
    """
    Reads one answer: `feed` bytes until `complete`, or `end` when the connection closes.

    Interim answers (1xx) are passed over. With *connect* the answer is a proxy's to CONNECT, which ends with
    its head (RFC 9110 section 9.3.6). Everything wrong with the answer raises ServerNonsense.
    """

    def __init__(self, *, connect: bool = False) -> None:
        self.complete = False
        #: Whether the connection may carry another request.
        self.reusable = False
        #: Whether any byte has come.
        self.begun = False
        self._connect = connect
        self._parser = HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0
        self._head_size = 0
        self._head_done = False
        self._status = 0
        self._fault = ""
        self._surplus = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes from the connection."""
        self.begun = True
        if not self._head_done:
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            # What follows a complete answer is nobody's business; the connection is not used again.
            if not self.complete and not self._fault:
                raise ServerNonsense("what answered does not speak HTTP") from None
            self._surplus = True
        except HttpParserUpgrade:
            self._fault = "a switch to another protocol, which nobody asked for"
        if not self._fault and not self._head_done and self._head_size > MAX_HEAD:
            self._fault = f"headers of more than {MAX_HEAD // 1024} KiB"
        if self._fault:
            raise ServerNonsense(f"the server answered with {self._fault}")
        if self._surplus:
            self.reusable = False

    def end(self) -> None:
        """The connection was closed: complete the answer, if that is how its length was given."""
        self.reusable = False
        if self.complete:
            return
        # RFC 9112 section 6.3 rule 8: without a length the body ends with the connection.
        if self._head_done and not self._headers.keys() & {"content-length", "transfer-encoding"}:
            self.complete = True
            return
        raise ServerNonsense("the server closed the connection in the middle of its answer")

    def answer(self) -> Answer:
        """The answer, once it is complete."""
        return Answer(self._status, self._headers, b"".join(self._body))

    # What follows is called by the parser, which swallows exceptions: faults are noted, and raised by `feed`.

    def on_message_begin(self) -> None:
        if self.complete:
            self._surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.complete and not self._head_done:  # later ones are trailers
            self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self.complete:
            return
        self._status = self._parser.get_status_code()
        if self._status < 200:
            if self._status == 101:
                self._fault = "a switch to another protocol, which nobody asked for"
            return
        self._head_done = True
        if self._connect:
            self.complete = True
        length = self._headers.get("content-length", "")
        if length.isdigit() and int(length[:20]) > MAX_BODY:
            self._fault = f"more than {MAX_BODY // (1024 * 1024)} MiB"

    def on_body(self, body: bytes) -> None:
        if self.complete or self._fault:
            return
        self._size += len(body)
        if self._size > MAX_BODY:
            self._fault = f"more than {MAX_BODY // (1024 * 1024)} MiB"
            self._body.clear()
            return
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self.complete:
            return
        if not self._head_done:
            self._headers = {}  # an interim answer: the real one follows
            return
        self.complete = True
        self.reusable = self._parser.should_keep_alive()


def _escape(text: str, safe: frozenset[int]) -> str:
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError("a path or query holds text that is not Unicode") from None
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in data)
