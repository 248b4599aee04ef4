"""Seeds of one-time codes as sites give them, the code of a moment, and when to wait for the next one."""

from __future__ import annotations

import time

from ravi.crypto import totp
from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class TotpCode(TypedDict):
        """A code, the name of its entry, whole seconds for which it is still the present one, and that time's end."""

        code: str
        name: str
        seconds_remaining: int
        expires_dt: str


#: What sites hand out that makes other codes than these, by the beginning of its text in lower case.
_UNSUPPORTED = (
    ("otpauth-migration:", "this is an export of many seeds: export one as an otpauth://totp/ URI"),
    ("otpauth://hotp", "codes that count (HOTP) are not supported, only codes that go by the time (TOTP)"),
    ("otpauth://steam", "Steam's codes are not supported"),
    ("steam:", "Steam's codes are not supported"),
)


def read_seed(
    text: str, *, algorithm: str | None = None, digits: int | None = None, period: int | None = None
) -> tuple[str, totp.Seed]:
    """
    The label (empty when there is none) and the seed in *text*: base 32, or an `otpauth://totp/` URI.

    A URI says everything itself; for base 32 what is None is SHA1, 6 digits, 30 seconds. Raises UsageError, which
    never repeats *text*.
    """
    text = text.strip()
    lower = text.lower()
    for beginning, words in _UNSUPPORTED:
        if lower.startswith(beginning):
            raise UsageError(words)
    if ":" not in text:
        seed = totp.from_secret(
            text,
            algorithm="SHA1" if algorithm is None else algorithm,
            digits=6 if digits is None else digits,
            period=30 if period is None else period,
        )
        return "", seed
    if algorithm is not None or digits is not None or period is not None:
        raise UsageError("algorithm, digits and period stand in the URI itself")
    return totp.from_uri(text)


def code_at(name: str, seed: totp.Seed, at: float) -> TotpCode:
    """The code of *seed* at the time *at*, in seconds since 1970."""
    left = seed.remaining(at)
    return {
        "code": seed.code(at),
        "name": name,
        "seconds_remaining": int(left),
        "expires_dt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(round(at + left))),
    }


def start_of_lasting_code(seed: totp.Seed, at: float, min_remaining: float) -> float:
    """
    From when on there is a code that is good for *min_remaining* seconds: *at* itself, or the next period's begin.

    Raises UsageError when no code is ever good for so long.
    """
    if not 0 <= min_remaining < seed.period:
        raise UsageError(f"a code of this entry is good for {seed.period} seconds at most: ask for fewer")
    left = seed.remaining(at)
    return at if left >= min_remaining else at + left
