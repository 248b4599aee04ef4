"""Secrets from stdin and files: whole, without the last line break, or a usage error that shows none of it."""

import io
import sys
from pathlib import Path

import pytest

from ravi.cli import hidden_input
from ravi.errors import UsageError


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a b", "a b"),
        (b"a\n", "a"),
        (b"a\r\n", "a"),
        (b"a\n\n", "a\n"),
        (b" \xc3\xa4 \n", " ä "),
        (b"x" * 70000, "x" * 70000),
    ],
)
def test_everything_counts_but_the_last_line_break(content: bytes, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("secret").write_bytes(content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))

    assert hidden_input.from_file("secret", "password") == text
    assert hidden_input.from_stdin("password") == text


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"\n", "empty"), (b"hunter2\xff", "not text"), (b"hunter2" * 200_000, "longer than 1024 KiB")],
)
def test_what_is_no_secret_is_refused_without_showing_it(
    content: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("secret").write_bytes(content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    for read in (lambda: hidden_input.from_file("secret", "password"), lambda: hidden_input.from_stdin("password")):
        with pytest.raises(UsageError, match=words) as caught:
            read()
        assert "hunter2" not in str(caught.value)


def test_a_file_or_stdin_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(UsageError, match=r"password cannot be read from nowhere\.txt"):
        hidden_input.from_file("nowhere.txt", "password")
    with pytest.raises(UsageError, match="cannot be read"):
        hidden_input.from_file(".", "password")
    with pytest.raises(UsageError, match="there is none"):
        hidden_input.from_stdin("password")
