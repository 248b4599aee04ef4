"""SSO tokens in the library: which requests are made, with which credential, and what of the answers is believed."""

import pytest

from ravi import AsyncClient, errors
from tests.support.fake_servers import make_settings, problem

TOKEN, VERIFY = "/api/sso/token/", "/api/sso/verify/"
MADE = {"token": "rvt_a.b.c", "expires_at": "2026-03-01T12:05:00Z"}
PROOF = {
    "identity_uuid": "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d",
    "identity_name": "shopper",
    "identity_email": "shopper@in.example",
    "created_at": "2026-03-01T12:00:00Z",
    "expires_at": "2026-03-01T12:05:00Z",
}


def test_a_token_is_made_by_the_identity_and_verified_by_anybody(api, client_for) -> None:
    api.routes["POST", TOKEN] = lambda _: MADE
    api.routes["POST", VERIFY] = lambda _: PROOF
    sso = client_for(api.url).sso

    assert sso.token(audience="https://shop.example", single_use=True) == MADE
    assert sso.verify("rvt_a.b.c", audience="https://shop.example", consume=True) == PROOF

    made, verified = api.requests
    assert made.body == {"audience": "https://shop.example", "single_use": True}
    assert made.headers["authorization"]
    assert verified.body == {"token": "rvt_a.b.c", "audience": "https://shop.example", "consume": True}
    assert "authorization" not in verified.headers


async def test_the_same_without_blocking(api) -> None:
    api.routes["POST", TOKEN] = lambda _: MADE
    api.routes["POST", VERIFY] = lambda _: PROOF
    async with AsyncClient(make_settings(api.url)) as ravi:
        assert await ravi.sso.token() == MADE
        assert await ravi.sso.verify("rvt_a.b.c") == PROOF

    assert [request.body for request in api.requests] == [{}, {"token": "rvt_a.b.c"}]


def test_a_refusal_is_of_its_own_class(api, client_for) -> None:
    api.routes["POST", VERIFY] = (401, problem("sso.token_refused", "this token has expired"))

    with pytest.raises(errors.SsoTokenRefused, match="expired"):
        client_for(api.url).sso.verify("rvt_a.b.c")


@pytest.mark.parametrize("answer", [{}, {"token": 1, "expires_at": "x"}, []])
def test_an_answer_without_a_token_is_not_believed(api, client_for, answer) -> None:
    api.routes["POST", TOKEN] = lambda _: answer

    with pytest.raises(errors.ServerNonsense):
        client_for(api.url).sso.token()
