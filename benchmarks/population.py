"""A database with as many identities as one likes, written with SQL: through the API it would take a minute or more."""

import random
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

import apsw

from benchmarks.measure import NotMeasured
from benchmarks.processes import RAVI_SERVER, environment
from benchmarks.servers import add_account
from ravi.server.auth import tokens
from ravi.server.phone.carriers.loopback import number_of

DOMAIN = "in.ravi.localhost"
_AT = 1_767_225_600_000_000  # 2026-01-01, in microseconds


@dataclass(frozen=True, slots=True)
class Resident:
    """An identity in the database, and a key of its own that the server accepts."""

    uuid: str
    address: str
    key: str


@dataclass(frozen=True, slots=True)
class Population:
    """A data directory with `size` identities, all of one account; `known` are some of them, spread evenly."""

    name: str
    size: int
    code: str
    known: list[Resident]


def populate(folder: Path, size: int, *, known: int) -> Population:
    """
    Make the schema with `ravi-server migrate`, add an account, and fill in *size* identities, each with an
    address, a number, a key and an event, as if they had been created one by one.

    One account owns them all, which is the hardest case: what is indexed by account is of no help.
    """
    name = f"server-{size}"
    argv = [RAVI_SERVER, "migrate", "--data", str(folder / name)]
    done = subprocess.run(argv, env=environment(folder), capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(f"ravi-server migrate: exit {done.returncode}: {done.stderr.strip()}")
    code = add_account(folder, name=name)
    every = max(1, size // known)
    chosen = random.Random(size)
    residents: list[Resident] = []
    db = apsw.Connection(str(folder / name / "ravi.db"))
    with db:
        account = int(str(db.execute("SELECT id FROM accounts").get))
        for number in range(1, size + 1):
            resident = Resident(str(uuid.UUID(int=chosen.getrandbits(128), version=4)), f"task-{number}@{DOMAIN}", "")
            secret = f"nobody has this key {number}"
            if number % every == 0:
                secret = tokens.new_token(tokens.IDENTITY)
                residents.append(Resident(resident.uuid, resident.address, secret))
            _insert(db, account, number, resident, tokens.digest(secret), number_of(number))
    db.close()
    chosen.shuffle(residents)
    return Population(name, size, code, residents)


def _insert(db: apsw.Connection, account: int, number: int, who: Resident, hashed: bytes, phone: str) -> None:
    name = who.address.partition("@")[0]
    db.execute(
        "INSERT INTO identities (id, uuid, account_id, name, status, labels, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, 'active', '{}', ?, ?)",
        (number, who.uuid, account, name, _AT + number, _AT + number),
    )
    db.execute(
        "INSERT INTO addresses (uuid, account_id, identity_id, address, created_at) VALUES (?, ?, ?, ?, ?)",
        (str(uuid.uuid4()), account, number, who.address, _AT + number),
    )
    db.execute(
        "INSERT INTO numbers (account_id, identity_id, carrier, number, created_at) VALUES (?, ?, 'loopback', ?, ?)",
        (account, number, phone, _AT + number),
    )
    db.execute(
        "INSERT INTO credentials (uuid, account_id, identity_id, kind, hash, label, masked, created_at)"
        " VALUES (?, ?, ?, 'identity', ?, 'benchmark', 'ravi_id_…', ?)",
        (str(uuid.uuid4()), account, number, hashed, _AT + number),
    )
    data = f'{{"uuid":"{who.uuid}","name":"{name}","email":"{who.address}","phone":"{phone}"}}'
    db.execute(
        "INSERT INTO events (id, account_id, identity_id, identity_uuid, type, data, created_at)"
        " VALUES (?, ?, ?, ?, 'identity.created', ?, ?)",
        (str(uuid.uuid4()), account, number, who.uuid, data, _AT + number),
    )
