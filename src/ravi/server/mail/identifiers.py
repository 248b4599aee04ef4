"""Message-IDs (RFC 5322 section 3.6.4), as far as others can be trusted to write them."""

import re

#: Of a long chain of References the beginning and the end are kept: who began it, and what is answered.
KEPT_AT_EACH_END = 50

_MESSAGE_ID = re.compile(rb"<([!-;=?-~]{1,996})>")
_BARE = re.compile(rb"[!-;=?-~]{1,500}@[!-;=?-~]{1,495}")


def message_ids(value: bytes | None) -> tuple[str, ...]:
    """Return the Message-IDs in an unfolded field value, with angle brackets, each once."""
    if not value:
        return ()
    found = tuple(dict.fromkeys(f"<{each.decode('ascii')}>" for each in _MESSAGE_ID.findall(value)))
    if len(found) > 2 * KEPT_AT_EACH_END:
        return found[:KEPT_AT_EACH_END] + found[-KEPT_AT_EACH_END:]
    return found


def message_id(value: bytes | None) -> str:
    """Return the first Message-ID in the value; brackets are given to one that came without. Empty when none is."""
    if not value:
        return ""
    found = message_ids(value)
    if found:
        return found[0]
    return f"<{value.decode('ascii')}>" if _BARE.fullmatch(value) else ""
