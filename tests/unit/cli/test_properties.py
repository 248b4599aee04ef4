"""What a person or a file says to the program, whatever it is: understood, or refused with one of our errors."""

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ravi.cli.options import Options
from ravi.cli.secrets.dotenv_reading import Unreadable, read
from ravi.cli.values import duration, labels, patterns
from ravi.client.exports import docker, dotenv
from ravi.errors import UsageError

OFTEN = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
WORDS = st.sampled_from(
    [
        *("--identity", "--identity=", "--identity=x", "--server", "--server=https://x.example", "--json", "--human"),
        *("--", "get", "email", "", " ", "-h", "--help", "--jsno", "x", "\ud800", "\0", "--label", "a=b", "="),
    ]
)
LINES = st.lists(
    st.sampled_from(
        [
            *(
                "KEY=",
                "export ",
                "value",
                "'",
                '"',
                "`",
                "\\",
                "\\n",
                "#",
                " #",
                "$",
                "${X}",
                "=",
                "\n",
                "\r\n",
                "\r",
                " ",
            ),
            *("\t", "\ufeff", "\x00", "\u2028", "\x0c", "KEY", "é", "1", "-", ".", ":"),
        ]
    )
    | st.text(max_size=3),
    max_size=16,
).map("".join)


@given(st.integers(1, 999_999_999), st.sampled_from([*UNITS, ""]))
def test_a_duration_is_what_it_says(number: int, unit: str) -> None:
    assert duration(f"{number}{unit}", "--ttl") == number * UNITS.get(unit, 1)


@OFTEN
@given(st.text(max_size=12) | st.lists(st.sampled_from("0193hmsdw .-+e_٣"), max_size=14).map("".join))
def test_any_duration_is_positive_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        found = duration(text, "--ttl")
        assert found is not None
        assert 0 < found < 10**9 * UNITS["w"]


@OFTEN
@given(st.lists(st.text(max_size=6) | st.sampled_from(["a=b", "a=c", "a=", "=b", "=", "a"]), max_size=4))
def test_any_labels_are_pairs_that_were_given_or_refused(pairs: list[str]) -> None:
    with contextlib.suppress(UsageError):
        found = labels(pairs) or {}
        assert {f"{key}={value}" for key, value in found.items()} == set(pairs)


@OFTEN
@given(st.lists(st.text(max_size=6) | st.sampled_from([",", " , ", "a,b", "*.x"]), max_size=4))
def test_any_patterns_name_somebody_or_are_refused(texts: list[str]) -> None:
    with contextlib.suppress(UsageError):
        found = patterns(texts, "--to")
        assert found
        assert all(each and each == each.strip() and "," not in each for each in found)


@OFTEN
@given(st.lists(WORDS | st.text(max_size=4), max_size=9))
def test_any_argv_gives_up_its_global_options_or_is_refused(argv: list[str]) -> None:
    options = Options()
    try:
        rest = options.take(argv)
    except UsageError:
        return
    assert not (options.json and options.human)
    for given_ in (options.identity, options.server):
        assert given_ is None or given_.strip()
    end = argv.index("--") if "--" in argv else len(argv)
    assert rest[len(rest) - (len(argv) - end) :] == argv[end:], "what stands behind -- is the program's own"
    assert not {"--json", "--human", "--identity"} & set(rest[: len(rest) - (len(argv) - end)])


@OFTEN
@given(LINES)
@pytest.mark.parametrize("reader", [None, dotenv.PYTHON, dotenv.NPM])
def test_any_file_is_statements_or_a_line_that_cannot_be_read(reader: str | None, text: str) -> None:
    try:
        found: Any = read(text, reader)
    except Unreadable as problem:
        found = [(problem.line, "", "")]
    # Names are looked at by whoever keeps them; here they are what stands in the file, and nothing is expanded.
    for line, name, value in found:
        assert 1 <= line <= len(text) + 1
        assert name in text
        assert len(value) <= len(text)


@OFTEN
@given(LINES)
def test_where_both_readers_are_meant_neither_alone_reads_anything_else(text: str) -> None:
    with contextlib.suppress(Unreadable):
        both = {name: value for _, name, value in read(text, None)}
        for reader in (dotenv.PYTHON, dotenv.NPM):
            assert {name: value for _, name, value in read(text, reader)} == both


@OFTEN
@given(LINES | st.text(max_size=12))
def test_a_line_for_docker_is_read_back_as_docker_reads_it_or_not_written(value: str) -> None:
    try:
        line = docker.spell("KEY", value)
    except UnicodeEncodeError:
        assert any("\ud800" <= char <= "\udfff" for char in value)  # no secret holds half a pair
        return
    if line is not None:
        # docker/cli, pkg/kvfile: lines end in LF or CRLF, and what is left of the first = is the name.
        (only, rest) = line.split("\n")
        assert rest == ""
        assert only.removesuffix("\r").partition("=") == ("KEY", "=", value)
