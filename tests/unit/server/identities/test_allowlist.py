"""Patterns of whom an identity may write to."""

import pytest

from ravi.errors import Invalid
from ravi.server.identities.allowlist import MOST_PATTERNS, allows, check_patterns


@pytest.mark.parametrize(
    ("pattern", "covered", "others"),
    [
        (
            "alice@example.com",
            ["alice@example.com", "Alice@Example.COM"],
            ["alice+tag@example.com", "malice@example.com", "alice@example.com.evil.example", "alice@sub.example.com"],
        ),
        (
            "example.com",
            ["a@example.com", "a+b@EXAMPLE.com", '"x@evil.example"@example.com'],
            ["a@sub.example.com", "a@notexample.com", "a@example.com.evil.example", "example.com@evil.example"],
        ),
        (
            "*.example.com",
            ["a@sub.example.com", "a@b.c.example.com"],
            ["a@example.com", "a@notexample.com", "a@sub.example.com.evil.example", "sub.example.com@evil.example"],
        ),
        ("+15550100123", ["+15550100123"], ["+15550100124", "+155501001234", "+15550100123@example.com"]),
    ],
)
def test_a_pattern_covers_exactly_what_it_says(pattern: str, covered: list[str], others: list[str]) -> None:
    patterns = check_patterns([pattern])

    assert [each for each in covered if not allows(patterns, each)] == []
    assert [each for each in others if allows(patterns, each)] == []


def test_an_empty_list_covers_nobody() -> None:
    assert not allows(check_patterns([]), "alice@example.com")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" Alice@Example.COM ", "alice@example.com"),
        ("@example.com", "example.com"),
        ("*.Example.com", "*.example.com"),
        ("müller.example", "xn--mller-kva.example"),
        ("+1 (555) 010-0123", "+15550100123"),
        ("72975", "72975"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_patterns_are_kept_as_recipients_are_compared_with_them(given: str, kept: str) -> None:
    assert check_patterns([given, given]) == (kept,)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "*",
        "alice",
        "*.com@example.com",
        "*@example.com*",
        "a@b@c.example",
        "exam ple.com",
        "exa_mple.com",
        "a@[127.0.0.1]",
        "+0155501001",
        "+1",
        "+alice@example.com",
        "15550100123",
        "jörg@example.com",
        "x" * 400 + ".example",
        "a\r\nb@example.com",
    ],
)
def test_what_names_nobody_is_refused_with_the_field(given: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_patterns(["good.example", given])

    assert list(refused.value.details) == ["allowed_recipients"]


def test_there_are_not_too_many() -> None:
    check_patterns([f"{number}.example" for number in range(MOST_PATTERNS)])
    with pytest.raises(Invalid):
        check_patterns([f"{number}.example" for number in range(MOST_PATTERNS + 1)])
