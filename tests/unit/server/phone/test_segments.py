"""Segments: what a text costs, and where it is cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.phone.segments import GSM_ALPHABET, GSM_EXTENSION, Segments, count, split

FAMILY = "👨‍👩‍👧‍👦"  # four people, each of two units, and three joiners
FLAG = "🇩🇪"

COSTS = [
    ("", "gsm-7", 1, 0),
    ("a", "gsm-7", 1, 1),
    ("€", "gsm-7", 1, 2),
    ("{}[]~^|\\\f", "gsm-7", 1, 18),
    ("Ñandú, ñandu", "ucs-2", 1, 12),  # ú is not in the alphabet, though ù is
    ("Ñandù, ñandu", "gsm-7", 1, 12),
    ("ΔΦΓΛΩΠΨΣΘΞ", "gsm-7", 1, 10),
    ("\u0391\u0392\u0395", "ucs-2", 1, 3),  # the Greek capitals that look Latin are not in it
    ("δ", "ucs-2", 1, 1),
    ("Ç", "gsm-7", 1, 1),
    ("ç", "ucs-2", 1, 1),
    ("@£$¥èéùìòÇØøÅåÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", "gsm-7", 1, 31),
    ("a\r\nb", "gsm-7", 1, 4),
    ("a\tb", "ucs-2", 1, 3),
    ("\x1b", "ucs-2", 1, 1),  # would swallow what follows it
    ("`", "ucs-2", 1, 1),
    ("“”", "ucs-2", 1, 2),
    ("😀", "ucs-2", 1, 2),
    (FAMILY, "ucs-2", 1, 11),
    (FLAG, "ucs-2", 1, 4),
    ("e\u0301", "ucs-2", 1, 2),
    ("a" * 160, "gsm-7", 1, 160),
    ("a" * 161, "gsm-7", 2, 161),
    ("a" * 306, "gsm-7", 2, 306),
    ("a" * 307, "gsm-7", 3, 307),
    ("€" * 80, "gsm-7", 1, 160),
    ("€" * 81, "gsm-7", 2, 162),
    ("€" * 153, "gsm-7", 3, 306),  # 76 in each part: the last septet stays empty
    ("ж" * 70, "ucs-2", 1, 70),
    ("ж" * 71, "ucs-2", 2, 71),
    ("ж" * 134, "ucs-2", 2, 134),
    ("ж" * 135, "ucs-2", 3, 135),
    ("😀" * 35, "ucs-2", 1, 70),
    ("😀" * 36, "ucs-2", 2, 72),
    ("😀" * 67, "ucs-2", 3, 134),  # 33 in each part
    ("a" * 1600, "gsm-7", 11, 1600),
    ("ж" * 1600, "ucs-2", 24, 1600),
]

#: Pieces that bring about cuts at awkward places.
PIECES = st.sampled_from(
    ["a", "é", "€", "{", "\n", "Ω", "ж", "😀", FAMILY, FLAG, "a" * 152, "ж" * 66, "\u200d", "e\u0301"]
)
BODIES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=400),
    st.text([*GSM_ALPHABET.replace("\x1b", ""), *GSM_EXTENSION.values()], max_size=500),
    st.lists(PIECES, max_size=60).map("".join),
)


@pytest.mark.parametrize(("body", "encoding", "segments", "units"), COSTS)
def test_a_body_costs_what_the_network_charges(body: str, encoding: str, segments: int, units: int) -> None:
    assert count(body) == Segments(encoding, segments, units)  # type: ignore[arg-type] # the table has plain strings


def test_the_alphabet_has_each_character_once_at_its_code() -> None:
    assert len(GSM_ALPHABET) == 128
    assert len({*GSM_ALPHABET, *GSM_EXTENSION.values()}) == 138
    for code, character in {0x00: "@", 0x10: "Δ", 0x24: "¤", 0x40: "¡", 0x5F: "§", 0x60: "¿", 0x7F: "à"}.items():
        assert GSM_ALPHABET[code] == character
    for character in "0Az ":
        assert GSM_ALPHABET[ord(character)] == character


def test_a_body_that_fits_is_left_whole() -> None:
    assert split("a" * 160) == ["a" * 160]
    assert split("") == [""]


def test_a_character_of_two_septets_is_not_cut() -> None:
    assert split("a" * 152 + "€" + "b" * 10) == ["a" * 152, "€" + "b" * 10]


def test_a_character_of_two_units_is_not_cut() -> None:
    assert split("ж" * 66 + "😀" + "ж" * 10) == ["ж" * 66, "😀" + "ж" * 10]


@given(BODIES)
def test_joined_parts_are_the_body_and_each_fits(body: str) -> None:
    whole = count(body)
    parts = split(body)

    assert "".join(parts) == body
    assert len(parts) == whole.segments
    assert all(parts) or not body
    limit = (153 if whole.encoding == "gsm-7" else 67) if len(parts) > 1 else (160 if whole.encoding == "gsm-7" else 70)
    for part in parts:
        assert units(part, whole.encoding) <= limit


@given(BODIES)
def test_no_part_could_have_taken_what_the_next_one_begins_with(body: str) -> None:
    encoding = count(body).encoding
    limit = 153 if encoding == "gsm-7" else 67
    parts = split(body)
    for part, following in pairwise(parts):
        assert units(part + following[0], encoding) > limit


def units(text: str, encoding: str) -> int:
    if encoding == "ucs-2":
        return len(text.encode("utf-16-be")) // 2
    return len(text) + sum(character in "\f^{}\\[~]|€" for character in text)
