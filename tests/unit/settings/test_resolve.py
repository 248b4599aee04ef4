"""Ordered sources, provenance, suggestions."""

import pytest

from ravi.settings.resolve import Sourced, find_nearest, first_of, unknown_name


def test_a_value_remembers_its_source() -> None:
    value = Sourced(8787, "--http")

    assert (value.value, value.source) == (8787, "--http")
    assert value == Sourced(8787, "--http")
    assert value != Sourced(8787, "default")
    assert repr(value) == "Sourced(8787, '--http')"
    assert {value: 1}[Sourced(8787, "--http")] == 1


def test_the_first_answer_wins_and_later_sources_are_not_asked() -> None:
    asked = []

    def sources():
        for answer in (None, 0, 1):
            asked.append(answer)
            yield answer

    assert first_of(sources()) == 0
    assert asked == [None, 0]
    assert first_of([None, None]) is None


def test_a_broken_source_ends_the_search() -> None:
    def sources():
        yield None
        raise LookupError
        yield 1

    with pytest.raises(LookupError):
        first_of(sources())


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("identiy_uuid", "identity_uuid"), ("Identity-UUID", "identity_uuid"), ("smtp_prot", "smtp_port"), ("x", None)],
)
def test_the_nearest_known_name_is_suggested(name, nearest) -> None:
    assert find_nearest(name, ["identity_uuid", "smtp_port", "http"]) == nearest


def test_an_unknown_name_is_said_with_its_suggestion() -> None:
    assert unknown_name("htpp", ["http"]) == "unknown: htpp (did you mean http?)"
    assert unknown_name("zzz", ["http"]) == "unknown: zzz"
