"""The finders see what they are meant to see, and nothing that is no check."""

from pathlib import Path

import pytest

from tests.mutations.__main__ import FINDERS
from tests.mutations.callers import names_that_lead_to
from tests.mutations.equivalents import EQUIVALENT
from tests.mutations.memory import Memory
from tests.mutations.reach import Reach
from tests.mutations.sites import find_sites
from tests.mutations.trial import ROOT

SERVER = ROOT / "src" / "ravi" / "server"


def found_in(tmp_path: Path, text: str) -> list[tuple[str, str, str]]:
    (tmp_path / "noun").mkdir(exist_ok=True)
    (tmp_path / "noun" / "file.py").write_text(text)
    return [(site.kind, site.says, site.instead) for site in find_sites(tmp_path, FINDERS)]


OWNER, OVER, SCOPE, SIGNED, FENCE = (
    "identity filter",
    "tombstone check",
    "scope check",
    "signature check",
    "fence",
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            'run("DELETE FROM t WHERE id = :id AND account_id = :account")',
            [(OWNER, "account_id = :account", "TRUE")],
        ),
        ('one("SELECT a FROM t WHERE id = :identity")', [(OWNER, "id = :identity", "TRUE")]),
        ('conditions = ["m.account_id = :account"]', [(OWNER, "m.account_id = :account", "TRUE")]),
        ('x = [("identity_id", identity)]', [(OWNER, '"identity_id", identity', '"identity_id", None')]),
        ('x = "JOIN i ON i.account_id = m.account_id"', [(OWNER, "i.account_id = m.account_id", "TRUE")]),
        ('run("UPDATE t SET account_id = :account WHERE id = :id")', []),
        ('"""account_id = :account"""', []),
        ("x = who.n if who.bound else None", [(OWNER, "who.n if who.bound else None", "None")]),
        ("x = who.n if who.n else None", []),
        ('x = "WHERE (ends_at IS NULL OR ends_at > :at)"', [(OVER, "(ends_at IS NULL OR ends_at > :at)", "TRUE")]),
        ('x = "WHERE revoked_at IS NULL"', [(OVER, "revoked_at IS NULL", "TRUE")]),
        ('x = "s.revoked_at IS NOT NULL OR y"', [(OVER, "s.revoked_at IS NOT NULL", "FALSE")]),
        ('x = "UPDATE t SET status = \'off\' WHERE a"', []),
        ("if a or b:\n    raise Unauthenticated()", [(OVER, "a", "((a) and False)"), (OVER, "b", "((b) and False)")]),
        ("if found.disabled:\n    return None", [(OVER, "found.disabled", "((found.disabled) and False)")]),
        ("if found is None:\n    raise NotFound()", [(FENCE, "found is None", "((found is None) and False)")]),
        ("if small:\n    raise ValueError()", []),
        ("def f():\n    who.require_scope(s)", [(SCOPE, "who.require_scope(s)", "pass")]),
        ("@r.get(p, scope=Scope.AUDIT_READ)\ndef f(): pass", [(SCOPE, "Scope.AUDIT_READ", "Scope.SESSION")]),
        ("@r.get(p, scope=Scope.MAIL_READ)\ndef f(): pass", [(SCOPE, "Scope.MAIL_READ", "None")]),
        ("@r.get(p, scope=Scope.MAIL_READ)\ndef f(who: Principal): pass", []),
        ("if not hmac.compare_digest(a, b):\n    raise Forbidden()", [(SIGNED, "hmac.compare_digest(a, b)", "True")]),
        ("def f():\n    self.public.verify(a, b)", [(SIGNED, "self.public.verify(a, b)", "pass")]),
    ],
)  # fmt: skip
def test_what_is_found(tmp_path: Path, text: str, found: list[tuple[str, str, str]]) -> None:
    assert found_in(tmp_path, text) == found


def test_places_are_right_behind_letters_of_several_bytes(tmp_path: Path) -> None:
    assert found_in(tmp_path, 'if "ü…" == a or b.c:\n    raise Forbidden()')[1] == (FENCE, "b.c", "((b.c) and False)")


def test_what_is_left_is_python(tmp_path: Path) -> None:
    """A mutant that does not even start would be killed by anything."""
    for site in find_sites(SERVER, FINDERS):
        text = (SERVER / site.file).read_text()
        assert text[site.start : site.end] == site.says
        compile(text[: site.start] + site.instead + text[site.end :], site.file, "exec")


def test_every_kind_is_found_in_the_server() -> None:
    sites = find_sites(SERVER, FINDERS)

    assert {site.kind for site in sites} == {OWNER, OVER, SCOPE, SIGNED, FENCE}
    assert {site.file for site in sites} >= {"auth/storage.py", "http/dispatch.py", "mail/signing.py", "sso/jws.py"}
    assert sum(site.kind == OWNER for site in sites) > 150


def test_every_exception_names_a_check_that_is_there(tmp_path: Path) -> None:
    sites = find_sites(SERVER, FINDERS)

    assert EQUIVALENT.keys() - set(Memory(tmp_path, sites, SERVER).names.values()) == set()
    assert [name for name, reason in EQUIVALENT.items() if len(reason) < 20] == []


def test_two_of_one_name_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "noun").mkdir()
    (tmp_path / "noun" / "file.py").write_text('x = "WHERE account_id = :account OR (account_id = :account)"')
    sites = find_sites(tmp_path, FINDERS)

    assert list(Memory(tmp_path / "state", sites, tmp_path).names.values()) == [
        "noun/file.py:x: account_id = :account",
        "noun/file.py:x: account_id = :account #2",
    ]


def test_a_constant_leads_to_the_functions_that_use_it(tmp_path: Path) -> None:
    path = tmp_path / "file.py"
    path.write_text("_A = 'x'\n_B = _A\nclass C:\n    def f(self):\n        return _B\ndef g():\n    return 1\n")

    assert names_that_lead_to(path, "_A") == {"_A", "_B", "C.f"}
    assert names_that_lead_to(path, "g") == {"g"}


def test_the_likeliest_tests_come_first_and_only_for_so_long() -> None:
    near, far = frozenset({"a.py:f", "a.py:g"}), frozenset({"a.py:f", "b.py:h"})
    reach = Reach({"far": 1.0, "near": 1.0, "slow": 9.0, "other": 1.0},
                  {"far": far, "near": near, "slow": far, "other": frozenset({"a.py:g"})})  # fmt: skip

    assert reach.tests_for("a.py", frozenset({"f"}), seconds=60) == ["near", "far", "slow"]
    assert reach.tests_for("a.py", frozenset({"f"}), seconds=1.5) == ["near", "far"]
