"""`.env` files as they are read: compared with the libraries whose reading it is."""

import json
import os
import random

import pytest
from hypothesis import given

from ravi.cli.secrets import dotenv_reading
from ravi.cli.secrets.dotenv_reading import Unreadable
from ravi.client.exports import dotenv
from tests.support.awkward_values import FILES, SPELLED_FOR_ALL, numbered, repeatably
from tests.support.readers import Readers

#: Pieces of `.env` files, in orders that make sense and in others.
PIECES = (
    *(
        "A",
        "B_2",
        "lower",
        "export A",
        "export  B",
        "export\t",
        " ",
        "\t",
        "=",
        " = ",
        "A=",
        "B= ",
        ": ",
        "\n",
        "\n\n",
        "\r\n",
    ),
    *(
        "'",
        '"',
        "`",
        "\\",
        "\\'",
        '\\"',
        "\\n",
        "\\r",
        "\\t",
        "\\\\",
        "#",
        " # x",
        "'v'",
        '"v"',
        "`v`",
        "'a\nb'",
        '"a\nb"',
    ),
    *("$X", "${:-$}", "{X}", "a b", "é", "\u00a0", "\u2028", "\ufeff", "\x1f", "\u0085", ".", "-", "x=y"),
)


def contents() -> list[str]:
    """Files of one to three lines: many that make sense, many that hardly do. The same in every run."""
    chance = random.Random(20)
    found = []
    for _ in range(4000):
        lines = []
        for name in "ABC"[: chance.randint(1, 3)]:
            pieces = [chance.choice(PIECES) for _ in range(chance.randint(0, 5))]
            lines.append("".join(pieces if chance.random() < 0.1 else [name, "=", *pieces]))
        found.append("\n".join(lines))
    return found


def attempt(text: str, reader: str | None) -> dict[str, str] | None:
    """By name, the last value winning as it does in the libraries; None when the file is refused."""
    try:
        return {name: value for _, name, value in dotenv_reading.read(text, reader)}
    except Unreadable:
        return None


def test_what_is_read_as_python_dotenv_is_what_python_dotenv_reads(readers: Readers) -> None:
    found = {text: read for text in contents() if (read := attempt(text, dotenv.PYTHON)) is not None}

    assert found == {text: readers.python_dotenv(text) for text in found}
    assert len(found) > 1000


def test_what_is_read_as_npm_s_dotenv_is_what_that_reads(readers: Readers) -> None:
    found = {text: read for text in contents() if (read := attempt(text, dotenv.NPM)) is not None}

    assert found == dict(zip(found, readers.node("dotenv-each", json.dumps(list(found))), strict=True))
    assert len(found) > 1000


def test_what_is_read_without_choosing_is_what_both_read(readers: Readers) -> None:
    found = {text: read for text in contents() if (read := attempt(text, None)) is not None}

    assert found == dict(zip(found, readers.node("dotenv-each", json.dumps(list(found))), strict=True))
    assert found == {text: readers.python_dotenv(text) for text in found}
    assert len(found) > 500


@given(found=FILES)
@repeatably
@pytest.mark.parametrize("reader", [None, dotenv.NPM, dotenv.PYTHON])
def test_what_was_exported_comes_back(reader: str | None, found: list[str]) -> None:
    values = numbered([*found, *SPELLED_FOR_ALL])
    lines = {key: dotenv.spell(key, value, (reader,) if reader else dotenv.READERS) for key, value in values.items()}
    text = "".join(line for line in lines.values() if line is not None)

    assert attempt(text, reader) == {key: values[key] for key, line in lines.items() if line is not None}


ORDINARY = """\
# settings of the app

DB_HOST=db.example.org
DB_PORT = 5432
export API_KEY='with # and $ and blanks  '
EMPTY=
ALSO_EMPTY= # said why
GREETING="hello
world"   # two lines
   INDENTED=yes # a comment
URL=https://example.org/?a=1&b=2
LONG="one\\ntwo"
"""


def test_an_ordinary_file_is_read(readers: Readers) -> None:
    expected = {
        "DB_HOST": "db.example.org",
        "DB_PORT": "5432",
        "API_KEY": "with # and $ and blanks  ",
        "EMPTY": "",
        "ALSO_EMPTY": "",
        "GREETING": "hello\nworld",
        "INDENTED": "yes",
        "URL": "https://example.org/?a=1&b=2",
        "LONG": "one\ntwo",
    }

    for text in (ORDINARY, ORDINARY.replace("\n", "\r\n"), "\ufeff" + ORDINARY, ORDINARY.rstrip("\n")):
        assert attempt(text, None) == attempt(text, dotenv.NPM) == attempt(text, dotenv.PYTHON) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A=1\nB=a#b\n", 2),
        ('\n\nA="say \\"hi\\""\n', 3),
        ("A='it\\'s'\n", 1),
        ('A="one\ntwo"\nB="tab\\t"\n', 3),
        ("A='a\\\\b'\n", 1),
        ("A=`x`\n", 1),
        ("A=1\n# c\u2028B=2\n", 2),
    ],
)
def test_a_line_that_readers_understand_differently_is_named(text: str, line: int) -> None:
    with pytest.raises(Unreadable) as caught:
        dotenv_reading.read(text, None)

    assert caught.value.line == line
    assert "--reader" in caught.value.hint
    assert attempt(text, dotenv.NPM) is not None
    assert attempt(text, dotenv.PYTHON) is not None


@pytest.mark.parametrize("reader", [None, dotenv.NPM, dotenv.PYTHON])
@pytest.mark.parametrize(
    ("text", "line"),
    [("A=1\nwhat is this\n", 2), ("A=1\nB=2\n=3\n", 3), ("A='one\ntwo'\n# fine\n\nNAME\n", 5), ("A=1\n?=2\nB=2", 2)],
)
def test_a_line_that_sets_nothing_is_an_error_and_not_passed_over(reader: str | None, text: str, line: int) -> None:
    if (reader, text) == (dotenv.PYTHON, "A=1\n?=2\nB=2"):
        return  # to python-dotenv, ? is a name like any other
    with pytest.raises(Unreadable) as caught:
        dotenv_reading.read(text, reader)

    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "line"), [("A=1\nB='open\nC=2\n", 2), ('A="x" y\n', 1), ('A="x"\n\nB="open\n', 3), ("A='x'y\n", 1)]
)
def test_quotes_that_do_not_close_are_an_error(text: str, line: int) -> None:
    for reader in (None, dotenv.PYTHON):
        with pytest.raises(Unreadable) as caught:
            dotenv_reading.read(text, reader)
        assert caught.value.line == line


def test_variables_are_not_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "X", "from the environment")

    assert attempt("A='${X}'\n", dotenv.NPM) == {"A": "${X}"}
    for text in ("A='${X}'\n", "A=b\nB=${A}\n", "A=${X:-y}\n"):
        for reader in (None, dotenv.PYTHON):
            with pytest.raises(Unreadable, match="uses a variable"):
                dotenv_reading.read(text, reader)
    assert attempt("A='$X'\n", None) == {"A": "$X"}
