"""Answers sealed under a secret that only the client holds."""

import pytest

from ravi.server.http.sealing import seal, unseal

SECRET = "0123456789abcdef"


def test_what_is_sealed_opens_with_the_same_secret() -> None:
    assert unseal(SECRET, seal(SECRET, b"answer")) == b"answer"


def test_sealing_twice_gives_different_bytes() -> None:
    assert seal(SECRET, b"answer") != seal(SECRET, b"answer")


def test_another_secret_does_not_open_it() -> None:
    with pytest.raises(ValueError, match="does not open"):
        unseal(SECRET[:-1], seal(SECRET, b"answer"))


def test_a_changed_byte_is_noticed() -> None:
    sealed = bytearray(seal(SECRET, b"answer"))
    sealed[-1] ^= 1
    with pytest.raises(ValueError, match="does not open"):
        unseal(SECRET, bytes(sealed))
