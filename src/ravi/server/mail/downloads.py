"""Bytes that strangers wrote, sent so that a browser stores them and neither shows nor runs them."""

import re
from urllib.parse import quote

from starlette.responses import Response

#: What is named as what it is. Anything else, above all what a browser would run or render, is a heap of bytes.
_SAFE = re.compile(
    r"image/(?:png|jpeg|gif|webp|avif|bmp|tiff|heic)|audio/[a-z0-9.+-]+|video/[a-z0-9.+-]+|text/(?:plain|csv|calendar)"
    r"|application/(?:pdf|zip|gzip|json|msword|vnd\.openxmlformats-officedocument\.[a-z.]+|vnd\.ms-[a-z]+"
    r"|vnd\.oasis\.opendocument\.[a-z]+)|message/rfc822"
)
_BYTES = "application/octet-stream"
_UNQUOTED = re.compile(r"[^A-Za-z0-9 !#$&'()+,.;=@\[\]^_`{}~-]")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def download(content: bytes, *, filename: str, content_type: str) -> Response:
    """Return an answer that a browser saves as *filename*."""
    content_type = content_type.lower()
    if not _SAFE.fullmatch(content_type):
        content_type = _BYTES
    headers = HEADERS | {"Content-Disposition": disposition(filename), "Content-Type": content_type}
    return Response(content, headers=headers)


def disposition(filename: str) -> str:
    """Return the value of Content-Disposition that offers *filename* (RFC 6266), readable for old clients too."""
    plain = _UNQUOTED.sub("_", filename) or "attachment"
    value = f'attachment; filename="{plain}"'
    return value if plain == filename else f"{value}; filename*=UTF-8''{quote(filename, safe='')}"
