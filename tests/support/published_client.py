"""
The published client v0.5.2 as servers see it: what it sends, and what it makes of the answers. Nothing of ours in it.

It has no way to be told a server of its own, so that it cannot be run here. Its vault is sealed with a key pair that
is made of a PIN of six digits and a salt that the server keeps.
"""

import base64
import hashlib
import os
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from nacl.pwhash import argon2id

from tests.support.http import Http, Reply

PREFIX = "e2e::"
_VERIFIED = b"ravi-e2e-verify"

#: Go sends the fields of its structs that nobody set.
_UNSET = {"uuid": "", "created_dt": "", "updated_dt": ""}


class PinWrong(Exception):
    """The verifier does not open, or the public key is another."""


class PublishedClient:
    """
    One machine with the client v0.5.2, signed in: *http* holds an ordinary token of the account.

    `sign_in` asks for the key material and sets it up where there is none, as the first machine does.
    """

    def __init__(self, http: Http, pin: str = "123456") -> None:
        self.account = http
        self.http = http
        self.pin = pin
        self._private: PrivateKey | None = None

    def sign_in(self) -> "PublishedClient":
        """What `ravi auth login` does after the tokens came. Raises PinWrong."""
        meta = _ok(self.account.get("/api/encryption/"))
        if not meta["public_key"]:
            return self._set_up()
        private = key_pair(self.pin, base64.b64decode(meta["salt"]))
        try:
            proof = SealedBox(private).decrypt(base64.b64decode(meta["verifier"]))
        except CryptoError:
            raise PinWrong from None
        if proof != _VERIFIED or _text(bytes(private.public_key)) != meta["public_key"]:
            raise PinWrong
        self._private = private
        return self

    def act_as(self, uuid: str) -> "PublishedClient":
        """What `ravi identity use` does: from here on the vault is asked with tokens of this identity alone."""
        pair = _ok(self.account.post("/api/auth/bind-identity/", {"identity": uuid}))
        self.http = self.account.holding(pair["access"])
        return self

    def set_secret(self, key: str, value: str) -> None:
        """`ravi secrets set KEY VALUE`: look, then change or create."""
        found = _ok(self.http.get(f"/api/secrets/?key={key}"))
        sealed = self.seal(value)
        if found:
            _ok(self.http.patch(f"/api/secrets/{found[0]['uuid']}/", {"value": sealed}))
        else:
            _ok(self.http.post("/api/secrets/", {**_UNSET, "key": key, "value": sealed, "notes": ""}), 201)

    def get_secret(self, key: str) -> str | None:
        """`ravi secrets get KEY`; None when there is none."""
        found = _ok(self.http.get(f"/api/secrets/?key={key}"))
        return self.open(found[0]["value"]) if found else None

    def create_password(self, domain: str, username: str, password: str, notes: str = "") -> str:
        """`ravi passwords create DOMAIN`; the uuid of the entry."""
        sealed = {name: self.seal(text) for name, text in zip(_SEALED, (username, password, notes), strict=True)}
        return _ok(self.http.post("/api/passwords/", {**_UNSET, "domain": domain, **sealed}), 201)["uuid"]

    def change_password(self, uuid: str, password: str) -> None:
        """`ravi passwords edit UUID --password`."""
        _ok(self.http.patch(f"/api/passwords/{uuid}/", {"password": self.seal(password)}))

    def get_password(self, uuid: str) -> dict[str, str]:
        """`ravi passwords get UUID`: domain, username, password, notes."""
        row = _ok(self.http.get(f"/api/passwords/{uuid}/"))
        return {"domain": row["domain"], **{name: self.open(row[name]) for name in _SEALED}}

    def seal(self, text: str) -> str:
        return seal(self.private, text)

    def open(self, text: str) -> str:
        """What is in a sealed box. A text without the prefix is passed on as it is, as this client does."""
        if not text.startswith(PREFIX):
            return text
        return SealedBox(self.private).decrypt(base64.b64decode(text.removeprefix(PREFIX))).decode()

    @property
    def private(self) -> PrivateKey:
        assert self._private is not None, "sign in first"
        return self._private

    def _set_up(self) -> "PublishedClient":
        self._private, metadata = new_vault(self.pin)
        _ok(self.account.patch("/api/encryption/", metadata))
        return self


_SEALED = ("username", "password", "notes")


def new_vault(pin: str) -> tuple[PrivateKey, dict[str, str]]:
    """A pair for a fresh salt, and what the server is told: salt, public key, and a box to check the PIN by."""
    salt = os.urandom(16)
    private = key_pair(pin, salt)
    public = private.public_key
    verifier = SealedBox(public).encrypt(_VERIFIED)
    return private, {"salt": _text(salt), "public_key": _text(bytes(public)), "verifier": _text(verifier)}


def seal(private: PrivateKey, text: str) -> str:
    """A sealed box for the account's own key; an empty text stays empty."""
    return PREFIX + _text(SealedBox(private.public_key).encrypt(text.encode())) if text else ""


def key_pair(pin: str, salt: bytes) -> PrivateKey:
    """The pair that it makes of a PIN: Argon2id, SHA-512, and the first half clamped to a scalar of Curve25519."""
    assert len(pin) == 6
    assert pin.isdecimal()
    seed = argon2id.kdf(32, pin.encode(), salt, opslimit=3, memlimit=64 * 1024 * 1024)
    scalar = bytearray(hashlib.sha512(seed).digest()[:32])
    scalar[0] &= 248
    scalar[31] &= 127
    scalar[31] |= 64
    return PrivateKey(bytes(scalar))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _ok(reply: Reply, status: int = 200) -> Any:
    assert reply.status == status, f"{reply.status}, wanted {status}: {reply.body!r}"
    return reply.json
