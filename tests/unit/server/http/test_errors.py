"""Every refusal has a status and an envelope that all three generations of client can read."""

import json

import pytest

from ravi import errors
from ravi.server.db import DatabaseUnavailable
from ravi.server.http import encoding
from ravi.server.http.errors import STATUSES, envelope, headers_of, invalid, status_of

FAMILIES = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.Invalid: 422,
    errors.RateLimited: 429,
    errors.ServerFault: 500,
    errors.Unavailable: 503,
    errors.ProviderFailed: 502,
}


def tree(root: type[errors.RaviError]) -> list[type[errors.RaviError]]:
    return [root, *(each for child in root.__subclasses__() for each in tree(child))]


REFUSALS = [cls for cls in tree(errors.Refused) if cls is not errors.Refused]


@pytest.mark.parametrize("cls", REFUSALS, ids=lambda cls: cls.__name__)
def test_every_refusal_has_the_status_of_its_family(cls: type[errors.Refused]) -> None:
    family = next(each for each in cls.__mro__ if each in FAMILIES)

    assert status_of(cls("no", details={"allowed": []})) == FAMILIES[family]


def test_a_class_is_listed_before_the_one_it_refines() -> None:
    """The first class that fits decides, so a general one in front would hide it."""
    for index, (general, _) in enumerate(STATUSES):
        for particular, _ in STATUSES[index + 1 :]:
            assert not issubclass(particular, general), f"{particular.__name__} is hidden by {general.__name__}"


def test_an_error_that_is_no_refusal_is_a_fault_of_the_server() -> None:
    assert status_of(errors.ConfigInvalid("a mistake of ours")) == 500


def test_a_database_that_cannot_be_used_is_503_with_a_time_to_come_back() -> None:
    error = DatabaseUnavailable("the database cannot be used: FullError")

    assert status_of(error) == 503
    assert headers_of(error) == [(b"retry-after", b"1")]


def test_the_envelope_has_what_each_generation_reads() -> None:
    error = errors.AddressTaken("that address is taken", details={"email": ["taken"]}, hint="choose another")

    body = json.loads(encoding.encode(envelope(error, "r-1")))

    assert body == {
        "detail": "that address is taken",  # the published CLIs
        "code": "identity.address_taken",
        "error": {  # the published SDKs
            "code": "identity.address_taken",
            "message": "that address is taken",
            "details": {"email": ["taken"]},
        },
        "hint": "choose another",
        "request_id": "r-1",
    }


@pytest.mark.parametrize("cls", REFUSALS, ids=lambda cls: cls.__name__)
def test_every_envelope_has_a_text_a_code_and_an_error_object(cls: type[errors.Refused]) -> None:
    body = json.loads(encoding.encode(envelope(cls("no"), "r-1")))

    assert body["detail"] == body["error"]["message"] == "no"
    assert body["code"] == body["error"]["code"] == cls.code
    assert "details" in body["error"]
    assert body.get("hint", cls.hint) == cls.hint
    assert all(isinstance(body[name], str) and body[name] for name in ("detail", "code"))


def test_seconds_to_wait_are_whole_and_said_twice() -> None:
    """A fraction makes a published client drop the body's text."""
    error = errors.RateLimited("too many", retry_after=7)

    assert envelope(error, "r")["retry_after_seconds"] == 7
    assert headers_of(error) == [(b"retry-after", b"7")]


def test_a_refused_credential_says_what_is_expected() -> None:
    assert headers_of(errors.BadCredentials("no")) == [(b"www-authenticate", b'Bearer realm="ravi"')]


def test_a_refused_method_names_the_allowed_ones() -> None:
    error = errors.MethodNotAllowed("no", details={"allowed": ["GET", "POST"]})

    assert headers_of(error) == [(b"allow", b"GET, POST")]


def test_an_invalid_field_has_its_reasons_and_a_summary() -> None:
    error = invalid(email="has no @", name=["too long", "not printable"])

    assert error.message == "email: has no @; name: too long, not printable"
    assert error.details == {"email": ["has no @"], "name": ["too long", "not printable"]}
