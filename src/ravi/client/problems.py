"""From an answer to a value, or to the error that it stands for. Bodies are never repeated in a message."""

from __future__ import annotations

import json

from ravi import errors
from ravi.wire import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.client.calls import Call
    from ravi.client.http1 import Answer
    from ravi.settings.resolve import Sourced
    from ravi.settings.values import Credential

#: Messages come from the network; a line is enough.
_MAX_MESSAGE = 2000
#: In seconds: what a Retry-After header of nine digits can say.
_MAX_RETRY_AFTER = 999_999_999


def decode(
    call: Call[Any],
    answer: Answer,
    *,
    selected: Sourced[str] | None = None,
    credential: Credential | None = None,
) -> Any:
    """
    What *answer* says to *call*; None for an empty answer to a call that wants none.

    *selected* is the selection that *call* acted as, *credential* what it was signed with: their sources go
    into the message where they are the likely cause. Raises ServerNonsense when *answer* is not a Ravi
    server's, and otherwise the class of `ravi.errors` that the refusal names, by code or else by status.
    """
    if not 200 <= answer.status < 300:
        raise _refusal(answer, selected, credential)
    if call.file:
        from ravi.client.files import received

        return received(answer)
    if call.binary:
        return answer.body
    if not call.keys and answer.status == 204:
        return None
    # Also where the content does not matter: a captive portal says 200 to everything.
    data = _parse(answer)
    if not call.keys:
        return None
    rows = data if call.many and isinstance(data, list) else [data]
    fits = isinstance(data, list) is call.many
    if not fits or not all(_fits(call, row) for row in rows):
        raise nonsense(answer, "JSON that this call is not answered with")
    return data


def _fits(call: Call[Any], row: Any) -> bool:
    return (
        isinstance(row, dict)
        and row.keys() >= set(call.keys)
        and all(isinstance(row[name], str) for name in call.texts)
    )


def nonsense(answer: Answer, what: str) -> errors.ServerNonsense:
    """The error for an *answer* that is not a Ravi server's."""
    shown = "".join(char for char in answer.content_type if " " <= char <= "~")[:60]
    return errors.ServerNonsense(
        f"the server answered {answer.status} with {what} (content type: {shown or 'none'})",
        details={"status": answer.status, "content_type": shown},
    )


def _parse(answer: Answer) -> Any:
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise nonsense(answer, "something that is not JSON")
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise nonsense(answer, "JSON that cannot be read") from None


def _refusal(answer: Answer, selected: Sourced[str] | None, credential: Credential | None) -> errors.RaviError:
    if answer.status < 400:  # the reader lets no status below 200 through
        error = nonsense(answer, "a redirect, which is never followed")
        error.hint = "use the URL that the server itself is at"
        return error
    body = _parse(answer)
    if not isinstance(body, dict):
        return nonsense(answer, "JSON that is no Ravi error")
    reason = body.get("error")
    message = body.get("detail")
    if isinstance(reason, str):
        # RFC 8628 section 3.5, the one endpoint with errors of its own.
        message = body.get("error_description") or message or reason
    if not isinstance(message, str) or not message:
        return nonsense(answer, "JSON that is no Ravi error")
    nested = reason if isinstance(reason, dict) else {}
    code = body.get("code") or nested.get("code")
    code = code if isinstance(code, str) else ""
    details = {"error": reason} if isinstance(reason, str) else nested.get("details")
    hint = body.get("hint") if isinstance(body.get("hint"), str) else None
    message = message[:_MAX_MESSAGE]
    where, way_out = _provenance(answer.status, code, selected, credential)
    # The server knows what failed; only we know which file or variable of ours it was about.
    return _build(answer, code, message + where, way_out or hint, details)


def _build(answer: Answer, code: str, message: str, hint: str | None, details: Any) -> errors.RaviError:
    known = errors.by_code().get(code)
    if known is errors.IdentityRequired:
        return errors.IdentityRequired(message, hint=hint, details=details)
    # A server may only refuse: it does not get to say that our files are broken.
    kind = known if known and issubclass(known, errors.Refused) else _by_status(answer.status)
    error: errors.Refused
    if issubclass(kind, errors.RateLimited):
        error = kind(message, retry_after=_retry_after(answer), hint=hint, code=code or None, details=details)
    else:
        error = kind(message, hint=hint, code=code or None, details=details)
    error.status = answer.status
    error.request_id = answer.headers.get("x-request-id", "")[:200] or None
    return error


def _by_status(status: int) -> type[errors.Refused]:
    exact: dict[int, type[errors.Refused]] = {
        400: errors.Malformed,
        401: errors.Unauthenticated,
        403: errors.Forbidden,
        404: errors.NotFound,
        405: errors.MethodNotAllowed,
        409: errors.Conflict,
        413: errors.TooLarge,
        422: errors.Invalid,
        429: errors.RateLimited,
        503: errors.Unavailable,
    }
    return exact.get(status, errors.ServerFault if status >= 500 else errors.Refused)


def _retry_after(answer: Answer) -> int:
    """Whole seconds from the body or, failing that, the header; at least 1, and no more than can be waited for."""
    try:
        stated = json.loads(answer.body).get("retry_after_seconds")
    except (ValueError, AttributeError):
        stated = None
    if isinstance(stated, int) and not isinstance(stated, bool) and stated > 0:
        return min(stated, _MAX_RETRY_AFTER)
    return max(1, answer.retry_after or 1)


def _provenance(
    status: int, code: str, selected: Sourced[str] | None, credential: Credential | None
) -> tuple[str, str | None]:
    """What to add to the message about our own part in the refusal, and a hint that fits it."""
    if selected is not None and code in (codes.IDENTITY_NOT_FOUND, codes.IDENTITY_DELETED):
        return (
            f" (selected by {selected.source})",
            f"correct {selected.source}; see what there is with: ravi identity list",
        )
    if selected is not None and code in (codes.IDENTITY_DISABLED, codes.FORBIDDEN):
        where = f" (selected by {selected.source}"
        return where + (f", credential from {credential.source})" if credential else ")"), None
    if status == 401 and credential is not None:
        signed_in = credential.path is not None
        return (
            f" (credential from {credential.source})",
            None if signed_in else f"check {credential.source}, or sign in with: ravi auth login",
        )
    return "", None
