"""Small renderings."""

from datetime import timedelta

import pytest

from ravi.server.web.rendering import duration, prose


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "less than a minute"), (59, "less than a minute"), (60, "1 minute"), (119, "1 minute"), (900, "15 minutes")],
)
def test_spans_are_said_as_a_person_says_them(seconds: int, said: str) -> None:
    assert duration(timedelta(seconds=seconds)) == said


def test_backticks_become_code_and_everything_is_escaped() -> None:
    assert prose("send `<b>` & <i>") == "send <code>&lt;b&gt;</code> &amp; &lt;i&gt;"
