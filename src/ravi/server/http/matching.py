"""
Which route answers a path.

Fixed paths win over patterns by construction: they are one dictionary look-up. Patterns are grouped by their
number of segments, so adding a noun does not slow the others down.
"""

from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

from ravi.errors import Malformed, MethodNotAllowed, NotFound

T = TypeVar("T")


class Matcher(Generic[T]):
    """Maps (method, path) to a T. A trailing slash makes no difference, and nothing is ever redirected."""

    def __init__(self) -> None:
        self._fixed: dict[bytes, dict[str, T]] = {}
        self._patterns: dict[int, list[tuple[list[str], dict[str, T]]]] = {}

    def add(self, method: str, path: str, target: T) -> None:
        """Register *target*. Raises ValueError when the place is taken."""
        segments = path.strip("/").split("/")
        if any(segment.startswith("{") for segment in segments):
            rows = self._patterns.setdefault(len(segments), [])
            methods = next((known for pattern, known in rows if pattern == segments), None)
            if methods is None:
                methods = {}
                rows.append((segments, methods))
        else:
            methods = self._fixed.setdefault(path.rstrip("/").encode(), {})
        if method in methods:
            raise ValueError(f"two routes for {method} {path}")
        methods[method] = target

    def find(self, method: str, raw_path: bytes) -> tuple[T, dict[str, str]]:
        """
        Return the target and the values of the path's parameters.

        *raw_path* is still percent-encoded: each segment is decoded once, so `%2F` stays inside its segment and
        `+` is a plus sign. Raises NotFound, MethodNotAllowed, or Malformed for a segment that is not UTF-8.
        """
        raw_path = raw_path.partition(b"?")[0].rstrip(b"/")
        methods = self._fixed.get(raw_path)
        values: dict[str, str] = {}
        if methods is None:
            segments = [_decoded(segment) for segment in raw_path.lstrip(b"/").split(b"/")]
            if any("\0" in segment for segment in segments):
                raise NotFound("Not found.")  # nothing has such a name, and PostgreSQL could not even look for it
            for pattern, known in self._patterns.get(len(segments), ()):
                if all(p == s or (p.startswith("{") and s) for p, s in zip(pattern, segments, strict=True)):
                    methods = known
                    values = {p[1:-1]: s for p, s in zip(pattern, segments, strict=True) if p.startswith("{")}
                    break
        if methods is None:
            raise NotFound("Not found.")
        target = methods.get("GET" if method == "HEAD" else method)
        if target is None:
            allowed = sorted(methods)
            raise MethodNotAllowed(f"{method} is not allowed here", details={"allowed": allowed})
        return target, values


def _decoded(segment: bytes) -> str:
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise Malformed("the path is not UTF-8") from None
