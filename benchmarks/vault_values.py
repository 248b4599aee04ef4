"""What sealing and opening one value costs, against libsodium's own call through the same binding."""

import base64
import os
import time
from collections.abc import Callable, Iterator

from nacl.bindings.crypto_aead import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)

from benchmarks.measure import Effort, NotMeasured, Table, at_most, compare, interleave
from ravi.crypto import derive, field

UUID = "5f0c9a4e-7d21-4c36-9b58-1e2a3f4d5c6b"
PLACE = (UUID, "secret", "DATABASE_URL", "value")
SIZES = {"100 bytes": 100, "16 KiB": 16 * 1024}
#: Most secrets are short. A long one is mostly base64, which libsodium's call has none of: measured, without a bar.
BARRED = "100 bytes"
BAR = at_most(2.5)
NOTES = [
    "Ours draws a nonce, writes down what the value is bound to, and writes or reads base64; "
    "the bare call is given a nonce and works on bytes.",
    "In one process, in loops; each figure is the processor time of one call.",
]


def run(effort: Effort) -> Iterator[Table]:
    """Measure both directions with a short and a long value."""
    key = derive.vault_key(derive.identity_key(os.urandom(32), UUID))
    for size, count in SIZES.items():
        text = "x" * count
        sealed, message, nonce = field.seal(key, *PLACE, text), text.encode(), os.urandom(24)
        bound = b"".join(len(part).to_bytes(4, "big") + part.encode() for part in ("ravi/2/field", *PLACE))
        data = base64.b64decode(sealed.removeprefix(field.PREFIX))
        _check(key, sealed, data, bound, text)
        calls = effort.of(2000, 500) if count < 1000 else effort.of(200, 50)
        yield _measure(
            f"Sealing a value of {size}",
            "crypto_aead_xchacha20poly1305_ietf_encrypt",
            lambda message=message, bound=bound, nonce=nonce: crypto_aead_xchacha20poly1305_ietf_encrypt(
                message, bound, nonce, key
            ),
            "ravi.crypto.field.seal",
            lambda text=text: field.seal(key, *PLACE, text),
            barred=size == BARRED,
            calls=calls,
            effort=effort,
        )
        yield _measure(
            f"Opening a value of {size}",
            "crypto_aead_xchacha20poly1305_ietf_decrypt",
            lambda data=data, bound=bound: crypto_aead_xchacha20poly1305_ietf_decrypt(data[24:], bound, data[:24], key),
            "ravi.crypto.field.open_",
            lambda sealed=sealed: field.open_(key, *PLACE, sealed),
            barred=size == BARRED,
            calls=calls,
            effort=effort,
        )


def _check(key: bytes, sealed: str, data: bytes, bound: bytes, text: str) -> None:
    """Both sides must do the same work, on the same bytes."""
    bare = crypto_aead_xchacha20poly1305_ietf_decrypt(data[24:], bound, data[:24], key)
    if not bare.decode() == field.open_(key, *PLACE, sealed) == text:
        raise NotMeasured("the bare call and ours do not open to the same text")


def _measure(
    title: str,
    bare: str,
    call_bare: Callable[[], object],
    ours: str,
    call_ours: Callable[[], object],
    *,
    barred: bool,
    calls: int,
    effort: Effort,
) -> Table:
    candidates = {bare: lambda: _microseconds(call_bare, calls), ours: lambda: _microseconds(call_ours, calls)}
    samples = interleave(candidates, rounds=effort.of(60, 15), warm_ups=3)
    return compare(title, "µs", samples, baseline=bare, bars={ours: BAR} if barred else None, notes=NOTES)


def _microseconds(call: Callable[[], object], calls: int) -> float:
    began = time.process_time()
    for _ in range(calls):
        call()
    return (time.process_time() - began) / calls * 1e6
