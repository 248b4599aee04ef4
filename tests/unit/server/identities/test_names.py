"""Names, labels and the addresses made from them."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.errors import AddressInvalid, Invalid
from ravi.server.identities.names import (
    RESERVED,
    check_labels,
    check_local_part,
    check_name,
    human_name,
    local_parts,
)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("research-agent", "research-agent"),
        ("agent-0", "agent-0"),
        ("Sarah Johnson", "sarah-johnson"),
        ("Zoë Çelik", "zoe-celik"),
        ("task__42!!", "task-42"),
        ("a.b", "a.b"),
        ("a..b--c", "a.b-c"),
        ("-.weird.-", "weird"),
    ],
)
def test_an_address_follows_the_name(name: str, address: str) -> None:
    assert next(local_parts(name)) == address


@pytest.mark.parametrize("name", ["x", "日本", "postmaster", "!!!", "Admin"])
def test_a_name_that_makes_no_address_gets_one_with_digits(name: str) -> None:
    first = next(local_parts(name))
    assert first[-3:].isdigit()
    assert check_local_part(first) == first


@given(st.text(min_size=1, max_size=120))
def test_every_proposed_address_obeys_the_rules(name: str) -> None:
    proposed = list(local_parts(name))
    assert proposed
    for local in proposed:
        assert check_local_part(local) == local


def test_proposals_differ_so_that_a_crowd_of_one_name_finds_room() -> None:
    assert len(set(local_parts("agent"))) >= 10


@pytest.mark.parametrize(
    ("local", "reason"),
    [
        ("ab", "characters"),
        ("a" * 31, "characters"),
        ("-abc", "starts and ends"),
        ("abc.", "starts and ends"),
        ("a b c", "a-z"),
        ("a\r\nbcc", "a-z"),
        ("a..b", "repeat"),
        ("a--b", "repeat"),
        ("überall", "a-z"),
        ("postmaster", "reserved"),
        ("ABUSE", "reserved"),
    ],
)
def test_a_chosen_address_that_breaks_a_rule_is_told_which(local: str, reason: str) -> None:
    with pytest.raises(AddressInvalid, match=reason):
        check_local_part(local)


def test_a_chosen_address_is_compared_in_lower_case() -> None:
    assert check_local_part("Research.Desk") == "research.desk"


def test_reserved_words_could_be_addresses_but_for_the_reservation() -> None:
    for word in RESERVED:
        with pytest.raises(AddressInvalid):
            check_local_part(word)


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * 101, "a\nb", "a\x1b[2J", "a\u202eb", "a\u2066b", "a\u200bb", "a\U000e0041b", "a\x00b", "\ud800"],
)
def test_names_that_could_mislead_a_reader_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        check_name(name)


@pytest.mark.parametrize("name", ["task-1", "Zoë", "研究", "agent 👩‍🔬", "שלום"])
def test_names_of_all_languages_are_fine(name: str) -> None:
    assert check_name(f" {name} ") == name


def test_invented_names_are_first_and_last() -> None:
    for name in islice(iter(human_name, None), 50):
        first, last = name.split()
        assert first.istitle()
        assert last.istitle()
        check_name(name)


@pytest.mark.parametrize(
    "labels",
    [{"": "x"}, {"a b": "x"}, {"a": "x" * 256}, {"a": "b\n"}, {f"k{n}": "" for n in range(21)}, {"x" * 64: ""}],
)
def test_odd_labels_are_refused(labels: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        check_labels(labels)


def test_ordinary_labels_pass() -> None:
    labels = {"team": "search", "k8s.io/name": "x", "n_1": ""}
    assert check_labels(labels) == labels
