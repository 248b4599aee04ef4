"""Harmless text, and knowing what a terminal is."""

import io

import pytest

from ravi.cli import terminal


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("research-agent", "research-agent"),
        ("Zoë Müller 🦊", "Zoë Müller 🦊"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new title\x07name", "name"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jgone", "gone"),
        ("\x90q\x9cafter", "after"),
        ("\x1bcreset", "reset"),
        ("unfinished \x1b", "unfinished "),
        ("unfinished \x1b]0;title", "unfinished 0;title"),
        ("two\r\nlines", "two  lines"),
        ("bell\x07 back\x08space\x7f", "bell backspace"),
        ("moc.live\u202e@gmail", "moc.live@gmail"),
        ("\u2066isolated\u2069", "isolated"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("half \ud800 pair", "half  pair"),
        ("line\u2028separator", "line separator"),
    ],
)
def test_clean_leaves_nothing_that_could_command_a_terminal(hostile: str, harmless: str) -> None:
    assert terminal.clean(hostile) == harmless


def test_a_stream_that_is_closed_or_missing_is_no_terminal() -> None:
    closed = io.StringIO()
    closed.close()

    assert not terminal.is_terminal(closed)
    assert not terminal.is_terminal(None)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({"COLUMNS": "100"}, 100), ({"COLUMNS": "0"}, None), ({"COLUMNS": "wide"}, None), ({}, None)],
)
def test_width_is_what_columns_says_and_endless_without_a_terminal(
    environ: dict[str, str], expected: int | None
) -> None:
    assert terminal.width(io.StringIO(), environ) == expected


class Terminal(io.StringIO):
    """Says that it is one."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_is_for_terminals_that_do_not_object(environ: dict[str, str], expected: bool) -> None:
    assert terminal.wants_colour(Terminal(), environ) is expected
    assert terminal.wants_colour(io.StringIO(), environ) is False
