"""Masking a stream: whatever the pieces it comes in, nothing of a value is left, and nothing else is touched."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ravi.cli.running.forms import forms, searchable
from ravi.cli.running.mask import Masker, Patterns

MANY = settings(max_examples=200, deadline=None)

#: Few different letters make values that begin, end and overlap with one another.
dense = st.text("ab", min_size=4, max_size=9)
plain = st.text(st.characters(codec="utf-8", exclude_characters="\0\u2039\u203a"), min_size=4, max_size=30).filter(
    searchable
)
vaults = st.lists(dense | plain, min_size=1, max_size=4).map(
    lambda found: {f"K{n}": value.strip() for n, value in enumerate(found)}
)


def label(key: str) -> bytes:
    return f"\u2039ravi:{key} hidden\u203a".encode()


def masked(values: dict[str, str], *pieces: bytes) -> bytes:
    masker = Masker(Patterns(values))
    return b"".join([*map(masker.feed, pieces), masker.finish()])


def defined(values: dict[str, str], text: bytes) -> bytes:
    """What masking means, written down without any care for speed: whatever an occurrence covers is replaced."""
    owners: dict[bytes, str] = {}
    for key, value in values.items():
        for form in forms(value):
            owners.setdefault(form, key)
    found = sorted(
        (at, -at - len(form), key)
        for form, key in owners.items()
        for at in range(len(text))
        if text.startswith(form, at)
    )
    out, done, last = b"", 0, ""
    for start, minus_end, key in found:
        if -minus_end > done:
            if start > done:
                out, last = out + text[done:start], ""
            out += b"" if key == last else label(key)
            done, last = -minus_end, key
    return out + text[done:]


@st.composite
def streams(draw: st.DrawFn) -> tuple[dict[str, str], list[bytes]]:
    """Values, and a stream with forms of them and with their beginnings, cut anywhere."""
    values = draw(vaults)
    known = sorted(itertools.chain.from_iterable(forms(value) for value in values.values()))
    form = st.sampled_from(known)
    beginning = st.tuples(form, st.integers(1, 12)).map(lambda pair: pair[0][: pair[1]])
    text = b"".join(
        draw(st.lists(form | beginning | st.text("ab", max_size=6).map(str.encode) | st.binary(max_size=5)))
    )
    cuts = sorted(draw(st.sets(st.integers(0, len(text)))))
    return values, [text[a:b] for a, b in itertools.pairwise([0, *cuts, len(text)])]


@MANY
@given(streams())
@example(({"K0": "abab", "K1": "babb"}, [b"ab", b"abb", b""]))
def test_any_pieces_give_what_the_whole_gives(stream: tuple[dict[str, str], list[bytes]]) -> None:
    values, pieces = stream

    assert masked(values, *pieces) == defined(values, b"".join(pieces))


@MANY
@given(streams())
def test_no_form_of_any_value_is_left(stream: tuple[dict[str, str], list[bytes]]) -> None:
    values, pieces = stream
    shown = masked(values, *pieces)
    for key in values:
        shown = shown.replace(label(key), b"\xff\0\xff")

    assert [form for value in values.values() for form in forms(value) if form in shown] == []


@MANY
@given(streams(), st.data())
def test_what_a_pause_shows_is_no_value_and_nothing_gets_lost(
    stream: tuple[dict[str, str], list[bytes]], data: st.DataObject
) -> None:
    values, pieces = stream
    masker = Masker(Patterns(values))
    shown = b""
    for piece in pieces:
        shown += masker.feed(piece)
        if data.draw(st.booleans()):
            shown += masker.release()
            assert not masker.releasable
    shown += masker.finish()

    bare = shown
    for key in values:
        bare = bare.replace(label(key), b"\xff\0\xff")
    assert [form for value in values.values() for form in forms(value) if form in bare] == []
    if label("K0")[:3] not in shown:
        assert shown == b"".join(pieces)


@MANY
@given(st.binary(max_size=300), st.integers(1, 9))
def test_without_values_every_byte_comes_back_at_once(text: bytes, width: int) -> None:
    masker = Masker(Patterns({}))
    for at in range(0, len(text), width):
        piece = text[at : at + width]
        assert masker.feed(piece) == piece
    assert masker.finish() == b""


def test_only_what_may_begin_a_value_is_held_back() -> None:
    masker = Masker(Patterns({"K": "hunter2-hunter3"}))

    assert masker.feed(b"the password is: ") == b"the password is: "
    assert masker.feed(b"oh hunt") == b"oh "
    assert masker.feed(b"ing") == b"hunting"
    assert masker.feed(b"hunter2-hunter") == b""
    assert masker.feed(b"3!") == label("K") + b"!"


def test_the_longest_value_at_a_place_wins() -> None:
    values = {"SHORT": "abcd", "LONG": "abcdefgh"}

    assert masked(values, b"<abcdefgh> <abcdefg>") == b"<%b> <%befg>" % (label("LONG"), label("SHORT"))


def test_overlapping_values_leave_no_tail() -> None:
    values = {"A": "abcd", "B": "cdefgh"}

    assert masked(values, b"<abcdefgh>") == b"<" + label("A") + label("B") + b">"
    assert masked({"A": "abab"}, b"<abababab>") == b"<" + label("A") + b">"


def test_a_run_of_one_value_is_one_mark() -> None:
    assert masked({"A": "token-1"}, b"token-1token-1 token-1") == label("A") + b" " + label("A")


def test_of_two_keys_with_one_value_the_first_is_named() -> None:
    assert masked({"A": "token-1", "B": "token-1"}, b"token-1") == label("A")


@pytest.mark.parametrize("size", [4, 5, 6, 7, 8, 600, 100_000])
@pytest.mark.parametrize("offset", range(8))
def test_values_of_any_length_are_found_at_any_place(size: int, offset: int) -> None:
    value = "".join(chr(33 + n * n % 89) for n in range(size))

    assert masked({"K": value}, b"\0" * offset + value.encode() + b"\0") == b"\0" * offset + label("K") + b"\0"


def test_a_value_may_come_byte_by_byte() -> None:
    value = "".join(chr(33 + n * n % 89) for n in range(2000))

    assert masked({"K": value}, *(bytes([byte]) for byte in value.encode())) == label("K")


def test_the_beginning_of_a_value_at_the_end_of_the_stream_is_shown() -> None:
    assert masked({"K": "hunter2-hunter3"}, b"hunter2") == b"hunter2"


class TestRelease:
    def test_a_prompt_that_ends_like_a_value_begins_is_shown(self) -> None:
        masker = Masker(Patterns({"K": "?q8Zn4TfYw"}))
        assert masker.feed(b"go on?") == b"go on"

        assert masker.releasable
        assert masker.release() == b"?"
        assert not masker.releasable

    @pytest.mark.parametrize(("size", "most"), [(4, 1), (8, 2), (12, 3), (32, 8), (400, 8), (1500, 8)])
    def test_at_most_a_quarter_of_a_value_and_eight_bytes_are_shown(self, size: int, most: int) -> None:
        value = "".join(chr(33 + n * n % 89) for n in range(size))
        masker = Masker(Patterns({"K": value}))
        shown = b""
        for byte in value.encode():
            shown += masker.feed(bytes([byte])) + masker.release()

        assert shown + masker.finish() == value[:most].encode() + label("K")

    def test_what_was_shown_is_not_shown_again_when_it_was_no_value(self) -> None:
        masker = Masker(Patterns({"K": "hunter2-hunter3"}))
        shown = masker.feed(b"hunte") + masker.release() + masker.feed(b"d") + masker.feed(b" down")

        assert shown + masker.finish() == b"hunted down"

    def test_a_value_inside_what_may_become_a_longer_one_stays_hidden(self) -> None:
        masker = Masker(Patterns({"LONG": "x" + "abcd" + "y" * 60, "SHORT": "abcd"}))
        shown = masker.feed(b"xabcd") + masker.release()

        assert shown == b"x" + label("SHORT")
        assert shown + masker.feed(b"!") + masker.finish() == b"x" + label("SHORT") + b"!"

    def test_with_nothing_held_back_there_is_nothing_to_show(self) -> None:
        masker = Masker(Patterns({"K": "hunter2-hunter3"}))
        assert masker.feed(b"hello!") == b"hello!"

        assert not masker.releasable
        assert masker.release() == b""


def test_neither_values_nor_forms_are_in_a_repr() -> None:
    patterns = Patterns({"K": "hunter2-hunter3"})

    assert "hunter2" not in repr(patterns)
    assert "K" not in repr(patterns).replace("Patterns", "")
