"""Signatures for what leaves: dkimpy, untouched by us in another way, accepts them."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from dkim.crypto import parse_pem_private_key

from ravi.errors import ConfigInvalid
from ravi.server.mail.composing import Letter, compose
from ravi.server.mail.dkim import check_dkim
from ravi.server.mail.dkim_signing import Signer
from ravi.server.mail.parsed import Address
from tests.support.dkim_keys import record_of

RAW = compose(
    Letter(
        message_id="<one@in.example>",
        at=datetime(2026, 3, 1, tzinfo=UTC),
        sender=Address("Jürgen", "me@in.example"),
        to=(Address("", "ada@example.org"),),
        cc=(),
        subject="Grüße " * 30,
        text="Hi.\n\n\nthere  \n",
        html="<p>Hi</p>",
    )
)


def rsa_key() -> PrivateKeyTypes:
    return rsa.generate_private_key(65537, 2048)


KEYS: list[Callable[[], PrivateKeyTypes]] = [rsa_key, ed25519.Ed25519PrivateKey.generate]


def written(folder: Path, key: PrivateKeyTypes, encryption: object = None) -> Path:
    file = folder / "dkim.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()))  # type: ignore[arg-type]
    return file


@pytest.mark.parametrize("make", KEYS, ids=["rsa", "ed25519"])
def test_a_signature_verifies_and_covers_everything(make: Callable[[], PrivateKeyTypes], tmp_path: Path) -> None:
    key = make()
    signed = Signer(written(tmp_path, key), "mail").sign(RAW, "in.example")
    asked: list[bytes] = []

    def lookup(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record_of(key)

    assert signed.endswith(RAW)
    assert dkim.verify(signed, dnsfunc=lookup)
    assert asked == [b"mail._domainkey.in.example."]
    for before, after in (
        (b"Hi.", b"Ho."),
        (b"To: ada@", b"To: eve@"),
        (b"Date: ", b"Subject: another one\r\nDate: "),
        (b"Date: ", b"From: eve@example.org\r\nDate: "),
        (b"Date: ", b"Reply-To: eve@example.org\r\nDate: "),
    ):
        assert not dkim.verify(signed.replace(before, after, 1), dnsfunc=lookup), after


class Zone:
    """One name, and nothing else."""

    def __init__(self, name: str, text: bytes) -> None:
        self._texts = {name: [text]}

    async def txt(self, name: str) -> list[bytes]:
        return self._texts.get(name.rstrip("."), [])

    async def nothing(self, name: str) -> list[Any]:
        return []

    a = aaaa = mx = ptr = nothing


@pytest.mark.parametrize("make", KEYS, ids=["rsa", "ed25519"])
async def test_our_own_check_believes_what_we_sign(make: Callable[[], PrivateKeyTypes], tmp_path: Path) -> None:
    key = make()
    signed = Signer(written(tmp_path, key), "mail").sign(RAW, "in.example")
    zone = Zone("mail._domainkey.in.example", record_of(key))

    (good,) = await check_dkim(zone, signed, now=time.time())
    (bad,) = await check_dkim(zone, signed.replace(b"To: ada@", b"To: eve@"), now=time.time())

    assert (good.result, good.domain, bad.result) == ("pass", "in.example", "fail")


def test_the_arithmetic_is_that_of_dkimpy_itself(tmp_path: Path) -> None:
    """Another process has dkimpy as it came; PKCS#1 v1.5 has one signature for one text."""
    key = rsa.generate_private_key(65537, 1024)
    digest = b"x" * 32
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    program = (
        "import sys, hashlib; from dkim.crypto import *\n"
        "key = parse_pem_private_key(sys.stdin.buffer.read())\n"
        "print(RSASSA_PKCS1_v1_5_sign(hashlib.sha256(b'x' * 32), key).hex())"
    )
    theirs = subprocess.run([sys.executable, "-c", program], input=pem, capture_output=True, check=True).stdout

    ours = dkim.RSASSA_PKCS1_v1_5_sign(hashlib.sha256(digest), parse_pem_private_key(pem))
    assert ours.hex() == theirs.decode().strip()


def test_what_is_no_key_for_this_is_refused_at_the_start(tmp_path: Path) -> None:
    no_key = tmp_path / "no.pem"
    no_key.write_text("hello")
    small = rsa.generate_private_key(65537, 1024)
    assert Signer(written(tmp_path, small), "mail").sign(RAW, "in.example")

    for file in (no_key, tmp_path / "missing.pem", written(tmp_path, ec.generate_private_key(ec.SECP256R1()))):
        with pytest.raises(ConfigInvalid, match="dkim_key"):
            Signer(file, "mail")
    with pytest.raises(ConfigInvalid, match="unencrypted"):
        Signer(written(tmp_path, small, BestAvailableEncryption(b"x")), "mail")


def test_the_record_is_what_the_documentation_says() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    assert record_of(key).startswith(b"v=DKIM1; k=ed25519; p=")
    assert len(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)) == 32


def test_what_cannot_be_signed_says_so(tmp_path: Path) -> None:
    signer = Signer(written(tmp_path, rsa_key()), "mail")

    with pytest.raises(ValueError):
        signer.sign(b"no header at all", "in.example")
