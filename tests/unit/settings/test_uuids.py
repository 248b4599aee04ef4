"""Telling uuids from names, and making them."""

import uuid

import pytest

from ravi.settings.uuids import is_uuid, new_uuid


def test_a_new_uuid_is_of_version_4_in_lower_case_and_another_each_time() -> None:
    made = [new_uuid() for _ in range(200)]

    assert len(set(made)) == 200
    for text in made:
        assert str(uuid.UUID(text)) == text
        assert (uuid.UUID(text).version, uuid.UUID(text).variant) == (4, uuid.RFC_4122)
        assert is_uuid(text)


@pytest.mark.parametrize("text", ["", "research-agent", "0" * 36, "g" * 8 + "-0000-4000-8000-000000000000", "-" * 36])
def test_a_name_is_no_uuid(text: str) -> None:
    assert not is_uuid(text)
