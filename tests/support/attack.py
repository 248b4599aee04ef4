"""
An attack on a stolen database: everything that a thief can try who has a list of PINs.

    python tests/support/attack.py DATABASE PINS [--recovery-code FILE] [--json]

DATABASE is the SQLite file of a server, PINS a text file with a PIN a line. For every PIN it makes the key of the
published client v0.5.2 and opens what that key opens; and it tries to open each wrapped root, with everything in the
database that could be a secret key or, without any PIN, could be a key itself. Salts and sealed texts are also
carved out of the file's free pages, where something deleted may be left. With --recovery-code the thief has the
laptop too: the file is a recovery-code.txt or an auth.json.

Written from docs/reference/cryptography.md, and imports nothing of ours. Exit 0: nothing opened; 3: something did.
"""

import argparse
import base64
import binascii
import contextlib
import hashlib
import json
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_box_seal_open,
    crypto_box_seed_keypair,
)
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: kind, name of the entry, its fields: what a field is bound to besides its identity.
TABLES = {
    "secrets": ("secret", "t.key", ("value", "notes")),
    "passwords": ("password", "t.uuid", ("username", "password", "notes", "site")),
    "totps": ("totp", "t.uuid", ("secret", "username")),
}
#: 16 bytes in base64: by themselves, or where a row of key material goes on with what is sealed under it.
SALT = re.compile(rb"(?:(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{22}==)|(?:[A-Za-z0-9+/]{22}==(?=root2::|[A-Za-z0-9+/]{100}))")
SEALED = """SELECT i.uuid, {entry}, {fields} FROM {table} t JOIN identities i ON i.id = t.identity_id"""
VERSIONS = """SELECT i.uuid, p.uuid, v.username, v.password, v.notes FROM password_versions v
              JOIN identities i ON i.id = v.identity_id JOIN passwords p ON p.id = v.password_id"""


class Place(NamedTuple):
    """What a sealed text is bound to."""

    identity: str
    kind: str
    entry: str
    field: str


NOWHERE = Place("", "carved out", "", "")


@dataclass
class Loot:
    """
    What was found in the database.

    `sealed` has the places of every sealed text; those of the `carved` ones, which lay in free pages or in the
    write-ahead log, nobody knows. `maybe` are bytes that could be keys, by their length.
    """

    accounts: list[str] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)
    salts: set[bytes] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)
    sealed: dict[str, Place] = field(default_factory=dict)
    carved: list[str] = field(default_factory=list)
    maybe: dict[int, set[bytes]] = field(default_factory=lambda: {20: set(), 32: set()})

    def places(self, identity: str) -> list[Place]:
        return [place for text, place in self.sealed.items() if place.identity == identity and is_new(text)]

    def texts_at(self, place: Place) -> list[str]:
        """What may be sealed for *place*: what stands there, its former versions, and whatever was carved out."""
        return [text for text, there in self.sealed.items() if there == place and is_new(text)] + [
            text for text in self.carved if is_new(text)
        ]


@dataclass
class Haul:
    """What opened: roots, and places and texts by sealed text, each with how it was done."""

    roots: dict[bytes, str] = field(default_factory=dict)
    fields: dict[str, tuple[Place, str, str]] = field(default_factory=dict)


def is_new(text: str) -> bool:
    return text.startswith("e2e2::")


def steal(database: Path) -> Loot:
    """Read everything of use out of the SQLite file at *database* and what lies beside it."""
    loot = Loot()
    with tempfile.TemporaryDirectory() as folder:
        raw = b""
        for end in ("", "-wal", "-shm"):
            path = database.with_name(database.name + end)
            if path.exists():
                raw += path.read_bytes()
                shutil.copy(path, Path(folder) / ("stolen.db" + end))
        with contextlib.closing(sqlite3.connect(Path(folder) / "stolen.db")) as db:
            loot.accounts = [uuid for (uuid,) in db.execute("SELECT uuid FROM accounts")]
            loot.identities = [uuid for (uuid,) in db.execute("SELECT uuid FROM identities")]
            loot.sealed = dict(sealed_in(db))
            for cell in cells(db):
                harvest(cell, loot.maybe)
                loot.salts |= {salt for salt in decoded(cell, 16) if cell.endswith(b"==")}
    texts = dict.fromkeys(found.decode() for found in re.findall(rb"e2e2?::[A-Za-z0-9+/]+={0,2}", raw))
    loot.carved = [text for text in texts if text not in loot.sealed]
    loot.roots = {found.decode() for found in re.findall(rb"root2::[A-Za-z0-9+/]+={0,2}", raw)}
    loot.salts |= {salt for found in SALT.findall(raw) for salt in decoded(found, 16)}
    return loot


def sealed_in(db: sqlite3.Connection) -> Iterator[tuple[str, Place]]:
    for table, (kind, entry, names) in TABLES.items():
        fields = ", ".join(f"t.{name}" for name in names)
        rows = db.execute(SEALED.format(table=table, entry=entry, fields=fields)).fetchall()
        if kind == "password":
            rows += [(*row, "") for row in db.execute(VERSIONS)]
        for identity, found, *texts in rows:
            yield from (
                (text, Place(identity, kind, found, name)) for name, text in zip(names, texts, strict=True) if text
            )


def cells(db: sqlite3.Connection) -> Iterator[bytes]:
    """Every text and every blob of every table that is not sealed. Virtual tables keep theirs in ordinary ones."""
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL %'"
    for (table,) in db.execute(tables).fetchall():
        for row in db.execute(f'SELECT * FROM "{table}"'):
            yield from (
                cell.encode() if isinstance(cell, str) else cell for cell in row if isinstance(cell, str | bytes)
            )


def harvest(cell: bytes, maybe: dict[int, set[bytes]]) -> None:
    """Put into *maybe* whatever in *cell* has the length of a key, in any usual spelling or in the middle of others."""
    found = [cell]
    for token in re.findall(rb"[A-Za-z0-9+/=_-]{20,}", cell):
        found += [token, *decoded(token)]
    for data in found:
        for size, keys in maybe.items():
            keys.update(data[at : at + size] for at in range(min(len(data) - size, 1024) + 1))


def decoded(token: bytes, size: int | None = None) -> Iterator[bytes]:
    """What *token* is in base 64, hexadecimal, or a recovery code's base 32; with *size* only of so many bytes."""
    url = b"-" in token or b"_" in token
    tries: tuple[Callable[[], bytes], ...] = (
        lambda: base64.b64decode((bare := token.rstrip(b"=")) + b"=" * (-len(bare) % 4), b"-_" if url else b"+/"),
        lambda: bytes.fromhex(token.decode()),
        lambda: from_recovery_code(token.decode()),
    )
    for each in tries:
        with contextlib.suppress(ValueError, binascii.Error):
            data = each()
            if size is None or len(data) == size:
                yield data


def from_recovery_code(text: str) -> bytes:
    """The secret key in a recovery code, whose last four characters only check the others. Raises ValueError."""
    number = 0
    for char in text.strip().replace("-", "").upper()[:32].ljust(32, "?"):
        number = number * 32 + CROCKFORD.index(char)
    return number.to_bytes(20, "big")


def derive(key: bytes, label: str, context: bytes = b"") -> bytes:
    return hashlib.blake2b(b"ravi/2/" + label.encode() + b"\0" + context, key=key, digest_size=32).digest()


def bound_to(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def unseal(key: bytes, text: str, additional: bytes) -> bytes | None:
    with contextlib.suppress(CryptoError, ValueError):
        data = base64.b64decode(text.partition("::")[2])
        return bytes(crypto_aead_xchacha20poly1305_ietf_decrypt(data[24:], additional, data[:24], key))
    return None


def unbox(seed: bytes, text: str) -> bytes | None:
    with contextlib.suppress(CryptoError, ValueError, TypeError):
        return bytes(crypto_box_seal_open(base64.b64decode(text.partition("::")[2]), *crypto_box_seed_keypair(seed)))
    return None


def attack(loot: Loot, pins: list[str], secret_keys: list[bytes]) -> Haul:
    """Try everything. *secret_keys* are those of a laptop that was stolen as well."""
    haul = Haul()
    guesses = [*secret_keys, bytes(20), b"", *loot.maybe[20]]
    for pin in pins:
        for salt in loot.salts:
            seed = argon2id.kdf(32, pin.encode(), salt, opslimit=3, memlimit=64 * 1024 * 1024)
            for box in (*loot.sealed, *loot.carved):
                if (text := unbox(seed, box)) is not None:
                    haul.fields[box] = (
                        loot.sealed.get(box, NOWHERE),
                        text.decode(errors="replace"),
                        f"the PIN {pin} alone",
                    )
            use_root(loot, haul, derive(seed, "v1-root"), f"the PIN {pin} alone")
            for key, how in unlock_keys(seed, guesses, secret_keys):
                for root in loot.roots:
                    for account in loot.accounts:
                        opened = unseal(key, root, bound_to(b"ravi/2/root", account.encode(), salt))
                        if opened is not None:
                            haul.roots[opened] = f"the PIN {pin}{how}"
                            use_root(loot, haul, opened, haul.roots[opened])
    for key in loot.maybe[32]:
        use_root(loot, haul, key, "a key that lay in the database")
        use_vault_key(loot, haul, derive(key, "vault"), "an identity's key that lay in the database")
        use_vault_key(loot, haul, key, "a vault key that lay in the database")
    return haul


def unlock_keys(stretched: bytes, guesses: list[bytes], stolen: list[bytes]) -> Iterator[tuple[bytes, str]]:
    yield stretched, " without a secret key"
    for guess in guesses:
        how = "the stolen secret key" if guess in stolen else "a secret key that lay in the database"
        yield derive(stretched, "unlock", guess), f" and {how}"


def use_root(loot: Loot, haul: Haul, root: bytes, how: str) -> None:
    for identity in loot.identities:
        use_vault_key(loot, haul, derive(derive(root, "identity", identity.encode()), "vault"), how, identity)


def use_vault_key(loot: Loot, haul: Haul, key: bytes, how: str, identity: str | None = None) -> None:
    """Open with *key* what it opens: of one identity, or, where nobody knows whose key it is, of any."""
    for owner in loot.identities if identity is None else [identity]:
        places = loot.places(owner)
        # One place shows whether the key is any good: there are many keys to try, and few that are.
        if places and any(open_field(key, places[0], text) is not None for text in loot.texts_at(places[0])):
            for place in places:
                for text in loot.texts_at(place):
                    if (opened := open_field(key, place, text)) is not None:
                        haul.fields.setdefault(text, (place, opened, how))


def open_field(key: bytes, place: Place, text: str) -> str | None:
    opened = unseal(key, text, bound_to(b"ravi/2/field", *(part.encode() for part in place)))
    return None if opened is None else opened.decode(errors="replace")


def secret_keys_in(path: Path) -> list[bytes]:
    """Of a recovery-code.txt, or every one in an auth.json."""
    text = path.read_text()
    if not text.startswith("{"):
        return [from_recovery_code(text.split("\n", 1)[0])]
    saved = json.loads(text)
    codes = [saved.get("secret_key"), *saved.get("other_secret_keys", {}).values()]
    return [from_recovery_code(code) for code in codes if code]


def main() -> int:
    parser = argparse.ArgumentParser(description="try to open the vaults in a stolen database")
    parser.add_argument("database", type=Path, help="the SQLite file of a server")
    parser.add_argument("pins", type=Path, help="a text file with a PIN a line")
    parser.add_argument("--recovery-code", metavar="FILE", type=Path, help="a stolen recovery-code.txt or auth.json")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    args = parser.parse_args()
    pins = args.pins.read_text().split("\n")
    pins = [pin for pin in pins if pin]
    loot = steal(args.database)
    haul = attack(loot, pins, secret_keys_in(args.recovery_code) if args.recovery_code else [])
    report(loot, haul, pins, args.json)
    return 3 if haul.roots or haul.fields else 0


def report(loot: Loot, haul: Haul, pins: list[str], as_json: bool) -> None:
    document: dict[str, Any] = {
        "pins": len(pins),
        "salts": len(loot.salts),
        "keys_tried": len(loot.maybe[20]) + len(loot.maybe[32]),
        "sealed": len(loot.sealed),
        "carved": len(loot.carved),
        "wrapped_roots": len(loot.roots),
        "opened_roots": sorted(haul.roots.values()),
        "opened": [{**place._asdict(), "text": text, "how": how} for place, text, how in haul.fields.values()],
    }
    if as_json:
        print(json.dumps(document, indent=2))
        return
    print(f"{len(loot.sealed)} sealed texts, {len(loot.carved)} more in free pages, {len(loot.roots)} wrapped roots")
    print(f"tried {len(pins)} PINs and {document['keys_tried']} byte strings that could be a key")
    for how in haul.roots.values():
        print(f"OPENED a root with {how}")
    for each in document["opened"]:
        print(f"OPENED {each['kind']} {each['entry']}, {each['field']}, with {each['how']}: {each['text']!r}")
    if not document["opened"] and not haul.roots:
        print("nothing opened")


if __name__ == "__main__":
    sys.exit(main())
