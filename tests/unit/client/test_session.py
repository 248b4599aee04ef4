"""The blocking client as a whole, against a server that answers like Ravi."""

import json
import time

import pytest

from ravi import Client, errors
from ravi.client import core
from ravi.client.calls import Call
from ravi.wire import codes
from tests.support.fake_servers import CLOSE, ONE, READ, problem

TWO = "22222222-2222-4222-8222-222222222222"
INBOX = {"id": 1, "uuid": "i", "email": "one@in.ravi.localhost", "created_dt": "2026-01-01T00:00:00Z"}
PHONE = {"id": 1, "url": "u", "phone_number": "+15550100", "provider": "twilio", "carrier": "loopback"}


def identity(uuid: str = ONE, name: str = "research-agent", **more: object) -> dict:
    return {"uuid": uuid, "name": name, "email": f"{name}@in.ravi.localhost", **more}


class TestAnIdentitysCall:
    def test_says_who_it_is_and_acts_as_whom(self, api, client_for) -> None:
        api.routes["GET", "/api/email/"] = [[INBOX]]

        assert client_for(api.url).own.email() == INBOX

        headers = api.requests[0].headers
        assert headers["authorization"] == "Bearer ravi_mgmt_test"
        assert headers["x-ravi-identity"] == ONE
        assert headers["user-agent"].startswith("ravi/")
        assert headers["accept"] == "application/json"

    def test_is_not_sent_without_an_identity(self, api, client_for) -> None:
        with pytest.raises(errors.IdentityRequired):
            client_for(api.url, identity=None).own.email()
        assert api.requests == []

    def test_is_not_sent_without_a_credential(self, api, client_for) -> None:
        with pytest.raises(errors.NotSignedIn):
            client_for(api.url, token=None).own.email()
        assert api.requests == []

    def test_needs_no_selection_where_the_key_is_an_identitys_own(self, api, client_for) -> None:
        api.routes["GET", "/api/email/"] = [[INBOX]]

        client_for(api.url, token="ravi_id_x", identity=None).own.email()

        assert "x-ravi-identity" not in api.requests[0].headers

    def test_finds_the_uuid_of_a_selected_name_once(self, api, client_for) -> None:
        api.routes["GET", "/api/identities/?name=a%20%26%20b"] = [[identity(name="a & b")]]
        api.routes["GET", "/api/email/"] = lambda _: [INBOX]
        client = client_for(api.url, identity="a & b", source="RAVI_IDENTITY")

        client.own.email()
        client.own.email()

        assert api.seen() == [
            ("GET", "/api/identities/?name=a%20%26%20b"),
            ("GET", "/api/email/"),
            ("GET", "/api/email/"),
        ]
        assert [r.headers.get("x-ravi-identity") for r in api.requests] == [None, ONE, ONE]

    def test_is_not_sent_for_a_name_that_nobody_has(self, api, client_for) -> None:
        api.routes["GET", "/api/identities/?name=nobody"] = [[]]

        with pytest.raises(errors.IdentityNotFound, match=r"no identity is called 'nobody' \(from RAVI_IDENTITY\)"):
            client_for(api.url, identity="nobody", source="RAVI_IDENTITY").own.email()
        assert ("GET", "/api/email/") not in api.seen()

    def test_is_not_sent_for_a_name_that_several_have(self, api, client_for) -> None:
        api.routes["GET", "/api/identities/?name=twin"] = [[identity(ONE, "twin"), identity(TWO, "twin")]]

        with pytest.raises(errors.IdentityAmbiguous) as caught:
            client_for(api.url, identity="twin", source="--identity").own.email()

        assert [each["uuid"] for each in caught.value.details] == [ONE, TWO]
        assert ONE in caught.value.message
        assert TWO in caught.value.message
        assert ("GET", "/api/email/") not in api.seen()

    def test_does_not_believe_a_server_that_ignored_the_filter(self, api, client_for) -> None:
        api.routes["GET", "/api/identities/?name=mine"] = [[identity(TWO, "somebody else")]]

        with pytest.raises(errors.IdentityNotFound):
            client_for(api.url, identity="mine", source="--identity").own.email()

    def test_does_not_believe_a_server_that_ignored_the_selection(self, api, client_for) -> None:
        api.routes["GET", "/api/email/"] = [[INBOX, INBOX]]

        with pytest.raises(errors.ServerNonsense, match="2 inboxes for one identity"):
            client_for(api.url).own.email()

    def test_of_an_unknown_uuid_names_the_file(self, api, client_for) -> None:
        api.routes["GET", "/api/email/"] = (404, problem(codes.IDENTITY_NOT_FOUND, "no such identity"))

        with pytest.raises(errors.IdentityNotFound, match=r"\(selected by \./\.ravi/config\.json\)"):
            client_for(api.url).own.email()

    def test_without_an_address_or_number_says_so(self, api, client_for) -> None:
        api.routes["GET", "/api/email/"] = lambda _: []
        api.routes["GET", "/api/phone/"] = lambda _: []

        with pytest.raises(errors.NoInbox):
            client_for(api.url).own.email()
        with pytest.raises(errors.NoPhone, match="no phone number"):
            client_for(api.url).own.phone()


class TestRepetition:
    BUSY = (503, problem(codes.SERVER_UNAVAILABLE, "starting"), {"Retry-After": "0"})

    def test_a_busy_server_is_asked_again(self, api, client_for) -> None:
        api.routes["GET", "/api/email/"] = [self.BUSY, self.BUSY, [INBOX]]

        assert client_for(api.url).own.email() == INBOX
        assert len(api.requests) == 3

    def test_but_not_for_ever(self, api, client_for) -> None:
        api.routes["GET", "/api/email/"] = self.BUSY

        with pytest.raises(errors.Unavailable):
            client_for(api.url).own.email()
        assert len(api.requests) == 1 + core.BUSY_REPETITIONS

    def test_a_creation_is_repeated_with_the_same_key(self, api, client_for) -> None:
        api.routes["POST", "/api/identities/"] = [self.BUSY, (201, identity())]

        client_for(api.url).identities.create(name="x")

        first, second = (request.headers["idempotency-key"] for request in api.requests)
        assert first == second

    @pytest.mark.parametrize(
        ("retry_after", "verb"),
        [("60", "GET"), ("Wed, 21 Oct 2026 07:28:00 GMT", "GET"), (None, "GET"), ("0", "PATCH")],
    )
    def test_not_without_a_near_time_or_for_a_call_that_may_have_happened(
        self, api, client_for, retry_after, verb
    ) -> None:
        more = {} if retry_after is None else {"Retry-After": retry_after}
        api.routes[verb, f"/api/identities/{ONE}/"] = (503, problem(codes.SERVER_UNAVAILABLE, "x"), more)
        identities = client_for(api.url).identities

        with pytest.raises(errors.Unavailable):
            identities.get(ONE) if verb == "GET" else identities.update(ONE, name="x")
        assert len(api.requests) == 1

    def test_not_beyond_the_time_that_is_left(self, api, client_for) -> None:
        api.routes["GET", "/api/email/"] = (503, problem(codes.SERVER_UNAVAILABLE, "x"), {"Retry-After": "3"})

        with pytest.raises(errors.Unavailable):
            client_for(api.url, timeout=1.0).own.email()
        assert len(api.requests) == 1

    def test_a_server_that_comes_up_is_found(self, play, client_for, monkeypatch) -> None:
        server = play((READ, json_answer([INBOX])))
        client = client_for(server.url)
        real = client._transport._open
        refusals = [0, 0]

        def refuse_at_first(*told):
            if refusals:
                refusals.pop()
                raise errors.ServerUnreachable("connection refused", details=core.UNSENT)
            return real(*told)

        monkeypatch.setattr(client._transport, "_open", refuse_at_first)

        assert client.own.email() == INBOX
        assert refusals == []

    def test_a_stopped_server_is_given_up_within_two_seconds(self, play, client_for) -> None:
        server = play((READ,))
        server.close()
        began = time.monotonic()

        with pytest.raises(errors.ServerUnreachable) as caught:
            client_for(server.url).own.email()

        assert time.monotonic() - began < 1
        assert server.url in caught.value.message
        assert "ravi-server run" in caught.value.hint

    def test_a_write_is_not_repeated_when_the_server_dies_under_it(self, play, client_for) -> None:
        server = play((READ, CLOSE))

        with pytest.raises(errors.ServerUnreachable):
            client_for(server.url).identities.create(name="x")
        assert len(server.requests) == 1


class TestMakingOne:
    def test_from_arguments_alone(self, api, monkeypatch) -> None:
        api.routes["GET", "/api/email/"] = [[INBOX]]

        with Client(api_key="ravi_mgmt_k", base_url=api.url + "/api", identity=ONE) as client:
            assert client.own.email() == INBOX
            assert client.settings.require_credential().source == "api_key"
        assert api.requests[0].headers["authorization"] == "Bearer ravi_mgmt_k"

    def test_from_the_environment(self, api, monkeypatch) -> None:
        monkeypatch.setenv("RAVI_API_KEY", "ravi_mgmt_env")
        monkeypatch.setenv("RAVI_API_URL", api.url)
        monkeypatch.setenv("RAVI_IDENTITY", ONE)
        api.routes["GET", "/api/phone/"] = [[PHONE]]

        with Client() as client:
            assert client.own.phone() == PHONE

    def test_not_from_settings_and_arguments_at_once(self, api, client_for) -> None:
        settings = client_for(api.url).settings

        with pytest.raises(errors.UsageError):
            Client(settings, api_key="k")
        with pytest.raises(errors.UsageError):
            Client(settings, timeout=0)

    def test_its_repr_shows_no_secret(self, api) -> None:
        with Client(api_key="ravi_mgmt_SECRET", base_url=api.url) as client:
            assert repr(client) == f"Client({api.url!r})"
            assert "SECRET" not in f"{client.settings!r} {client.__dict__}"


def test_a_call_of_ones_own_is_sent(api, client_for) -> None:
    api.routes["POST", "/api/new/?a=b"] = (200, {"uuid": "u"})

    call = Call("POST", "/api/new/", {"a": "b"}, {"x": 1}, keys=("uuid",), identity=TWO, idempotent=True)

    assert client_for(api.url).send(call) == {"uuid": "u"}
    assert api.requests[0].headers["x-ravi-identity"] == TWO
    assert api.requests[0].body == {"x": 1}
    assert "SECRET" not in repr(Call("POST", "/x/", body={"refresh": "SECRET"}))


def test_a_request_id_comes_along_with_a_refusal(api, client_for) -> None:
    with pytest.raises(errors.NotFound) as caught:
        client_for(api.url).identities.get(ONE)

    assert (caught.value.status, caught.value.request_id) == (404, "req-1")


def json_answer(body: object) -> bytes:
    content = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(content),
        content,
    )
