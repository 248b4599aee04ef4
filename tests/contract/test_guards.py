"""
Rules that hold for the whole tree, checked by walking it.

The exceptions are written out here, each with its reason, and one that is no longer needed fails too.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pytest

import ravi
from ravi import errors
from ravi.server.app import TABLES
from ravi.server.db.migrate import list_migrations
from ravi.wire import codes

SRC = Path(str(resources.files(ravi)))
SERVER = SRC / "server"
TESTS = Path(__file__).resolve().parents[1]
ROUTES = [route for table in TABLES for route in table.all]

#: Who asks for no credential: signing in itself, health, whoever was shown an SSO token, a carrier's signed webhook,
#: and an attachment whose address is signed. What a signature is worth is tested in `test_attachments.py`,
#: `test_sso.py` and `test_carrier_webhooks.py`.
PUBLIC = {
    "GET /.well-known/jwks.json",
    "GET /api/email-attachments/{attachment_uuid}/download/",
    "GET /api/sso/jwks/",
    "GET /healthz",
    "GET /readyz",
    "POST /api/auth/device/",
    "POST /api/auth/device/token/",
    "POST /api/auth/login/",
    "POST /api/auth/token/refresh/",
    "POST /api/phone/carriers/{carrier}/",
    "POST /api/sso/verify/",
    "PUT /api/email-attachments/{upload_uuid}/upload/",
}

FIVE_FILES = {"errors.py", "records.py", "routes.py", "service.py", "storage.py"}

#: Where SQL stands beside the nouns' own `storage.py`.
OTHER_SQL = {
    "auth/forgetting_storage.py": "auth's storage, of what has ended",
    "command/migrate.py": "which migrations are recorded, for the operator",
    "db/migrate.py": "the ledger of migrations",
    "db/postgres.py": "locks and notifications",
    "db/sqlite.py": "transactions, ping",
    "http/idempotency.py": "answers stored with what they created",
    "http/limits.py": "attempts, counted per subject",
    "http/server_keys.py": "keys of the server itself",
    "identities/holdings.py": "the second half of identities' storage: addresses and numbers",
    "identities/mailboxes.py": "whose an address is, for mail that arrives",
    "mail/purging.py": "which rows of mail's storage are erased at once",
    "identities/lines.py": "whose a number is, for texts that arrive and those that go out",
    "mail/outbox_storage.py": "mail's storage, of what is sent",
    "mail/search.py": "each engine has its own index of words",
    "mail/threads.py": "mail's storage, of what belongs together",
    "mail/uploads_storage.py": "mail's storage, of files on their way into a message",
    "phone/devices_storage.py": "what is known of carriers, which belong to no account",
    "phone/queue_storage.py": "phone's storage, of what is sent",
    "phone/spare_storage.py": "numbers that belong to no account yet",
    "vault/passwords_storage.py": "the vault's storage has a file for each kind of entry",
    "vault/sealed_storage.py": "the vault's storage, over entries of every kind",
    "vault/secrets_storage.py": "the vault's storage has a file for each kind of entry",
    "vault/totp_storage.py": "the vault's storage has a file for each kind of entry",
}

#: Statements on tables of tenants that filter by neither account nor identity, and why each may.
UNFILTERED = {
    "auth/storage.py:use_signin_code": "the code itself says whose it is; it is found by its hash",
    "auth/forgetting_storage.py:delete_tokens": "a chore: drops what has expired, whoever owns it",
    "auth/forgetting_storage.py:delete_keys": "a chore: drops what has expired, whoever owns it",
    "auth/forgetting_storage.py:delete_sign_ins": "a chore: drops what has expired, whoever owns it",
    "auth/forgetting_storage.py:delete_signin_codes": "a chore: drops what has expired, whoever owns it",
    "auth/storage.py:find_presented": "turns a presented credential into an account; found by its hash",
    "auth/storage.py:list_standing_credentials": "open streams at once, by rows that find_presented gave",
    "auth/storage.py:list_standing_identities": "open streams at once, by rows that were selected before",
    "auth/storage.py:mark_used": "by the row that find_presented has just returned",
    "auth/storage.py:set_last_used": "by the row that find_presented has returned",
    "auth/storage.py:delete_ended_tokens": "by the sign-in that the presented token belongs to",
    "auth/storage.py:revoke_key": "by the row that the statement before it found within the account",
    "identities/storage.py:list_expired": "the reaper: ends what has expired, whoever owns it",
    "identities/storage.py:insert_many": "looks for uuids that were somebody's, whoever that was",
    "identities/storage.py:was_deleted": "a uuid that was somebody's, whoever that was, is never anybody else's",
    "identities/storage.py:ensure_domain": "the platform's own domains belong to no account",
    "identities/holdings.py:address_exists": "an address is unique among all accounts",
    "identities/mailboxes.py:find": "whoever writes to an address wants whose it is",
    "identities/mailboxes.py:has_domain": "the platform's own domains belong to no account",
    "login/storage.py:insert_grant": "a sign-in that nobody has approved yet belongs to no account",
    "login/storage.py:find_grant_by_device": "before approval it belongs to no account; found by a hash",
    "login/storage.py:find_grant_by_user_code": "the owner types the code to say whose sign-in it is",
    "login/storage.py:decide_grant": "this is what gives it an account",
    "login/storage.py:redeem_grant": "by the row that the device code has found",
    "login/storage.py:keep_answer": "by the row that the device code has found",
    "login/storage.py:forget_answers": "a chore: drops what may no longer be read, whoever owns it",
    "login/storage.py:delete_grants": "a chore: drops what has expired, whoever owns it",
    "login/storage.py:find_session": "turns a cookie into an account; found by its hash",
    "login/storage.py:delete_session": "by the hash of the cookie that asks to be signed out",
    "login/storage.py:delete_sessions": "a chore: drops what has expired, whoever owns it",
    "mail/outbox_storage.py:claim": "the queue: sends what is due, whoever wrote it",
    "mail/outbox_storage.py:take_back": "the queue, at the start of the only server that there is",
    "mail/storage.py:find_owner_of_attachment": "the signature of an address says that whoever has it may",
    "mail/uploads_storage.py:delete_expired": "a chore: drops what has expired, whoever owns it",
    "mail/uploads_storage.py:find_announced": "the signature of an address says that whoever has it may",
    "identities/holdings.py:number_exists": "a number is unique among all accounts",
    "identities/holdings.py:list_to_return": "a chore: tombstones that carriers have not got back, whoever had them",
    "identities/lines.py:find": "whoever texts a number wants whose it is",
    "phone/queue_storage.py:claim": "the queue: sends what is due, whoever wrote it",
    "phone/queue_storage.py:next_due": "the queue: when to look again",
    "phone/queue_storage.py:take_back": "the queue, at the start of the only server that there is",
    "phone/queue_storage.py:find_reported": "a carrier reports about a text by the name that it gave it",
    "http/idempotency.py:forget_old": "a chore: drops what has expired, whoever owns it",
    "sso/storage.py:find": "a signed token says whose it is; found by its hash",
    "sso/storage.py:delete_expired": "a chore: drops what has expired, whoever owns it",
    "waiting/storage.py:delete_replica": "what a server wrote goes with it, whoever it was about",
    "webhooks/storage.py:delete_old": "a chore: drops what was delivered long ago, whoever owns it",
    "webhooks/storage.py:list_accounts_with_news": "the worker: which accounts have a webhook that is behind",
    "webhooks/storage.py:is_any_due": "the worker: whether anything is to be tried, whoever owns it",
    "webhooks/storage.py:list_due": "the worker: what is to be tried, whoever owns it",
}

#: Indexes that start with neither account_id nor identity_id: they answer "who is this?" or serve a chore.
OTHER_INDEXES = {
    "identities_by_end",
    "credentials_by_sign_in",
    "device_grants_by_end",
    "idempotency_by_age",
    "uploads_by_end",
    "deliveries_due",
    "numbers_to_return",
    "sms_by_carrier_ref",
    "sms_due",
    "spare_numbers_by_carrier",
    "sso_tokens_by_end",
    "webhook_deliveries_due",
    "webhook_deliveries_open",
}


# --- routes


def test_every_route_declares_a_scope_or_is_known_to_be_public() -> None:
    assert {f"{route.method} {route.path}" for route in ROUTES if route.scope is None} == PUBLIC


def test_every_path_ends_in_a_slash_and_comes_from_one_place() -> None:
    """Every published client sends the slash; without one declared, the OpenAPI document would be wrong for them."""
    for route in ROUTES:
        assert route.path.endswith("/") or route.path in ("/healthz", "/readyz", "/.well-known/jwks.json"), route.path


def test_every_create_takes_an_idempotency_key() -> None:
    created = [route for route in ROUTES if route.method == "POST" and route.status == 201]

    assert created
    assert [f"{route.method} {route.path}" for route in created if not route.creates] == []


def test_every_handler_says_what_it_takes_and_returns() -> None:
    for route in ROUTES:
        assert "return" in route.hints, f"{route.method} {route.path} has no return annotation"
        assert route.summary, f"{route.method} {route.path} has no docstring"


# --- nouns


def nouns() -> list[Path]:
    """Folders of the server that hold records, rules or rows of their own; the others only keep a place or a page."""
    telling = {"records.py", "service.py", "storage.py"}
    return sorted(folder for folder in SERVER.iterdir() if telling & {file.name for file in folder.glob("*.py")})


@pytest.mark.parametrize("folder", nouns(), ids=lambda folder: folder.name)
def test_every_noun_has_the_same_five_files(folder: Path) -> None:
    assert {file.name for file in folder.glob("*.py")} >= FIVE_FILES


@pytest.mark.parametrize("folder", [f for f in SERVER.iterdir() if (f / "__init__.py").exists()], ids=lambda f: f.name)
def test_every_package_says_what_it_owns(folder: Path) -> None:
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))


def test_names_that_say_nothing_are_not_used() -> None:
    bad = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base"}
    assert [path for path in SRC.rglob("*") if path.stem in bad and path.suffix in ("", ".py")] == []


@pytest.mark.parametrize("root", [SRC, TESTS], ids=lambda root: root.name)
def test_no_file_has_outgrown_itself(root: Path) -> None:
    assert {str(path): n for path in root.rglob("*.py") if (n := len(path.read_text().splitlines())) > 500} == {}


# --- SQL


@dataclass(frozen=True)
class Statement:
    """One SQL text, and the function it stands in."""

    file: str
    function: str
    sql: str
    source: str
    """The whole function."""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.function}"


IS_SQL = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|WITH)\b")


def statements() -> list[Statement]:
    return [each for path in sorted(SERVER.rglob("*.py")) for each in _statements_of(path)]


def _statements_of(path: Path) -> Iterator[Statement]:
    text = path.read_text()
    module = ast.parse(text)
    constants = {
        target.id: _text(node.value, {})
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and call.args):
                continue
            many = isinstance(call.func, ast.Name) and call.func.id in ("insert_many", "insert_rows")
            sql = _text(call.args[1 if many else 0], constants)
            one = isinstance(call.func, ast.Attribute) and call.func.attr in ("one", "all", "run", "execute")
            if (one or many) and IS_SQL.match(sql):
                source = ast.get_source_segment(text, function) or ""
                yield Statement(str(path.relative_to(SERVER)), function.name, sql, source)


def _text(node: ast.expr, constants: dict[str, str]) -> str:
    """The text of a string expression; what is not known stands as `?`."""
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=values):
            return "".join(_text(value, constants) for value in values)
        case ast.FormattedValue(value=value):
            return _text(value, constants)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left, constants) + _text(right, constants)
        case ast.Name(id=name):
            return constants.get(name, "?")
        case ast.Call(func=ast.Attribute(attr="join")):
            return "(conditions)"
    return "?"


def tables() -> dict[str, set[str]]:
    """Every table of the schema with its columns."""
    sql = "\n".join(migration.sql for migration in list_migrations())
    found = {}
    for name, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", sql, re.DOTALL):
        found[name] = {line.split()[0] for line in body.splitlines() if line.strip() and line.split()[0].islower()}
    return found


TENANT_TABLES = {name for name, columns in tables().items() if columns & {"account_id", "identity_id"}}
FILTER = re.compile(r"\b(?:account_id|identity_id)\s*(?:=\s*:|IS NULL)")


def filtered(sql: str) -> bool:
    if sql.lstrip().startswith("INSERT"):
        columns = re.search(r"INSERT INTO [\w?]+\s*\(([^)]*)\)", sql)
        return columns is not None and "account_id" in re.findall(r"\w+", columns[1])
    return states_its_owner(sql) or "(conditions)" in sql


def states_its_owner(sql: str) -> bool:
    return bool(FILTER.search(sql.partition("WHERE")[2]))


def test_the_walk_finds_the_statements() -> None:
    """Guards the guard: a walk that finds nothing would let everything pass."""
    found = statements()
    assert len(found) > 60
    assert {each.file for each in found} >= {"auth/storage.py", "identities/storage.py", "events/storage.py"}
    assert {"insert_many", "insert_addresses"} <= {each.function for each in found}
    assert {"identities", "credentials", "events", "addresses", "web_sessions"} <= TENANT_TABLES
    assert not filtered("SELECT account_id FROM identities WHERE uuid = :uuid")
    assert not filtered("UPDATE identities SET account_id = :account WHERE id = :id")
    assert not filtered("INSERT INTO events (id) VALUES (:account_id)")
    assert filtered("SELECT 1 FROM identities i WHERE i.account_id = :account AND i.uuid = :uuid")


def test_sql_stands_in_storage_modules_only() -> None:
    elsewhere = {each.file for each in statements() if not each.file.endswith("/storage.py")}

    assert elsewhere == set(OTHER_SQL)


def test_rows_of_tenants_are_only_reached_through_their_owner() -> None:
    unfiltered = set()
    for each in statements():
        named = set(re.findall(r"\b(?:FROM|INTO|UPDATE|JOIN)\s+(\w+|\?)", each.sql))
        if named & (TENANT_TABLES | {"?"}) and not filtered(each.sql):
            unfiltered.add(each.place)

    assert unfiltered - set(UNFILTERED) == set(), "add a filter by account_id or identity_id"
    assert set(UNFILTERED) - unfiltered == set(), "these exceptions are not needed any more"


#: How a WHERE that is put together from a list begins.
OWNER_FIRST = re.compile(r"conditions = \[\s*\"(?:\w+\.)?account_id = :account\"")


def test_conditions_that_are_put_together_begin_with_the_owner() -> None:
    """The walk above cannot see into a list that is joined."""
    joined = [each for each in statements() if "(conditions)" in each.sql and not states_its_owner(each.sql)]

    assert {"events/storage.py:list_after", "identities/storage.py:list_"} <= {each.place for each in joined}
    assert [each.place for each in joined if not OWNER_FIRST.search(each.source)] == []


def test_every_index_starts_with_the_owner() -> None:
    """So that no query grows with the number of other identities, and the schema can be split by account."""
    sql = "\n".join(migration.sql for migration in list_migrations())
    indexes = dict(re.findall(r"CREATE INDEX (\w+) ON \w+ \((\w+)", sql))

    others = {name for name, first in indexes.items() if first not in ("account_id", "identity_id")}
    assert len(indexes) > 10
    assert others == OTHER_INDEXES


# --- errors


def error_classes(root: type[errors.RaviError] = errors.RaviError) -> list[type[errors.RaviError]]:
    return [root, *(each for child in root.__subclasses__() for each in error_classes(child))]


CODES = {name: value for name, value in vars(codes).items() if name.isupper()}


def test_codes_are_spelled_one_way_and_differ() -> None:
    assert len(set(CODES.values())) == len(CODES)
    assert [code for code in CODES.values() if not re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", code)] == []


def test_every_code_belongs_to_one_class() -> None:
    owners: dict[str, list[str]] = {code: [] for code in CODES.values()}
    for cls in error_classes():
        if "code" in vars(cls):
            assert cls.code in owners, f"{cls.__name__} has a code that wire/codes.py does not list"
            owners[cls.code].append(cls.__name__)

    assert {code: names for code, names in owners.items() if len(names) != 1} == {}


def test_the_drawn_tree_of_errors_names_every_class() -> None:
    assert errors.__doc__ is not None
    public = {cls.__name__ for cls in error_classes() if cls.__module__ == errors.__name__}

    assert {name for name in public if not re.search(rf"\b{name}\b", errors.__doc__)} == set()


def test_hints_are_things_to_do_and_docstrings_say_what_is_wrong() -> None:
    for cls in error_classes():
        assert cls.__doc__, cls.__name__
        assert cls.hint == cls.hint.strip(), cls.__name__
        assert not cls.hint.endswith("."), f"{cls.__name__}: hints have no full stop"
        assert cls.hint[:1] == cls.hint[:1].lower(), f"{cls.__name__}: hints begin with a lower-case letter"
