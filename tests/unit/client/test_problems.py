"""From answers to values and errors."""

import json

import pytest

from ravi import errors
from ravi.client.calls import Call
from ravi.client.http1 import Answer
from ravi.client.problems import decode
from ravi.settings.resolve import Sourced
from ravi.settings.values import Credential
from ravi.wire import codes
from tests.support.fake_servers import problem

ONE_ROW = Call("GET", "/x/", keys=("uuid",))
ROWS = Call("GET", "/x/", keys=("uuid",), many=True)
NOTHING = Call("DELETE", "/x/")


def answer(status: int, body: object, kind: str = "application/json", **headers: str) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"content-type": kind, **named}, data)


@pytest.mark.parametrize(
    ("call", "status", "body", "value"),
    [
        (ONE_ROW, 200, {"uuid": "u", "new": 1}, {"uuid": "u", "new": 1}),
        (ONE_ROW, 201, {"uuid": "u"}, {"uuid": "u"}),
        (ROWS, 200, [], []),
        (ROWS, 200, [{"uuid": "u"}, {"uuid": "v"}], [{"uuid": "u"}, {"uuid": "v"}]),
        (NOTHING, 204, b"", None),
        (NOTHING, 200, {}, None),
    ],
)
def test_an_answer_is_decoded(call, status, body, value) -> None:
    assert decode(call, answer(status, body)) == value


def test_json_by_another_name_is_json() -> None:
    assert decode(ONE_ROW, answer(200, {"uuid": "u"}, "application/problem+json; charset=utf-8")) == {"uuid": "u"}


@pytest.mark.parametrize(
    ("call", "reply"),
    [
        (ONE_ROW, answer(200, b"<html>SECRET</html>", "text/html")),
        (ONE_ROW, answer(200, b'{"uuid": "u"}', "")),
        (ONE_ROW, answer(200, b"{SECRET")),
        (ONE_ROW, answer(200, b"[" * 100_000)),
        (ONE_ROW, answer(200, b"\xff\xfe\xfd")),
        (ONE_ROW, answer(200, b"")),
        (ONE_ROW, answer(204, b"")),
        (ONE_ROW, answer(200, [{"uuid": "SECRET"}])),
        (ONE_ROW, answer(200, {"id": "SECRET"})),
        (ONE_ROW, answer(200, "SECRET")),
        (ROWS, answer(200, {"uuid": "SECRET"})),
        (ROWS, answer(200, {"results": []})),
        (ROWS, answer(200, ["SECRET"])),
        (ROWS, answer(200, [{"uuid": "u"}, {}])),
        (ONE_ROW, answer(404, b"<html>SECRET</html>", "text/html")),
        (ONE_ROW, answer(502, b"Bad Gateway SECRET", "text/plain")),
        (ONE_ROW, answer(404, {"message": "SECRET"})),
        (ONE_ROW, answer(500, ["SECRET"])),
        (ONE_ROW, answer(400, {"detail": 5})),
        (ONE_ROW, answer(400, {"detail": ""})),
        (NOTHING, answer(500, b"SECRET", "text/plain")),
        (NOTHING, answer(200, b"<html>please pay</html>", "text/html")),
        (NOTHING, answer(200, b"")),
    ],
)
def test_what_is_no_ravi_answer_is_nonsense_that_is_not_repeated(call, reply) -> None:
    with pytest.raises(errors.ServerNonsense) as caught:
        decode(call, reply)

    assert f"answered {reply.status} with" in caught.value.message
    assert "SECRET" not in f"{caught.value.message} {caught.value.details}"
    assert caught.value.details["status"] == reply.status


def test_a_content_type_is_cleaned_before_it_is_shown() -> None:
    with pytest.raises(errors.ServerNonsense, match=r"content type: text/html\[2J") as caught:
        decode(ONE_ROW, answer(200, b"", "text/html\x1b[2J" + "x" * 500))
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308])
def test_a_redirect_is_nonsense_and_not_followed(status) -> None:
    with pytest.raises(errors.ServerNonsense, match=f"answered {status} with a redirect, which is never followed"):
        decode(ONE_ROW, answer(status, b"", location="https://evil.example/?token=SECRET"))


@pytest.mark.parametrize("code", sorted(set(errors.by_code())))
def test_every_code_that_a_server_may_send_becomes_its_class(code) -> None:
    expected = errors.by_code()[code]
    reply = answer(418, problem(code, "said no", hint="do this", request_id="r"), x_request_id="req-7")

    with pytest.raises(errors.RaviError) as caught:
        decode(ONE_ROW, reply)

    error = caught.value
    assert (error.message, error.hint, error.code) == ("said no", "do this", code)
    if issubclass(expected, errors.Refused):
        assert type(error) is expected
        assert (error.status, error.request_id) == (418, "req-7")
    elif expected is errors.IdentityRequired:
        assert type(error) is expected
    else:
        assert type(error) is errors.Refused, "a server does not get to report problems of this machine"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Malformed),
        (401, errors.Unauthenticated),
        (402, errors.Refused),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (405, errors.MethodNotAllowed),
        (409, errors.Conflict),
        (413, errors.TooLarge),
        (422, errors.Invalid),
        (429, errors.RateLimited),
        (500, errors.ServerFault),
        (502, errors.ServerFault),
        (503, errors.Unavailable),
    ],
)
@pytest.mark.parametrize("body", [{"detail": "no"}, problem("from.the.future", "no")])
def test_without_a_code_that_we_know_the_status_decides(status, kind, body) -> None:
    with pytest.raises(errors.Refused) as caught:
        decode(ONE_ROW, answer(status, body))

    assert type(caught.value) is kind
    assert caught.value.code == body.get("code", kind.code)
    assert caught.value.status == status


def test_details_come_along() -> None:
    body = problem(codes.VALIDATION_FAILED, "no")
    body["error"]["details"] = {"email": ["taken"]}

    with pytest.raises(errors.Invalid) as caught:
        decode(ONE_ROW, answer(422, body))
    assert caught.value.details == {"email": ["taken"]}


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({"retry_after_seconds": 7}, {"retry_after": "9"}, 7),
        ({}, {"retry_after": "9"}, 9),
        ({"retry_after_seconds": "x"}, {"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 1),
        ({"retry_after_seconds": -5}, {}, 1),
    ],
)
def test_a_limit_says_when_to_come_back(body, headers, seconds) -> None:
    with pytest.raises(errors.RateLimited) as caught:
        decode(ONE_ROW, answer(429, {**problem(codes.RATE_LIMITED, "slow down"), **body}, **headers))
    assert caught.value.retry_after == seconds


def test_the_device_endpoints_own_errors_are_kept() -> None:
    body = {"error": "authorization_pending", "error_description": "not yet", "detail": "x"}

    with pytest.raises(errors.Malformed, match="not yet") as caught:
        decode(ONE_ROW, answer(400, body))
    assert caught.value.details == {"error": "authorization_pending"}


def test_a_novel_is_cut() -> None:
    with pytest.raises(errors.NotFound) as caught:
        decode(ONE_ROW, answer(404, problem("not_found", "x" * 100_000)))
    assert len(caught.value.message) == 2000


class TestProvenance:
    """Errors say which of our own sources they are about."""

    SELECTED = Sourced("u", "./.ravi/config.json")
    KEY = Credential("SECRET", server="http://localhost", source="RAVI_API_KEY")
    LOGIN = Credential("SECRET", server="http://localhost", source="~/.ravi/auth.json", path="/h", refresh="r")

    def refusal(self, status: int, code: str, credential: Credential = KEY) -> errors.RaviError:
        body = problem(code, "no", hint="what a server says to everybody")
        with pytest.raises(errors.RaviError) as caught:
            decode(ONE_ROW, answer(status, body), selected=self.SELECTED, credential=credential)
        assert str(caught.value) == caught.value.message
        assert "SECRET" not in caught.value.message
        return caught.value

    @pytest.mark.parametrize("code", [codes.IDENTITY_NOT_FOUND, codes.IDENTITY_DELETED])
    def test_an_unknown_identity_names_the_file_that_selected_it(self, code) -> None:
        error = self.refusal(404, code)

        assert error.message == "no (selected by ./.ravi/config.json)"
        assert "./.ravi/config.json" in error.hint
        assert "ravi identity list" in error.hint

    @pytest.mark.parametrize("code", [codes.FORBIDDEN, codes.IDENTITY_DISABLED])
    def test_a_selection_out_of_reach_names_both_sources(self, code) -> None:
        error = self.refusal(403, code)

        assert error.message == "no (selected by ./.ravi/config.json, credential from RAVI_API_KEY)"

    def test_a_refused_key_names_where_it_came_from(self) -> None:
        error = self.refusal(401, codes.UNAUTHENTICATED)

        assert error.message == "no (credential from RAVI_API_KEY)"
        assert "RAVI_API_KEY" in error.hint

    def test_a_refused_sign_in_says_how_to_sign_in(self) -> None:
        error = self.refusal(401, codes.UNAUTHENTICATED, self.LOGIN)

        assert error.message == "no (credential from ~/.ravi/auth.json)"
        assert error.hint == "what a server says to everybody"

    def test_other_refusals_are_left_as_they_are(self) -> None:
        assert self.refusal(409, codes.ADDRESS_TAKEN).message == "no"
