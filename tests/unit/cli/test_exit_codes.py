"""From errors to exit codes."""

import pytest

from ravi import errors
from ravi.cli.exit_codes import TABLE, exit_code

EXPECTED = {
    errors.UsageError: 2,
    errors.ConfigInvalid: 1,
    errors.ConfigUntrusted: 1,
    errors.NotSignedIn: 3,
    errors.IdentityRequired: 4,
    errors.ServerUnreachable: 8,
    errors.ServerNonsense: 1,
    errors.TimedOut: 7,
    errors.Malformed: 1,
    errors.Unauthenticated: 3,
    errors.BadCredentials: 3,
    errors.TokenReused: 3,
    errors.Forbidden: 6,
    errors.IdentityDisabled: 6,
    errors.NotFound: 4,
    errors.IdentityNotFound: 4,
    errors.IdentityDeleted: 4,
    errors.NoInbox: 4,
    errors.NoPhone: 4,
    errors.Conflict: 5,
    errors.AddressTaken: 5,
    errors.IdentityAmbiguous: 5,
    errors.Invalid: 1,
    errors.RateLimited: 9,
    errors.ServerFault: 1,
    errors.Unavailable: 1,
}


@pytest.mark.parametrize(("cls", "code"), EXPECTED.items(), ids=lambda value: getattr(value, "__name__", value))
def test_each_class_ends_in_its_exit_code(cls: type[errors.RaviError], code: int) -> None:
    assert exit_code(cls("something")) == code


def test_codes_of_the_vault_end_in_10_whatever_their_class() -> None:
    assert exit_code(errors.Forbidden("locked", code="vault.locked")) == 10


def test_a_server_that_asks_for_an_identity_ends_in_4_though_its_status_is_400() -> None:
    assert exit_code(errors.Malformed("which one?", code="identity.required")) == 4


def test_each_exit_code_stands_in_the_table_once() -> None:
    numbers = [number for number, _, _, _ in TABLE]

    assert sorted(numbers) == [*range(11), 130]
