"""
What the two most frequent commands may load.

Each module costs every call of every agent. Adding one to these lists is allowed, and is a decision: measure
before and after (`make bench`), and say why in the commit.
"""

import json
import os
import subprocess
import sys

import pytest

from ravi.cli.table import COMMANDS

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"

#: Loaded by whatever is written in Python: future statements cost nothing.
_FREE = {"__future__"}

#: `json` parses the answer and prints it; it needs `re`, which needs `enum` and the rest of these.
_JSON = {
    "_collections",
    "_functools",
    "_json",
    "_operator",
    "_sre",
    "collections",
    "copyreg",
    "enum",
    "functools",
    "itertools",
    "json",
    "json.decoder",
    "json.encoder",
    "json.scanner",
    "keyword",
    "operator",
    "re",
    "re._casefix",
    "re._compiler",
    "re._constants",
    "re._parser",
    "reprlib",
    "types",
}

_SOCKET = {"_socket", "array", "errno", "math", "select", "selectors", "socket"}

#: `httptools` itself asks for `typing`.
_HTTPTOOLS = {
    "_cython",
    "_typing",
    "collections.abc",
    "contextlib",
    "cython_runtime",
    "httptools",
    "httptools._version",
    "httptools.parser",
    "httptools.parser.errors",
    "httptools.parser.parser",
    "httptools.parser.protocol",
    "httptools.parser.url_parser",
    "typing",
    "typing.io",
    "typing.re",
    "warnings",
}

#: `getaddrinfo` encodes a host that is text.
_NAMES = {"encodings.idna", "stringprep", "unicodedata"}

VERSION = _FREE
GET_EMAIL = _FREE | _JSON | _SOCKET | _HTTPTOOLS | _NAMES

#: Modules that were measured and left out on purpose; true of every Python version.
BANNED = {
    "argparse",
    "asyncio",
    "dataclasses",
    "datetime",
    "difflib",
    "gettext",
    "hashlib",
    "http.client",
    "importlib.metadata",
    "inspect",
    "logging",
    "pathlib",
    "shutil",
    "ssl",
    "subprocess",
    "tempfile",
    "traceback",
    "urllib",
    "uuid",
}


def loaded_by(*argv: str) -> set[str]:
    """The modules that a fresh process has after running *argv*, and a process that does nothing has not."""
    program = (
        "import sys; before = set(sys.modules)\n"
        "from ravi.cli.main import main\n"
        f"code = main({list(argv)!r})\n"
        "print('\\n'.join(sorted(set(sys.modules) - before)), file=sys.stderr)\n"
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)
    return {"_cython" if name.startswith("_cython_") else name for name in done.stderr.split()}


def foreign(modules: set[str]) -> set[str]:
    """Those that are not ours."""
    return {name for name in modules if name.partition(".")[0] != "ravi"}


@pytest.fixture
def email(signed_in, select) -> set[str]:
    """What `ravi get email --json` loads."""
    select()
    signed_in.on(
        "GET /api/email/", [{"id": 1, "uuid": UUID, "email": "a@b.example", "created_dt": "2026-11-23T00:00:00Z"}]
    )
    return loaded_by("get", "email", "--json")


only_here = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the standard library differs by version")


@only_here
def test_version_loads_nothing_foreign() -> None:
    assert foreign(loaded_by("version")) == VERSION


@only_here
def test_get_email_loads_exactly_this(email: set[str]) -> None:
    assert sorted(foreign(email)) == sorted(GET_EMAIL)


def test_get_email_loads_nothing_that_was_left_out_on_purpose(email: set[str]) -> None:
    assert {name for name in email if name in BANNED or name.partition(".")[0] in BANNED} == set()


def test_get_email_loads_one_verb_and_no_shapes(email: set[str]) -> None:
    modules = {path for path, _ in COMMANDS.values()}

    assert modules & email == {"ravi.cli.get.email"}
    assert {name for name in email if name.startswith("ravi.wire.")} == {"ravi.wire.codes", "ravi.wire.paths"}
    assert not any(name.startswith("ravi.server") for name in email)


@pytest.mark.parametrize("argv", [["help", "exit-codes", "--json"], ["help", "environment", "--json"], ["status"]])
def test_commands_without_arguments_of_their_own_load_no_parser(argv: list[str]) -> None:
    assert "argparse" not in loaded_by(*argv)
