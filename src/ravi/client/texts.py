"""Texts that are about to be sealed: what fits into a field, said before anything is sent."""

from __future__ import annotations

from ravi.errors import UsageError

#: In UTF-8. Sealed and in base64 it is within what the server takes for one field.
MAX_TEXT_BYTES = 64 * 1024


def check_text(what: str, text: str) -> str:
    """*text* as it is. Raises UsageError, which says *what* it is and shows none of it, when it cannot be sealed."""
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:  # a word of argv in some other encoding
        raise UsageError(f"the {what} is not text in UTF-8") from None
    if size > MAX_TEXT_BYTES:
        raise UsageError(f"the {what} is longer than {MAX_TEXT_BYTES // 1024} KiB")
    return text
