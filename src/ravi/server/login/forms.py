"""Reading the small bodies that browsers and OAuth libraries send: bounded, as JSON or as a form."""

from collections.abc import MutableMapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request

from ravi.errors import Malformed, TooLarge
from ravi.server.http.arriving import in_time

LARGEST = 16 * 1024
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form, the last of each name. Raises Malformed or TooLarge."""
    if not _media_type(request).startswith(FORMS):
        raise Malformed("this takes a form")
    return await _fields(request, await _bounded(request))


async def read_json_or_form(request: Request) -> dict[str, Any]:
    """Return the members of a JSON object or the fields of a form; no bytes are {}. Raises Malformed or TooLarge."""
    raw = await _bounded(request)
    # `curl -d '{…}'` labels JSON as a form; a form never begins with a brace.
    if _media_type(request).startswith(FORMS) and not raw.lstrip().startswith(b"{"):
        return dict(await _fields(request, raw))
    try:
        found: dict[str, Any] = msgspec.json.decode(raw or b"{}", type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):  # DecodeError includes what has another shape
        raise Malformed("the body is neither a JSON object nor a form") from None
    return found


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").strip().lower()


async def _bounded(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    try:
        async with in_time():
            async for chunk in request.stream():
                size += len(chunk)
                if size > LARGEST:
                    raise TooLarge(f"the body is larger than {LARGEST} bytes")
                chunks.append(chunk)
    except ClientDisconnect:
        raise Malformed("the connection ended inside the body") from None
    return b"".join(chunks)


async def _fields(request: Request, raw: bytes) -> dict[str, str]:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    try:
        form = await Request(request.scope, receive).form(max_files=0, max_fields=20)
    except (HTTPException, MultiPartException):
        raise Malformed("the form cannot be read") from None
    return {name: value for name, value in form.items() if isinstance(value, str)}
