"""`ravi passwords …`: where a password comes from, what is printed, and what never is."""

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ravi.crypto import legacy
from ravi.settings.vault_keys import encode_key
from ravi.wire import codes
from tests.support.fake_servers import Api, problem
from tests.support.vault_rows import ENTRY, KEY_TEXT, OTHER_ENTRY, STAMP, Rows, merged

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
ROWS = Rows(UUID)
row = ROWS.password
PATH = f"/api/passwords/{ENTRY}/"


@pytest.fixture
def api(home: Path, put: Callable[[Path, Any], Path], select: Callable[..., Path]) -> Iterator[Api]:
    """A server that the home directory is signed in at, acting as UUID. No key is there."""
    server = Api()
    put(home / ".ravi" / "auth.json", {"access_token": "ravi_at_canned", "server": server.url})
    select()
    server.routes["GET", "/api/email/"] = lambda _: [{"email": "agent@in.example"}]
    server.routes["POST", "/api/passwords/"] = lambda request: (201, merged(row(), request))
    server.routes["GET", PATH] = lambda _: row()
    server.routes["PATCH", PATH] = lambda request: merged(row(), request)
    yield server
    server.close()


@pytest.fixture
def unlocked(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The server, and the key of UUID's vault in the environment."""
    monkeypatch.setenv("RAVI_VAULT_KEY", KEY_TEXT)
    return api


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """`typed(b"…")` is what the next command reads from stdin, which is no terminal."""
    return lambda content: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


class TestCreate:
    def test_generates_and_prints_the_entry_in_one_document(self, ravi, unlocked) -> None:
        ran = ravi("passwords", "create", "https://www.example.com/login")

        assert (ran.code, ran.err) == (0, "")
        entry = ran.json
        assert (entry["domain"], entry["username"], entry["notes"]) == ("example.com", "agent@in.example", "")
        assert len(entry["password"]) == 16
        assert entry["password"] not in json.dumps(unlocked.requests[-1].body)

    def test_says_so_where_there_is_no_address_to_take_as_username(self, ravi, unlocked) -> None:
        unlocked.routes["GET", "/api/email/"] = lambda _: []

        ran = ravi("passwords", "create", "example.com")

        assert (ran.code, ran.json["username"]) == (0, "")
        assert "no address" in json.loads(ran.err)["warning"]

    def test_an_empty_username_may_be_asked_for(self, ravi, unlocked) -> None:
        ran = ravi("passwords", "create", "example.com", "--username", "")

        assert (ran.json["username"], ran.err) == ("", "")

    @pytest.mark.parametrize(
        ("words", "content"),
        [
            (["--password", "s3cret word"], b""),
            (["--password-stdin"], b"s3cret word"),
            (["--password-stdin"], b"s3cret word\n"),
            (["--password-stdin"], b"s3cret word\r\n"),
            (["--password-file", "password.txt"], b""),
        ],
    )
    def test_takes_a_password_from_argv_stdin_or_a_file(self, ravi, unlocked, typed, words, content) -> None:
        Path("password.txt").write_text("s3cret word\n")
        typed(content)

        assert ravi("passwords", "create", "example.com", *words).json["password"] == "s3cret word"

    def test_generates_as_it_is_told(self, ravi, unlocked) -> None:
        words = ["--length", "40", "--no-special", "--no-digits", "--no-uppercase", "--exclude-chars", "abc"]

        password = ravi("passwords", "create", "example.com", *words).json["password"]

        assert re.fullmatch("[d-z]{40}", password)

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["--password", ""], "--password is empty"),
            (["--password", "a", "--generate"], "exclude each other"),
            (["--password-file", "a", "--password-stdin"], "exclude each other"),
            (["--password", "a", "--length", "8"], "needs --generate"),
            (["--length", "3"], "4 to 256"),
            (["--length", "x"], "--length"),
            (["--no-special", "--no-digits", "--no-uppercase", "--no-lowercase"], "every class"),
            (["--password-stdin"], "several lines"),
            (["--password-file", "missing.txt"], "missing.txt"),
            (["--notes", "x" * 65537], "64 KiB"),
        ],
    )
    def test_what_contradicts_itself_is_refused_before_anything_is_sent(
        self, ravi, unlocked, typed, words, message
    ) -> None:
        typed(b"one\ntwo\n")

        ran = ravi("passwords", "create", "example.com", *words)

        assert (ran.code, ran.out) == (2, "")
        assert message in ran.error["error"]
        assert unlocked.requests == []

    def test_needs_a_site_that_is_one(self, ravi, unlocked) -> None:
        assert ravi("passwords", "create", "not a host").code == 2
        assert unlocked.requests == []

    def test_in_a_locked_vault_ends_with_exit_10_and_sends_nothing(self, ravi, api) -> None:
        ran = ravi("passwords", "create", "example.com", "--password", "s3cret word")

        assert (ran.code, ran.error["code"]) == (10, codes.VAULT_LOCKED)
        assert api.requests == []


class TestList:
    def test_shows_no_password_and_no_notes(self, ravi, unlocked) -> None:
        unlocked.routes["GET", "/api/passwords/?values=false"] = lambda _: [row(notes="private")]

        ran = ravi("passwords", "list")

        expected = {
            "uuid": ENTRY,
            "domain": "example.com",
            "username": "ada",
            "created_dt": STAMP,
            "updated_dt": STAMP,
        }
        assert (ran.json, ran.err) == ([expected], "")
        human = ravi("passwords", "list", "--human").out
        assert "ada" in human
        assert "hunter2" not in human
        assert "private" not in human

    def test_shows_domains_and_one_warning_while_the_vault_is_locked(self, ravi, api) -> None:
        api.routes["GET", "/api/passwords/?values=false"] = lambda _: [row(), row(OTHER_ENTRY)]

        ran = ravi("passwords", "list")

        assert ran.code == 0
        assert [(entry["domain"], entry["username"]) for entry in ran.json] == [("example.com", None)] * 2
        assert "usernames" in json.loads(ran.err)["warning"]

    def test_of_nothing_needs_no_key(self, ravi, api) -> None:
        api.routes["GET", "/api/passwords/?values=false"] = lambda _: []

        ran = ravi("passwords", "list")

        assert (ran.json, ran.err) == ([], "")
        assert "no sign-ins" in ravi("passwords", "list", "--human").out


class TestGet:
    def test_prints_the_entry_readable_by_uuid_or_site(self, ravi, unlocked) -> None:
        unlocked.routes["GET", "/api/passwords/?domain=example.com"] = lambda _: [row()]

        for ref in (ENTRY, "mail.example.com"):
            ran = ravi("passwords", "get", ref)
            assert (ran.json["password"], ran.json["site"], ran.err) == ("hunter2", "example.com", "")
        assert "hunter2" in ravi("passwords", "get", ENTRY, "--human").out

    def test_of_a_site_with_several_names_them_and_ends_with_exit_5(self, ravi, unlocked) -> None:
        rows = [row(), row(OTHER_ENTRY, username="grace")]
        unlocked.routes["GET", "/api/passwords/?domain=example.com"] = lambda _: rows

        ran = ravi("passwords", "get", "example.com")

        assert (ran.code, ran.out) == (5, "")
        assert [each["uuid"] for each in ran.error["details"]] == [ENTRY, OTHER_ENTRY]
        assert ran.error["details"][1] == {"uuid": OTHER_ENTRY, "domain": "example.com", "username": "grace"}
        human = ravi("passwords", "get", "example.com", "--human").err
        assert ENTRY in human
        assert "grace" in human
        assert "hunter2" not in human

    def test_of_nothing_ends_with_exit_4(self, ravi, unlocked) -> None:
        unlocked.routes["GET", "/api/passwords/?domain=example.com"] = lambda _: []
        message = "No PasswordEntry matches the given query."
        unlocked.routes["GET", f"/api/passwords/{OTHER_ENTRY}/"] = (404, problem(codes.NOT_FOUND, message))

        for ref in ("example.com", OTHER_ENTRY):
            ran = ravi("passwords", "get", ref)
            assert (ran.code, ran.out, ran.error["code"]) == (4, "", codes.NOT_FOUND)

    def test_prints_nothing_of_an_entry_that_was_relabelled(self, ravi, unlocked) -> None:
        relabelled = {**row(domain="evil.example"), "domain": "example.com"}
        unlocked.routes["GET", "/api/passwords/?domain=example.com"] = lambda _: [relabelled]

        ran = ravi("passwords", "get", "example.com")

        assert (ran.code, ran.out, ran.error["code"]) == (10, "", codes.VAULT_UNREADABLE)
        assert "hunter2" not in ran.err

    def test_prints_nothing_where_only_the_server_says_which_site_it_is_for(self, ravi, unlocked) -> None:
        unlocked.routes["GET", PATH] = {**row(), "site": ""}

        ran = ravi("passwords", "get", ENTRY)

        assert (ran.code, ran.out, ran.error["code"]) == (10, "", codes.VAULT_UNREADABLE)
        assert f"ravi passwords update {ENTRY} --domain example.com" in ran.error["hint"]

    def test_warns_of_that_in_an_account_of_the_published_client(self, ravi, api, home, put) -> None:
        seed = bytes(range(32))
        keys = {"root_key": legacy.root_key(seed), "legacy_key": seed}
        auth = json.loads((home / ".ravi" / "auth.json").read_text())
        put(home / ".ravi" / "auth.json", auth | {name: encode_key(key) for name, key in keys.items()})
        api.routes["GET", PATH] = {**row(), "username": "", "password": "", "notes": "", "site": ""}

        ran = ravi("passwords", "get", ENTRY)

        assert (ran.code, ran.json["site"]) == (0, "")
        warnings = [json.loads(line) for line in ran.err.splitlines()]
        assert any("not sealed" in each["warning"] and "--domain example.com" in each["hint"] for each in warnings)


class TestUpdate:
    @pytest.mark.parametrize("verb", ["update", "edit"])
    def test_changes_what_is_named(self, ravi, unlocked, verb) -> None:
        entry = ravi("passwords", verb, ENTRY, "--password", "new word", "--notes", "n").json

        assert (entry["password"], entry["notes"], entry["username"]) == ("new word", "n", "ada")
        assert set(unlocked.requests[-1].body) == {"password", "notes", "revision", "sealed_for"}

    def test_generates_only_when_asked_to(self, ravi, unlocked) -> None:
        assert len(ravi("passwords", "update", ENTRY, "--generate", "--length", "20").json["password"]) == 20
        assert ravi("passwords", "update", ENTRY, "--username", "grace").json["password"] == "hunter2"
        ran = ravi("passwords", "update", ENTRY, "--username", "grace", "--length", "20")
        assert (ran.code, "needs --generate" in ran.error["error"]) == (2, True)

    def test_of_nothing_is_a_usage_error(self, ravi, unlocked) -> None:
        ran = ravi("passwords", "update", ENTRY)

        assert (ran.code, ran.error["error"]) == (2, "no fields specified to update")
        assert unlocked.requests == []

    def test_that_somebody_else_forestalled_ends_with_exit_5(self, ravi, unlocked) -> None:
        unlocked.routes["PATCH", PATH] = (409, problem(codes.VAULT_CHANGED, "changed in between"))

        ran = ravi("passwords", "update", ENTRY, "--password", "mine")

        assert (ran.code, ran.out, ran.error["code"]) == (5, "", codes.VAULT_CHANGED)


class TestDelete:
    def test_of_one_prints_its_receipt_and_needs_no_key(self, ravi, api) -> None:
        api.routes["GET", "/api/passwords/?domain=example.com&values=false"] = lambda _: [row()]
        api.routes["DELETE", PATH] = (204, None)

        assert ravi("passwords", "delete", "example.com").json == {"status": "deleted", "entry": "example.com"}
        assert ravi("passwords", "delete", ENTRY, "--human").out == f"deleted {ENTRY}\n"

    def test_of_several_goes_on_after_a_failure(self, ravi, api) -> None:
        api.routes["DELETE", PATH] = (204, None)

        ran = ravi("passwords", "delete", OTHER_ENTRY, ENTRY)

        assert (ran.code, ran.json) == (4, [{"status": "deleted", "entry": ENTRY}])
        assert ran.error["error"].startswith(OTHER_ENTRY)


def test_history_prints_former_versions(ravi, unlocked) -> None:
    versions = [{**row(password=word), "replaced_dt": STAMP} for word in ("second", "first")]
    unlocked.routes["GET", f"{PATH}history/"] = lambda _: [
        {name: version[name] for name in ("username", "password", "notes", "replaced_dt")} for version in versions
    ]

    found = ravi("passwords", "history", ENTRY).json

    assert found == [
        {"username": "ada", "password": word, "notes": "", "replaced_dt": STAMP} for word in ("second", "first")
    ]
    human = ravi("passwords", "history", ENTRY, "--human").out
    assert human.index("second") < human.index("first")


class TestGenerate:
    def test_needs_no_server_no_sign_in_and_no_file(self, ravi) -> None:
        ran = ravi("passwords", "generate", "--length", "32", "--no-special")

        assert re.fullmatch("[A-Za-z0-9]{32}", ran.json["password"])
        assert set(ran.json) == {"password"}

    def test_prints_the_bare_password_for_people(self, ravi) -> None:
        first, second = (ravi("passwords", "generate", "--human").out for _ in range(2))

        assert len(first) == len("0123456789abcdef\n")
        assert first != second

    @pytest.mark.parametrize("words", [["--length", "257"], ["--no-special", "--exclude-chars", "0123456789"]])
    def test_refuses_what_no_password_fits(self, ravi, words) -> None:
        ran = ravi("passwords", "generate", *words)

        assert (ran.code, ran.out) == (2, "")
