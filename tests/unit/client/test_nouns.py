"""What callers see of each noun: which request each method makes of what it is given."""

import pytest

from ravi import errors
from ravi.wire import codes
from tests.support.fake_servers import ONE, problem

TWO = "22222222-2222-4222-8222-222222222222"


def identity(uuid: str = ONE, name: str = "research-agent", **more: object) -> dict:
    return {"uuid": uuid, "name": name, "email": f"{name}@in.ravi.localhost", **more}


class TestAnAccountCall:
    def test_names_no_identity_and_needs_none(self, api, client_for) -> None:
        api.routes["GET", "/api/identities/"] = lambda _: [identity()]
        api.routes["GET", "/api/master/"] = {"first_name": "Ada", "last_name": "L"}
        api.routes["GET", "/api/domains/"] = lambda _: [{"domain": "in.ravi.localhost"}]

        for selected in (ONE, None):
            client = client_for(api.url, identity=selected)
            assert client.identities.list() == [identity()]
            assert client.own.owner()["first_name"] == "Ada"
            assert client.own.domains()[0]["domain"] == "in.ravi.localhost"

        assert all("x-ravi-identity" not in request.headers for request in api.requests)

    def test_lists_with_filters(self, api, client_for) -> None:
        target = "/api/identities/?name=n&prefix=task-&label=team%3Da%20b&label=x%3D"
        api.routes["GET", target] = lambda _: []

        assert client_for(api.url).identities.list(name="n", prefix="task-", label={"team": "a b", "x": ""}) == []

    def test_creates_with_a_key_against_twins(self, api, client_for) -> None:
        api.routes["POST", "/api/identities/"] = (201, identity())
        client = client_for(api.url)

        client.identities.create(name="research-agent", labels={"team": "x"}, ttl_seconds=60, reuse=True)
        client.identities.create()

        first, second = api.requests
        assert first.body == {
            "name": "research-agent",
            "labels": {"team": "x"},
            "ttl_seconds": 60,
            "reuse": True,
            "api_key": False,
        }
        assert second.body == {"api_key": False}
        keys = [request.headers["idempotency-key"] for request in api.requests]
        assert all(len(key) == 32 and int(key, 16) >= 0 for key in keys)
        assert keys[0] != keys[1]

    @pytest.mark.parametrize(
        ("verb", "method", "suffix"),
        [
            ("get", "GET", ""),
            ("delete", "DELETE", ""),
            ("disable", "POST", "disable/"),
            ("enable", "POST", "enable/"),
            ("provision_phone", "POST", "provision-phone/"),
            ("release_phone", "POST", "release-phone/"),
        ],
    )
    def test_takes_a_uuid_in_any_case_or_a_unique_name(self, api, client_for, verb, method, suffix) -> None:
        answer = {**identity(), "deleted_dt": "2026-01-01T00:00:00Z"}
        api.routes["GET", "/api/identities/?name=research-agent"] = lambda _: [answer]
        api.routes[method, f"/api/identities/{ONE}/{suffix}"] = lambda _: answer
        client = client_for(api.url)

        assert getattr(client.identities, verb)(ONE.upper()) == answer
        assert getattr(client.identities, verb)("research-agent") == answer

    def test_updates_what_is_given_and_tells_none_from_unset(self, api, client_for) -> None:
        api.routes["PATCH", f"/api/identities/{ONE}/"] = lambda _: identity()
        client = client_for(api.url)

        client.identities.update(ONE, name="x", labels={})
        client.identities.update(ONE, ttl_seconds=None)

        assert [request.body for request in api.requests] == [{"name": "x", "labels": {}}, {"ttl_seconds": None}]

    def test_finds_or_not(self, api, client_for) -> None:
        api.routes["GET", "/api/identities/?name=a"] = lambda _: [identity(name="a")]
        api.routes["GET", "/api/identities/?name=b"] = lambda _: []
        api.routes["GET", f"/api/identities/{TWO}/"] = (404, problem(codes.IDENTITY_NOT_FOUND, "no"))
        client = client_for(api.url)

        found = client.identities.find("a")
        assert found is not None
        assert found["uuid"] == ONE
        assert client.identities.find("b") is None
        assert client.identities.find(TWO) is None
        with pytest.raises(errors.IdentityNotFound):
            client.identities.get("b")
        with pytest.raises(errors.UsageError):
            client.identities.find(" ")

    def test_deleting_twice_is_told_apart(self, api, client_for) -> None:
        receipt = {"status": "deleted", "uuid": ONE, "deleted_dt": "2026-01-01T00:00:00Z"}
        gone = problem(codes.IDENTITY_DELETED, "deleted on 2026-01-01")
        gone["error"]["details"] = {"deleted_dt": "2026-01-01T00:00:00Z"}
        api.routes["DELETE", f"/api/identities/{ONE}/"] = [receipt, (404, gone)]
        client = client_for(api.url)

        assert client.identities.delete(ONE) == receipt
        with pytest.raises(errors.IdentityDeleted, match="deleted on") as caught:
            client.identities.delete(ONE)
        assert caught.value.details == {"deleted_dt": "2026-01-01T00:00:00Z"}


class TestKeysAndEvents:
    KEY = {"uuid": TWO, "key": "ravi_id_…", "label": "l"}

    def test_keys_are_made_and_listed(self, api, client_for) -> None:
        api.routes["POST", "/api/auth/keys/management/"] = (201, self.KEY)
        api.routes["POST", "/api/auth/keys/identity/"] = (201, self.KEY)
        api.routes["GET", "/api/auth/keys/management/"] = lambda _: [self.KEY]
        api.routes["GET", f"/api/auth/keys/identity/?identity={ONE}"] = lambda _: [self.KEY]
        api.routes["GET", "/api/auth/keys/identity/"] = lambda _: []
        keys = client_for(api.url).keys

        assert keys.create_management("ci", 60) == self.KEY
        assert keys.create_identity(ONE, label="laptop") == self.KEY
        assert keys.list_management() == [self.KEY]
        assert keys.list_identity(identity=ONE) == [self.KEY]
        assert keys.list_identity() == []
        assert [r.body for r in api.requests[:2]] == [
            {"label": "ci", "ttl_seconds": 60},
            {"identity_uuid": ONE, "label": "laptop"},
        ]
        assert all("idempotency-key" in r.headers for r in api.requests[:2])

    def test_a_key_of_either_kind_is_revoked(self, api, client_for) -> None:
        api.routes["DELETE", f"/api/auth/keys/identity/{ONE}/"] = (204, None)
        api.routes["DELETE", f"/api/auth/keys/management/{TWO}/"] = (204, None)
        keys = client_for(api.url).keys

        assert keys.revoke(ONE) is None
        assert keys.revoke(TWO) is None
        with pytest.raises(errors.NotFound):
            keys.revoke("33333333-3333-4333-8333-333333333333")

    def test_a_key_out_of_reach_is_not_found_rather_than_forbidden(self, api, client_for) -> None:
        api.routes["DELETE", f"/api/auth/keys/management/{TWO}/"] = (403, problem(codes.FORBIDDEN, "no"))

        with pytest.raises(errors.NotFound):
            client_for(api.url).keys.revoke(TWO)

    def test_events_are_the_identitys_or_the_accounts(self, api, client_for) -> None:
        event = {"seq": 8, "type": "identity.created"}
        api.routes["GET", "/api/events/?since=7&limit=2&event_types=a.b%2Cc.d"] = {"events": [event]}
        api.routes["GET", "/api/events/"] = {"events": []}
        events = client_for(api.url).events

        assert events.list(since=7, limit=2, types=["a.b", "c.d"]) == [event]
        assert events.list(whole_account=True) == []
        assert [r.headers.get("x-ravi-identity") for r in api.requests] == [ONE, None]


class TestSigningIn:
    GRANT = {"device_code": "d", "user_code": "A", "verification_uri": "u", "expires_in": 900, "interval": 5}
    PAIR = {"access": "a", "refresh": "r", "expires_at": "2030-01-01T00:00:00Z"}

    def test_needs_no_credential_and_sends_none(self, api, client_for) -> None:
        api.routes["POST", "/api/auth/device/"] = self.GRANT
        api.routes["POST", "/api/auth/login/"] = self.PAIR
        for token in (None, "ravi_mgmt_test"):
            auth = client_for(api.url, token=token).auth
            assert auth.device_start(hostname="h", workspace="/w") == self.GRANT
            assert auth.login_with_code("SECRET") == self.PAIR

        assert all("authorization" not in request.headers for request in api.requests)
        assert api.requests[0].body == {"hostname": "h", "workspace": "/w"}
        assert api.requests[1].body == {"signin_code": "SECRET"}

    @pytest.mark.parametrize(
        ("reason", "kind"),
        [
            ("access_denied", errors.Forbidden),
            ("expired_token", errors.TimedOut),
            ("invalid_grant", errors.BadCredentials),
            ("something_new", errors.Malformed),
        ],
    )
    def test_polling_waits_then_says_how_it_ended(self, api, client_for, reason, kind) -> None:
        pending = (400, {"error": "authorization_pending", "error_description": "not yet"})
        ended = (400, {"error": reason, "error_description": "because"})
        api.routes["POST", "/api/auth/device/token/"] = [pending, ended]
        auth = client_for(api.url, token=None).auth

        assert auth.device_poll("d") is None
        with pytest.raises(kind):
            auth.device_poll("d", wait=False)
        assert [r.body["wait"] for r in api.requests] == [True, False]

    def test_polling_ends_with_the_sign_in(self, api, client_for) -> None:
        api.routes["POST", "/api/auth/device/token/"] = self.PAIR

        assert client_for(api.url, token=None).auth.device_poll("d") == self.PAIR

    def test_a_malformed_refusal_of_another_kind_is_passed_on(self, api, client_for) -> None:
        api.routes["POST", "/api/auth/device/token/"] = (400, problem(codes.REQUEST_MALFORMED, "what"))

        with pytest.raises(errors.Malformed, match="what"):
            client_for(api.url, token=None).auth.device_poll("d")

    def test_asking_binding_and_signing_out(self, api, client_for) -> None:
        api.routes["GET", "/api/auth/whoami/"] = {"kind": "session", "email": "a@example.com"}
        api.routes["POST", "/api/auth/bind-identity/"] = self.PAIR
        api.routes["POST", "/api/auth/logout/"] = {"signed_out": 1}
        auth = client_for(api.url, token="t", refresh="r", path="/nowhere/auth.json").auth

        assert auth.whoami()["email"] == "a@example.com"
        assert auth.bind(ONE) == self.PAIR
        assert auth.logout() == {"signed_out": 1}
        assert auth.logout(everywhere=True) == {"signed_out": 1}
        assert auth.logout(everywhere=True, keys=True) == {"signed_out": 1}
        assert [r.body for r in api.requests] == [
            None,
            {"identity": ONE},
            {"refresh": "r"},
            {"refresh": "r", "everywhere": True},
            {"refresh": "r", "everywhere": True, "keys": True},
        ]

    def test_a_key_cannot_be_renewed(self, api, client_for) -> None:
        with pytest.raises(errors.NotSignedIn, match="RAVI_API_KEY is not a sign-in"):
            client_for(api.url).auth.refresh()
        assert api.requests == []
