"""`ravi secrets import`: which file, whose reading, and errors that name the place and show nothing of it."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.secret_rows import SecretRows
from tests.support.vault_rows import KEY_TEXT

ROWS = SecretRows("0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d")


@pytest.fixture
def importing(signed_in: Any, select: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server that takes many at once and says that they were A and B; the vault's key is in the environment."""
    select()
    monkeypatch.setenv("RAVI_VAULT_KEY", KEY_TEXT)
    signed_in.on("PUT /api/secrets/", [ROWS.secret("A", ""), ROWS.secret("B", "")])
    return signed_in


def sent(server: Any) -> dict[str, str]:
    """What the one request set."""
    (request,) = server.asked
    return {item["key"]: ROWS.value_in(item["key"], item) for item in request.body["secrets"]}


def test_sets_what_is_in_the_file_in_one_request(ravi, importing) -> None:
    Path(".env").write_text("# app\nB='two words'\nexport a=one\n")

    ran = ravi("secrets", "import", ".env")

    assert (ran.code, ran.json, ran.err) == (0, {"imported": ["A", "B"]}, "")
    assert sent(importing) == {"A": "one", "B": "two words"}


def test_reads_stdin_and_json(ravi, importing, monkeypatch: pytest.MonkeyPatch) -> None:
    content = '\ufeff{"A": "é\\n", "b": ""}'.encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    assert ravi("secrets", "import", "-", "--format", "json").json == {"imported": ["A", "B"]}
    assert sent(importing) == {"A": "é\n", "B": ""}


def test_knows_json_by_the_file_s_name(ravi, importing) -> None:
    Path("all.json").write_text('{"A": "one"}')

    assert ravi("secrets", "import", "all.json", "--human").out == "imported 2: A, B\n"


def test_takes_a_reader_s_word(ravi, importing) -> None:
    Path(".env").write_text('A="say \\"hi\\""\n')

    assert ravi("secrets", "import", ".env").code == 1
    assert ravi("secrets", "import", ".env", "--reader", "python").code == 0
    assert sent(importing) == {"A": 'say "hi"'}


def test_nothing_to_set_asks_nobody(ravi, importing) -> None:
    Path(".env").write_text("# nothing\n")

    assert ravi("secrets", "import", ".env").json == {"imported": []}
    assert importing.asked == []


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        (".env", "A=1\nhunter2\n", ".env, line 2: "),
        (".env", "A=1\nB='hunter2\n", ".env, line 2: "),
        (".env", "A=1\nhunter2+/=x\n", ".env, line 2: "),
        (".env", "A=1\nB=hunter2#2\n", ".env, line 2: "),
        (".env", "A=1\nB=2\na=hunter2\n", ".env, line 3: "),
        (".env", "A=1\nB=" + "hunter2" * 10000 + "\n", ".env, line 2: "),
        ("a.json", '{"A": "1",\n"B": hunter2}', "a.json, line 2: "),
        ("a.json", '["hunter2"]', "a.json: "),
        ("a.json", '"hunter2"', "a.json: "),
        ("a.json", '{"A": "1", "a": "hunter2"}', "a.json, entry 2: "),
        ("a.json", '{"A": {"B": "hunter2"}}', "a.json, entry 1: "),
        ("a.json", '{"A": 5}', "a.json, entry 1: "),
        ("a.json", '{"hunter2-": "x"}', "a.json, entry 1: "),
        ("a.json", '{"A": "hunter2\\ud800"}', "a.json, entry 1: "),
        ("a.json", "[" * 100_000, "a.json: "),
    ],
)
def test_names_the_place_and_sets_nothing(ravi, importing, name: str, content: str, where: str) -> None:
    Path(name).write_text(content)

    ran = ravi("secrets", "import", name)

    assert (ran.code, ran.out) == (1, "")
    assert ran.error["error"].startswith(where)
    assert "hunter" not in ran.err
    assert importing.asked == []


def test_a_file_that_cannot_be_read_is_named(ravi, importing) -> None:
    Path("binary").write_bytes(b"A=\xff")

    assert "missing" in ravi("secrets", "import", "missing").error["error"]
    assert "binary" in ravi("secrets", "import", "binary").error["error"]
    assert ravi("secrets", "import", "x.json", "--reader", "npm").code == 2
