"""The shape of every refusal."""

from typing import Any, NotRequired, TypedDict


class Problem(TypedDict):
    """The nested half of the envelope, read by the published SDK."""

    code: str
    message: str
    details: Any


class ErrorEnvelope(TypedDict):
    """`detail` is what published CLIs print; `code` is stable; `hint` is a thing to do."""

    detail: str
    code: str
    error: Problem
    hint: NotRequired[str]
    request_id: NotRequired[str]
    retry_after_seconds: NotRequired[int]
