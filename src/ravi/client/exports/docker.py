"""
Secrets as lines for `docker run --env-file`.

Docker takes everything after the first `=` as it is, up to the end of the line (docker/cli, pkg/kvfile). So what
cannot be on one line cannot be written at all.
"""

from __future__ import annotations

#: Go's bufio.MaxScanTokenSize, with the line break.
_MAX_LINE_BYTES = 64 * 1024
_QUOTES = ("'", '"')


def spell(key: str, value: str) -> str | None:
    """The line that sets *key* to *value*, with its line break; None when there is none."""
    line = f"{key}={value}\n"
    if "\0" in value or "\n" in value or len(line.encode()) > _MAX_LINE_BYTES:
        return None
    if value.endswith("\r"):  # taken for a part of the line break
        return None
    # Newer versions take a pair of quotes off, older ones leave it on: no spelling suits both.
    if len(value) > 1 and value[0] in _QUOTES and value[0] == value[-1]:
        return None
    return line
