"""`ravi secrets …`: where values come from, what is printed, and what never is."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ravi.wire import codes
from tests.support.fake_servers import Api, problem
from tests.support.secret_rows import SecretRows
from tests.support.vault_rows import ENTRY, KEY_TEXT

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
ROWS = SecretRows(UUID)
row = ROWS.secret


@pytest.fixture
def api(home: Path, put: Callable[[Path, Any], Path], select: Callable[..., Path]) -> Iterator[Api]:
    """A server that the home directory is signed in at, acting as UUID. No key is there."""
    server = Api()
    put(home / ".ravi" / "auth.json", {"access_token": "ravi_at_canned", "server": server.url})
    select()
    server.routes["PUT", "/api/secrets/A/"] = lambda request: {**row("A", ""), **request.body}
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


def has(api: Api, **values: str) -> None:
    """Let the server have these secrets."""
    api.routes["GET", "/api/secrets/"] = lambda _: [row(key, value) for key, value in values.items()]


class TestSet:
    @pytest.mark.parametrize(
        ("words", "content", "value"),
        [
            (["A", "a value"], b"", "a value"),
            (["A=a value"], b"", "a value"),
            (["a=b=c=="], b"", "b=c=="),
            (["A", "b=c"], b"", "b=c"),
            (["A", ""], b"", ""),
            (["A="], b"", ""),
            (["A", "--", "-----BEGIN x"], b"", "-----BEGIN x"),
            (["A", "--", "--json"], b"", "--json"),
            (["--", "A", "-v"], b"", "-v"),
            (["A=-v"], b"", "-v"),
            (["A", "--stdin"], b"typed", "typed"),
            (["A", "--stdin"], b"typed\n", "typed"),
            (["A", "--stdin"], b"typed\n\n", "typed\n"),
            (["A", "--stdin"], b"typed\r\n", "typed\r"),
            (["A", "--stdin"], b"", ""),
            (["A", "--stdin"], "\ufeffé\0".encode(), "\ufeffé\0"),
            (["A", "--stdin", "--exact"], b" typed\n", " typed\n"),
            (["A", "--stdin"], b"x" * 65536 + b"\n", "x" * 65536),
            (["A", "--file", "value"], b"", " in\r\na file\n"),
            (["--file", "value", "A"], b"", " in\r\na file\n"),
            (["A", "--file", "-"], b"typed\n", "typed\n"),
        ],
    )
    def test_takes_the_value_from_the_one_place_that_is_named(
        self, ravi, unlocked, typed, words: list[str], content: bytes, value: str
    ) -> None:
        Path("value").write_bytes(b" in\r\na file\n")
        typed(content)

        ran = ravi("secrets", "set", *words)

        assert (ran.code, ran.err) == (0, "")
        assert ROWS.value_in("A", unlocked.requests[0].body) == value
        assert ran.json.keys() == {"uuid", "key", "notes", "revision", "created_dt", "updated_dt"}

    @pytest.mark.parametrize(
        "words",
        [
            ["A"],
            ["A", "--notes", "hunter2"],
            ["A=hunter2", "hunter3"],
            ["A", "hunter2", "--stdin"],
            ["A=hunter2", "--stdin"],
            ["A", "hunter2", "--file", "value"],
            ["A", "--stdin", "--file", "value"],
            ["A", "hunter2", "hunter3"],
            ["A", "-hunter2"],
            ["A", "--hunter2=x"],
            ["A", "hunter2", "--exact"],
            ["A", "--file", "value", "--exact"],
            ["hunter2-"],
            ["hunter2-", "x"],
            ["hunter2.x=y"],
            ["=hunter2"],
        ],
    )
    def test_refuses_what_is_unclear_and_shows_none_of_it(
        self, ravi, unlocked, typed, words: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("value").write_text("hunter2")
        typed(b"hunter2")

        for mode in ("--json", "--human"):
            ran = ravi("secrets", "set", *words, mode)

            assert (ran.code, ran.out) == (2, "")
            assert "hunter" not in ran.err
        assert unlocked.requests == []

    @pytest.mark.parametrize("content", [b"hunter2\xff", b"x" * 65537, b"\xed\xa0\x80"])
    def test_refuses_what_is_no_text_of_64_kib(self, ravi, unlocked, typed, content: bytes) -> None:
        Path("value").write_bytes(content)

        for words in (["--stdin", "--exact"], ["--file", "value"]):
            typed(content)
            ran = ravi("secrets", "set", "A", *words)
            assert ran.code == 2
            assert "hunter2" not in ran.err
            assert ("base64" in ran.error["hint"]) is (len(content) < 100)
        assert unlocked.requests == []

    def test_refuses_an_argument_that_is_not_utf_8(self, ravi, unlocked) -> None:
        assert ravi("secrets", "set", "A", "caf\udce9").code == 2

    def test_names_a_file_that_cannot_be_read(self, ravi, unlocked) -> None:
        Path("folder").mkdir()

        for path in ("missing", "folder"):
            ran = ravi("secrets", "set", "A", "--file", path)
            assert (ran.code, path in ran.error["error"]) == (1, True)

    def test_sends_notes_sealed(self, ravi, unlocked) -> None:
        ran = ravi("secrets", "set", "A=x", "--notes", "till May")

        assert ran.json["notes"] == "till May"
        assert ROWS.value_in("A", unlocked.requests[0].body, "notes") == "till May"

    def test_prints_no_value_to_people_either(self, ravi, unlocked) -> None:
        ran = ravi("secrets", "set", "A", "hunter2", "--human")

        assert (ran.out, ran.err) == ("set A\n", "")

    def test_needs_the_key(self, ravi, api) -> None:
        ran = ravi("secrets", "set", "A", "hunter2")

        assert (ran.code, ran.error["code"]) == (10, "vault.locked")
        assert api.requests == []


class TestGet:
    def test_one_is_an_object(self, ravi, unlocked) -> None:
        unlocked.routes["GET", "/api/secrets/?key=A"] = lambda _: [row("A", "one\n", notes="n")]

        found = ravi("secrets", "get", "a").json

        assert found.keys() == {"uuid", "key", "value", "notes", "revision", "created_dt", "updated_dt"}
        assert (found["key"], found["value"], found["notes"]) == ("A", "one\n", "n")

    def test_several_are_a_list_in_their_order(self, ravi, unlocked) -> None:
        unlocked.routes["GET", "/api/secrets/?key=B&key=A"] = lambda _: [row("A", "one"), row("B", "two")]

        assert [each["value"] for each in ravi("secrets", "get", "B", "A").json] == ["two", "one"]
        assert "two" in ravi("secrets", "get", "B", "A", "--human").out

    @pytest.mark.parametrize("value", ["", "one", "one\n", "\ttwo\r\nlines ", "\u2028é\ufeff\x1b[2J"])
    @pytest.mark.parametrize("flag", ["--plain", "--human"])
    def test_plain_is_the_value_and_nothing_else(self, ravi, unlocked, value: str, flag: str) -> None:
        unlocked.routes["GET", "/api/secrets/?key=A"] = lambda _: [row("A", value)]

        assert ravi("secrets", "get", "A", flag).out == value

    def test_plain_is_for_one_and_for_people(self, ravi, unlocked) -> None:
        assert ravi("secrets", "get", "A", "B", "--plain").code == 2
        assert ravi("secrets", "get", "A", "--plain", "--json").code == 2
        assert unlocked.requests == []

    def test_what_is_missing_is_named(self, ravi, unlocked) -> None:
        unlocked.routes["GET", "/api/secrets/?key=A&key=B"] = lambda _: [row("B", "two")]

        ran = ravi("secrets", "get", "A", "B")

        assert (ran.code, ran.out) == (4, "")
        assert ran.error["error"] == "secret not found: A"

    def test_a_locked_vault_has_an_exit_code_of_its_own(self, ravi, api) -> None:
        api.routes["GET", "/api/secrets/?key=A"] = lambda _: [row("A", "one")]

        assert ravi("secrets", "get", "A").code == 10


class TestListAndDelete:
    def test_a_list_has_no_values_and_needs_no_key(self, ravi, api) -> None:
        api.routes["GET", "/api/secrets/?values=false"] = lambda _: [row("A", "one", value="", notes="")]

        listed = ravi("secrets", "list").json

        assert [each.keys() for each in listed] == [{"uuid", "key", "revision", "created_dt", "updated_dt"}]
        assert "[hidden]" in ravi("secrets", "list", "--human").out

    def test_an_empty_list_is_a_list_and_for_people_a_way_on(self, ravi, api) -> None:
        api.routes["GET", "/api/secrets/?values=false"] = lambda _: []

        assert ravi("secrets", "list").json == []
        assert "ravi secrets set" in ravi("secrets", "list", "--human").out

    def test_one_is_deleted_by_name_or_uuid(self, ravi, api) -> None:
        api.routes["DELETE", "/api/secrets/A/"] = (204, None)
        api.routes["DELETE", f"/api/secrets/{ENTRY}/"] = (204, None)

        assert ravi("secrets", "delete", "a").json == {"status": "deleted", "entry": "a"}
        assert ravi("secrets", "delete", ENTRY).json == {"status": "deleted", "entry": ENTRY}

    def test_of_several_the_rest_goes_when_one_fails(self, ravi, api) -> None:
        api.routes["DELETE", "/api/secrets/A/"] = (404, problem(codes.NOT_FOUND, "no"))
        api.routes["DELETE", "/api/secrets/B/"] = (204, None)

        ran = ravi("secrets", "delete", "A", "B")

        assert (ran.code, ran.json) == (4, [{"status": "deleted", "entry": "B"}])
        assert ran.error["error"].startswith("A: ")


class TestExport:
    def test_is_a_file_that_shells_and_libraries_read(self, ravi, unlocked) -> None:
        has(unlocked, A="one", B="two words", C="it's\nhere", D="")

        ran = ravi("secrets", "export")

        assert (ran.code, ran.out, ran.err) == (0, "A=one\nB='two words'\nC=\"it's\nhere\"\nD=''\n", "")
        assert len(unlocked.requests) == 1

    @pytest.mark.parametrize(
        ("words", "out"),
        [
            (["--format", "dotenv"], "A='x y'\nN='z'\n".replace("'z'", "z")),
            (["--format", "shell"], "export A='x y'\nexport N='z'\n"),
            (["--format", "docker"], "A=x y\nN=z\n"),
            (["--format", "yaml"], '"A": "x y"\n"N": "z"\n'),
            (["--format", "json"], '{\n  "A": "x y",\n  "N": "z"\n}\n'),
            (["--json"], '{\n  "A": "x y",\n  "N": "z"\n}\n'),
            (["--human"], "A='x y'\nN=z\n"),
            (["--reader", "npm"], "A='x y'\nN=z\n"),
            (["--prefix", "n"], "N=z\n"),
            (["--prefix", "X"], ""),
        ],
    )
    def test_writes_what_is_asked_for(self, ravi, unlocked, words: list[str], out: str) -> None:
        has(unlocked, A="x y", N="z")

        ran = ravi("secrets", "export", *words)

        assert (ran.code, ran.out, ran.err) == (0, out, "")

    def test_only_asks_for_those_alone(self, ravi, unlocked) -> None:
        unlocked.routes["GET", "/api/secrets/?key=B&key=A"] = lambda _: [row("A", "one"), row("B", "two")]

        assert ravi("secrets", "export", "--only", "b, a").out == "B=two\nA=one\n"
        assert ravi("secrets", "export", "--only", "B", "--only", "A").out == "B=two\nA=one\n"

    @pytest.mark.parametrize(
        "words",
        [
            ["--json", "--format", "yaml"],
            ["--json", "--reader", "npm"],
            ["--reader", "npm", "--format", "shell"],
            ["--format", "toml"],
            ["--reader", "ruby"],
            ["--only", " , "],
            ["--prefix", " "],
            ["--only", "A", "--prefix", "A"],
            ["--only", "A-B"],
            ["A"],
        ],
    )
    def test_refuses_contradictions_before_asking(self, ravi, unlocked, words: list[str]) -> None:
        ran = ravi("secrets", "export", *words)

        assert (ran.code, ran.out) == (2, "")
        assert unlocked.requests == []

    @pytest.mark.parametrize(
        ("words", "out"),
        [([], ""), (["--format", "shell"], ""), (["--format", "yaml"], "{}\n"), (["--json"], "{}\n")],
    )
    def test_without_secrets_needs_no_key(self, ravi, api, words: list[str], out: str) -> None:
        has(api)

        ran = ravi("secrets", "export", *words)

        assert (ran.code, ran.out, ran.err) == (0, out, "")

    def test_a_locked_vault_prints_nothing(self, ravi, api) -> None:
        has(api, A="one")

        ran = ravi("secrets", "export")

        assert (ran.code, ran.out) == (10, "")

    def test_one_damaged_value_and_nothing_is_printed(self, ravi, unlocked) -> None:
        unlocked.routes["GET", "/api/secrets/"] = lambda _: [row("A", "one"), row("B", "x", value="e2e2::damaged")]

        ran = ravi("secrets", "export")

        assert (ran.code, ran.out) == (10, "")

    def test_one_value_without_a_spelling_and_nothing_is_printed(self, ravi, unlocked) -> None:
        has(unlocked, A="one", HARD="hunter2 ' \"", Z="two")

        ran = ravi("secrets", "export")

        assert (ran.code, ran.out) == (1, "")
        assert ran.error["code"] == "export.impossible"
        assert "HARD" in ran.error["error"]
        assert "--format shell" in ran.error["hint"]
        assert "hunter2" not in ran.err
        assert json.loads(ravi("secrets", "export", "--json").out)["HARD"] == "hunter2 ' \""
