"""The one place where errors become statuses and bodies."""

from typing import Any

from ravi import errors
from ravi.wire.problems import ErrorEnvelope

#: From the most particular to the most general; the first class that fits decides.
STATUSES: list[tuple[type[errors.RaviError], int]] = [
    (errors.MethodNotAllowed, 405),
    (errors.TooLarge, 413),
    (errors.Malformed, 400),
    (errors.Unauthenticated, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.Invalid, 422),
    (errors.RateLimited, 429),
    (errors.Unavailable, 503),
    (errors.ProviderFailed, 502),
]


def status_of(error: errors.RaviError) -> int:
    """Return the HTTP status for *error*; 500 for what no row of the table covers."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def envelope(error: errors.RaviError, request_id: str) -> ErrorEnvelope:
    """Return the body that all three generations of client can read (contract: error envelope)."""
    body: ErrorEnvelope = {
        "detail": error.message,
        "code": error.code,
        "error": {"code": error.code, "message": error.message, "details": error.details},
        "request_id": request_id,
    }
    if error.hint:
        body["hint"] = error.hint
    if isinstance(error, errors.RateLimited):
        body["retry_after_seconds"] = error.retry_after
    return body


def headers_of(error: errors.RaviError) -> list[tuple[bytes, bytes]]:
    """Return the headers that go with *error*."""
    match error:
        case errors.RateLimited():
            return [(b"retry-after", str(error.retry_after).encode())]
        case errors.Unavailable():
            return [(b"retry-after", b"1")]
        case errors.Unauthenticated():
            return [(b"www-authenticate", b'Bearer realm="ravi"')]
        case errors.MethodNotAllowed():
            return [(b"allow", ", ".join(error.details["allowed"]).encode())]
    return []


def invalid(**fields: str | list[str]) -> errors.Invalid:
    """Return an `Invalid` whose details map each field to its list of reasons."""
    details: dict[str, Any] = {name: [reason] if isinstance(reason, str) else reason for name, reason in fields.items()}
    summary = "; ".join(f"{name}: {', '.join(reasons)}" for name, reasons in details.items())
    return errors.Invalid(summary, details=details)
