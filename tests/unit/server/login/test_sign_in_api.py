"""Signing in without a browser, and asking who one is."""

from collections.abc import AsyncIterator

import pytest

from ravi.server.login import records
from ravi.server.login.service import ATTEMPTS_PER_EMAIL
from tests.support.sign_in import EMAIL, PASSWORD, SignIn, sign_in_on

LOGIN = "/api/auth/login/"


@pytest.fixture
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SignIn]:
    async with sign_in_on(f"sqlite://{tmp_path_factory.mktemp('login') / 'ravi.db'}") as built:
        yield built


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_one_time_code_signs_in_once(site: SignIn) -> None:
    code = await site.code()

    answer = await site.api.post(LOGIN, json={"signin_code": code.lower().replace("-", " "), "hostname": "ci\n7"})
    again = await site.api.post(LOGIN, json={"signin_code": code})

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh", "expires_at", "identities", "user"}
    assert await site.db.one("SELECT label FROM sign_ins") == ("sign-in on ci 7",)
    assert again.status_code == 401
    assert again.json()["code"] == "auth.bad_credentials"


async def test_a_one_time_code_ends_after_fifteen_minutes(site: SignIn) -> None:
    code = await site.code()
    site.clock.advance(minutes=15)

    assert (await site.api.post(LOGIN, json={"signin_code": code})).status_code == 401


async def test_address_and_password_sign_in(site: SignIn) -> None:
    await site.services.auth.set_password(site.account.id, PASSWORD)

    answer = await site.api.post(LOGIN, json={"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 200
    user = await site.api.get("/api/auth/user/", headers=bearer(answer.json()["access"]))
    assert user.json() == answer.json()["user"]
    assert user.json()["email"] == EMAIL


@pytest.mark.parametrize(
    "body",
    [
        {"email": EMAIL, "password": "wrong password"},
        {"email": "nobody@example.org", "password": PASSWORD},
        {"email": "ada@example.org\x01", "password": PASSWORD},
        {"email": EMAIL},
        {"password": PASSWORD},
        {"signin_code": "AAAA-AAAA-AAAA"},
        {"signin_code": ""},
    ],
    ids=str,
)
async def test_everything_wrong_gets_one_answer(site: SignIn, body: dict[str, str]) -> None:
    await site.services.auth.set_password(site.account.id, PASSWORD)

    answer = await site.api.post(LOGIN, json=body)

    assert answer.status_code == 401
    assert answer.json()["detail"] == "these credentials do not fit"
    assert answer.json()["code"] == "auth.bad_credentials"


@pytest.mark.parametrize("body", [{}, {"signin_code": "x", "email": EMAIL}, {"hostname": "box"}], ids=str)
async def test_neither_way_or_both_ways_is_malformed(site: SignIn, body: dict[str, str]) -> None:
    answer = await site.api.post(LOGIN, json=body)

    assert answer.status_code == 400
    assert "either signin_code, or email and password" in answer.json()["detail"]


async def test_passwords_are_capped_per_account_and_a_success_starts_afresh(site: SignIn) -> None:
    await site.services.auth.set_password(site.account.id, PASSWORD)
    for _ in range(2):
        for _ in range(ATTEMPTS_PER_EMAIL - 1):
            assert (await site.api.post(LOGIN, json={"email": EMAIL, "password": "wrong"})).status_code == 401
        assert (await site.api.post(LOGIN, json={"email": EMAIL, "password": PASSWORD})).status_code == 200
    for _ in range(ATTEMPTS_PER_EMAIL):
        await site.api.post(LOGIN, json={"email": EMAIL, "password": "wrong"})

    capped = await site.api.post(LOGIN, json={"email": EMAIL, "password": PASSWORD})

    assert capped.status_code == 429
    assert capped.json()["retry_after_seconds"] == 900
    assert capped.headers["retry-after"] == "900"
    assert (await site.api.post(LOGIN, json={"signin_code": await site.code()})).status_code == 200


async def test_unknown_accounts_are_capped_like_known_ones(site: SignIn) -> None:
    body = {"email": "nobody@example.org", "password": "wrong"}
    statuses = [(await site.api.post(LOGIN, json=body)).status_code for _ in range(ATTEMPTS_PER_EMAIL + 1)]

    assert statuses == [401] * ATTEMPTS_PER_EMAIL + [429]


async def test_the_addresses_that_were_tried_are_not_kept_in_the_clear(site: SignIn) -> None:
    await site.api.post(LOGIN, json={"email": "nobody@example.org", "password": "wrong"})

    subjects = [row[0] for row in await site.db.all("SELECT subject FROM attempts")]

    assert len(subjects) == 2
    assert not [subject for subject in subjects if "nobody" in subject]


async def test_a_sign_in_lists_no_more_identities_than_a_person_can_choose_from(
    site: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ravi.server.login import device, service

    for module in (device, service):
        assert module.LISTED == records.LISTED
        monkeypatch.setattr(module, "LISTED", 2)
    signed_in = (await site.api.post(LOGIN, json={"signin_code": await site.code()})).json()
    for name in ("one", "two", "three"):
        made = await site.api.post("/api/identities/", json={"name": name}, headers=bearer(signed_in["access"]))
        assert made.status_code == 201
    grant = await site.start()
    await site.decide(grant["user_code"])

    by_code = (await site.api.post(LOGIN, json={"signin_code": await site.code()})).json()
    by_device = (await site.poll(grant["device_code"])).json()

    for body in (by_code, by_device):
        assert [identity["name"] for identity in body["identities"]] == ["one", "two"]


async def test_whoami_says_what_each_credential_is(site: SignIn) -> None:
    tokens = await site.services.auth.sign_in(site.account.id, "test")
    made = (await site.api.post("/api/identities/", json={"name": "agent"}, headers=bearer(tokens.access))).json()
    bound = await site.api.post(
        "/api/auth/bind-identity/", json={"identity": made["uuid"]}, headers=bearer(tokens.access)
    )

    async def whoami(token: str) -> dict[str, object]:
        return (await site.api.get("/api/auth/whoami/", headers=bearer(token))).json()

    session, key, bound_session = (
        await whoami(tokens.access),
        await whoami(made["api_key"]),
        await whoami(bound.json()["access"]),
    )
    assert (session["kind"], session["identity"], session["identity_uuid"]) == ("session", None, None)
    assert (key["kind"], key["identity"], key["identity_uuid"]) == ("identity_key", "agent", made["uuid"])
    assert (bound_session["kind"], bound_session["identity"]) == ("bound_session", "agent")
    assert session["expires_at"] == "2026-03-01T13:00:00Z"
    assert key["expires_at"] is None
    assert "keys:mint" in session["scopes"]
    assert "keys:mint" not in key["scopes"]
    assert {each["email"] for each in (session, key, bound_session)} == {EMAIL}


async def test_whoami_knows_whether_the_vault_is_set_up(site: SignIn) -> None:
    tokens = await site.services.auth.sign_in(site.account.id, "test")
    await site.services.vault.set_encryption(
        site.account.id, salt="A" * 22 + "==", verifier="A" * 84, public_key="A" * 43 + "="
    )

    answer = await site.api.get("/api/auth/whoami/", headers=bearer(tokens.access))

    assert answer.json()["has_encryption"] is True


@pytest.mark.parametrize("path", ["/api/auth/whoami/", "/api/auth/user/"])
async def test_who_one_is_needs_a_credential(site: SignIn, path: str) -> None:
    assert (await site.api.get(path)).status_code == 401
