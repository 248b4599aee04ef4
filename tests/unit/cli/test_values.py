"""Durations and labels from argv."""

import pytest

from ravi.cli.values import duration, labels
from ravi.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("45s", 45), ("30m", 1800), ("2h", 7200), ("7d", 604800), ("1w", 604800), (None, None)],
)
def test_durations(text: str | None, seconds: int | None) -> None:
    assert duration(text, "--ttl") == seconds


@pytest.mark.parametrize("text", ["", "0", "0h", "-5m", "2 h", "h", "1.5h", "2hours", "٣h", "9999999999"])
def test_what_is_no_duration_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--ttl"):
        duration(text, "--ttl")


def test_labels_split_at_the_first_equals_sign() -> None:
    assert labels(["team=research", "query=a=b", "empty="]) == {"team": "research", "query": "a=b", "empty": ""}
    assert labels(None) is None


@pytest.mark.parametrize("pairs", [["team"], ["=x"], ["a=1", "a=2"]])
def test_what_is_no_label_is_a_usage_error(pairs: list[str]) -> None:
    with pytest.raises(UsageError, match="--label"):
        labels(pairs)
