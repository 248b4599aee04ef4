"""The options of every command."""

import pytest

from ravi.cli.options import Options
from ravi.errors import UsageError


@pytest.mark.parametrize(
    "argv",
    [
        ["--json", "--identity", "ada", "get", "email"],
        ["get", "--json", "email", "--identity=ada"],
        ["get", "email", "--identity", "ada", "--json"],
    ],
)
def test_global_options_stand_anywhere(argv: list[str]) -> None:
    options = Options()

    assert options.take(argv) == ["get", "email"]
    assert (options.json, options.identity) == (True, "ada")


def test_nothing_after_two_dashes_is_an_option() -> None:
    options = Options()

    assert options.take(["identity", "delete", "--", "--json"]) == ["identity", "delete", "--", "--json"]
    assert not options.json


@pytest.mark.parametrize(
    "argv", [["--identity"], ["--identity", ""], ["--identity", " "], ["--identity="], ["--server="]]
)
def test_an_option_without_its_value_is_an_error_and_never_absent(argv: list[str]) -> None:
    with pytest.raises(UsageError, match="needs a value"):
        Options().take(argv)


def test_two_different_identities_are_an_error() -> None:
    with pytest.raises(UsageError, match="twice"):
        Options().take(["--identity", "ada", "get", "email", "--identity", "bob"])


def test_the_mode_is_known_even_when_another_option_is_wrong() -> None:
    options = Options()
    with pytest.raises(UsageError):
        options.take(["--identity", "", "get", "email", "--json"])

    assert options.json
