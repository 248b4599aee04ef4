"""The forms of a value are what real encoders make of it, wherever it stands in what they encode."""

import base64
import json
import re
import subprocess
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.cli.running.forms import MIN_CHARACTERS, forms, searchable
from ravi.cli.running.mask import Masker, Patterns

TOKEN = "ghp_9fKx/2+Qz~7Vw&<é>"
KEY = "-----BEGIN SAMPLE-----\n" + "\n".join(f"MIIEvQIBADANBgkqhkiG9w{n:02}" for n in range(40)) + "\n-----END-----"

MANY = settings(max_examples=200, deadline=None)

values = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=4, max_size=40).filter(searchable)
surroundings = st.binary(max_size=7)


def masked(value: str, text: bytes) -> bytes:
    """*text* with *value* hidden under the name K."""
    masker = Masker(Patterns({"K": value}))
    return masker.feed(text) + masker.finish()


LABEL = "\u2039ravi:K hidden\u203a".encode()


@pytest.mark.parametrize("value", ["", "abc", "  abc\n", "\n\n\n\n\n"])
def test_what_is_too_short_is_not_looked_for(value: str) -> None:
    assert searchable(value) is None


def test_white_space_around_a_value_is_no_part_of_it() -> None:
    assert searchable(" \n token \r\n") == "token"


@MANY
@given(value=values)
def test_no_form_is_so_short_that_it_would_be_found_everywhere(value: str) -> None:
    assert min(len(form) for form in forms(value.strip())) >= MIN_CHARACTERS


@MANY
@given(value=values, before=surroundings, after=surroundings, urlsafe=st.booleans(), padded=st.booleans())
def test_base64_is_found_at_every_alignment(
    value: str, before: bytes, after: bytes, urlsafe: bool, padded: bool
) -> None:
    raw = value.strip().encode()
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    text = encode(before + raw + after)
    text = text if padded else text.rstrip(b"=")

    shown = masked(value.strip(), text)

    # A character is left at either end when it mixes bits of the value, at most four, with bits of something else.
    left, _, rest = shown.partition(LABEL)
    right = rest.rpartition(LABEL)[2]
    assert LABEL in shown
    assert len(left) <= -(-8 * len(before) // 6)
    assert len(right.rstrip(b"=")) <= -(-8 * len(after) // 6) + (1 if after else 0)


def test_nothing_of_the_value_is_left_at_the_end_of_an_encoded_text() -> None:
    for before in (b"", b"a", b"ab", b"user:"):
        for after in (b"", b"\n"):
            shown = masked(TOKEN, base64.b64encode(before + TOKEN.encode()) + after)
            assert shown.endswith(LABEL + after), before


@pytest.mark.parametrize("width", ["76", "64"])
@pytest.mark.parametrize("ending", ["", "\n"])
def test_base64_broken_into_lines_is_hidden_line_by_line(width: str, ending: str) -> None:
    encoded = subprocess.run(
        ["base64", "-w", width], input=(KEY + ending).encode(), capture_output=True, check=True
    ).stdout

    shown = masked(KEY, encoded).replace(LABEL, b"")

    # With one byte more at the end, the last characters of the last line are other ones.
    assert len(shown.replace(b"\n", b"")) <= 4


@pytest.mark.parametrize(
    "encoded",
    [
        quote(TOKEN),
        quote(TOKEN, safe=""),
        quote_plus(TOKEN),
        quote(TOKEN, safe="!'()*"),
        re.sub("%..", lambda escape: escape[0].lower(), quote(TOKEN)),
        urlencode({"q": TOKEN})[2:],
        json.dumps(TOKEN)[1:-1],
        json.dumps(TOKEN, ensure_ascii=False)[1:-1],
        json.dumps(TOKEN).replace("/", "\\/")[1:-1],
        json.dumps(TOKEN).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")[1:-1],
    ],
)
def test_values_in_urls_and_json_are_found(encoded: str) -> None:
    assert masked(TOKEN, f'x="{encoded}";'.encode()) == b'x="' + LABEL + b'";'


def test_spaces_in_urls_are_found_either_way() -> None:
    for encoded in ("correct%20horse%20battery", "correct+horse+battery", "correct horse battery"):
        assert masked("correct horse battery", b"?p=" + encoded.encode()) == b"?p=" + LABEL


def test_quotes_and_line_breaks_in_json_are_found() -> None:
    assert masked('a"b\\c\nd', json.dumps({"k": 'a"b\\c\nd'}).encode()) == b'{"k": "' + LABEL + b'"}'


@pytest.mark.parametrize("stored", ["\n", "\r\n"])
@pytest.mark.parametrize("printed", ["\n", "\r\n"])
def test_a_value_of_several_lines_is_found_with_any_line_breaks(stored: str, printed: str) -> None:
    assert masked(f"one{stored}two{stored}three", f"<one{printed}two{printed}three>".encode()) == b"<" + LABEL + b">"


def test_each_longer_line_is_found_by_itself_and_indented() -> None:
    value = "short\n  user = admin-7731\nx\n"
    for line in (b"user = admin-7731", b"   user = admin-7731\r\n"):
        assert masked(value, line).strip() == LABEL
    assert masked(value, b"short x") == b"short x"


def test_rulers_in_a_value_are_no_secrets() -> None:
    value = "title-of-it\n----------------\nhidden-line-1"

    assert masked(value, b"----------------\n+--------------+") == b"----------------\n+--------------+"


def test_most_of_a_long_value_is_hidden_also_when_a_part_of_it_is_printed() -> None:
    value = base64.b64encode(bytes(n * 7 % 251 for n in range(3000))).decode()

    shown = masked(value, value[:3500].encode())

    assert shown.startswith(LABEL)
    assert len(shown.replace(LABEL, b"")) < 512
