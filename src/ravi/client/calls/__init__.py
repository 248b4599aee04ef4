"""Every call of the API, described without doing it: one module per noun, one function per call."""

from __future__ import annotations

import os

from ravi.settings.generic import Generic, T

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class Call(Generic[T]):
    """
    One request, before it is known who sends it and to which server; `Call[T]` is answered with a T.

    *query* is a mapping whose values are strings or, for a repeated name, sequences of strings; None leaves a
    name out. *body* is sent as JSON. *account* calls act for the whole account and never name an identity; the
    others act as *identity*, a uuid, or else as the selected one. *anonymous* calls carry no credential.

    *many* and *keys* say what the answer must be to be believed: an object with these keys, or a list of such.
    A call without *keys* is answered with nothing. *texts* are those of the keys that must hold a text.

    *content* is sent as it is, as *content_type*, instead of *body*. A *binary* call is answered with bytes, and a
    *file* with a `ravi.client.files.File`.

    *idempotent* marks a creation whose repetition must not make a second one: it gets its
    `Idempotency-Key` here, once, so that every repetition of this Call carries the same.
    """

    __slots__ = (
        "account",
        "anonymous",
        "binary",
        "body",
        "content",
        "content_type",
        "file",
        "idempotency_key",
        "identity",
        "keys",
        "many",
        "method",
        "path",
        "query",
        "texts",
    )

    def __init__(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | Sequence[str] | None] | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        keys: tuple[str, ...] = (),
        texts: tuple[str, ...] = (),
        many: bool = False,
        identity: str | None = None,
        idempotent: bool = False,
        account: bool = False,
        anonymous: bool = False,
        binary: bool = False,
        file: bool = False,
        content: bytes | None = None,
        content_type: str = "application/octet-stream",
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.keys = keys
        self.texts = texts
        self.many = many
        self.identity = identity
        self.account = account
        self.anonymous = anonymous
        self.binary = binary or file
        self.file = file
        self.content = content
        self.content_type = content_type
        self.idempotency_key = os.urandom(16).hex() if idempotent else None

    @property
    def repeatable(self) -> bool:
        """Whether sending it again is harmless when nobody knows what became of the first time."""
        return self.method in ("GET", "PUT") or self.idempotency_key is not None

    def __repr__(self) -> str:
        return f"Call({self.method} {self.path})"  # never the body: it may hold a token or a code


def segment(text: str) -> str:
    """*text* as one segment of a path, whatever it holds; `http1.encode_target` writes the NUL as `%2F`."""
    return text.replace("\0", "").replace("/", "\0")


def given(**values: Any) -> dict[str, Any]:
    """The keyword arguments that are not None, as a body or query."""
    return {name: value for name, value in values.items() if value is not None}
