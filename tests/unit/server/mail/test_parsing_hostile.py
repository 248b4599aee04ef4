"""Messages that were made to keep us busy, to fill the memory, or to break what reads them."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ravi.server.mail.parsing import extract_part, parse
from tests.support.hostile_mail import CASES

#: Address space of a whole process that has the server's libraries loaded, the message, and what is made of it.
MEGABYTES = 256


@pytest.fixture(scope="module")
def reader() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.hostile_mail", str(MEGABYTES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


# Each takes less than a second where nothing else runs; what is quadratic would take hours.
@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", CASES)
def test_it_is_read_within_bounds_of_time_and_memory(reader: subprocess.Popen[str], name: str) -> None:
    assert reader.stdin is not None
    assert reader.stdout is not None
    print(name, file=reader.stdin, flush=True)
    found = json.loads(reader.stdout.readline())
    assert found, "it was not read to its end"
    assert found["shown"] < 6 * 1024 * 1024
    assert found["attachments"] <= 201
    assert found["defects"]


def test_what_is_nested_a_thousand_deep_is_kept_as_an_attachment() -> None:
    raw = CASES["nested-1000"]()
    parsed = parse(raw)
    (part,) = parsed.attachments
    assert b"innermost" in extract_part(raw, part.position)


def test_behind_a_hundred_thousand_fields_there_is_the_text() -> None:
    assert parse(CASES["headers-100000"]()).text == "text"


def test_a_header_line_of_a_mebibyte_leaves_a_subject_and_the_text() -> None:
    parsed = parse(CASES["header-line-1-mib"]())
    assert parsed.sender.email == "a@b.example"
    assert parsed.text == "text"


def test_broken_markup_does_not_multiply() -> None:
    for name in ("html-misnested", "html-font-p", "html-table-text", "html-links"):
        raw = CASES[name]()
        assert len(parse(raw).html) < 6 * len(raw)
