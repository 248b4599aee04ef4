"""
Signing in and deciding at the pages: the forms as a browser sends them.

Facts: RFC 8628 sections 3.3 and 5.4, RFC 6265bis (cookies). The rest are choices of ours, explained in
docs/adr/0012.
"""

import re
from collections.abc import AsyncIterator

import pytest

from ravi.server.login.device import LOOKS_PER_SESSION
from ravi.server.login.service import ATTEMPTS_PER_ADDRESS, ATTEMPTS_PER_EMAIL
from tests.support.html import Tags
from tests.support.sign_in import EMAIL, PASSWORD, SignIn, sign_in_on


@pytest.fixture
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite://{tmp_path_factory.mktemp('pages') / 'ravi.db'}"


@pytest.fixture
async def site(sqlite_url: str) -> AsyncIterator[SignIn]:
    async with sign_in_on(sqlite_url) as built:
        yield built


async def test_the_way_from_a_terminal_s_code_to_its_token(site: SignIn) -> None:
    grant = await site.start(hostname="build-box", workspace="/home/ada/agents")
    code = grant["user_code"]

    first = await site.browser.get(f"/device?user_code={code}")
    assert first.status_code == 200
    hidden = [field for field in Tags(first.text).named("input") if field.get("name") == "user_code"]
    assert [field["value"] for field in hidden] == [code, code]  # the code survives either way of signing in
    entered = await site.browser.post(
        "/sign-in/code",
        data={
            "email": EMAIL,
            "signin_code": await site.code(),
            "password": PASSWORD,
            "password_again": PASSWORD,
            "user_code": code,
        },
    )
    assert (entered.status_code, entered.headers["location"]) == (303, f"/device?user_code={code}")
    asked = (await site.browser.get(entered.headers["location"])).text
    for shown in (code, "build-box", "/home/ada/agents", "127.0.0.1", "15 minutes", "Approve only if you started"):
        assert shown in asked
    done = await site.browser.post(
        "/device", data={"user_code": code, "decision": "approve", "form_token": await site.form_token()}
    )

    assert done.status_code == 200
    assert "Approved" in done.text
    assert (await site.poll(grant["device_code"])).status_code == 200


async def test_the_password_works_from_the_second_visit_on(site: SignIn) -> None:
    await site.enter()
    site.browser.cookies.clear()
    assert "Sign in" in (await site.browser.get("/device")).text

    answer = await site.browser.post("/sign-in", data={"email": EMAIL.upper(), "password": PASSWORD})

    assert (answer.status_code, answer.headers["location"]) == (303, "/device")
    assert EMAIL in (await site.browser.get("/device")).text


async def test_deny(site: SignIn) -> None:
    await site.enter()
    grant = await site.start()

    done = await site.browser.post(
        "/device", data={"user_code": grant["user_code"], "decision": "deny", "form_token": await site.form_token()}
    )

    assert "Denied" in done.text
    assert (await site.poll(grant["device_code"])).json()["error"] == "access_denied"


async def test_the_verify_address_of_older_clients_is_the_same_page(site: SignIn) -> None:
    grant = await site.start()
    await site.enter()

    for path in ("/api/auth/device/verify/", "/api/auth/device/verify", "/device", "/device/"):
        page = await site.browser.get(f"{path}?user_code={grant['user_code'].lower()}")
        assert page.status_code == 200
        assert grant["user_code"] in page.text
        assert 'action="/device"' in page.text


async def test_without_a_code_the_page_asks_for_one(site: SignIn) -> None:
    await site.enter()

    page = Tags((await site.browser.get("/device")).text)

    assert [field["name"] for field in page.named("input") if field.get("type") != "hidden"] == ["user_code"]


async def test_codes_that_are_wrong_decided_or_expired_say_so(site: SignIn) -> None:
    await site.enter()
    decided, expired = await site.start(), await site.start()
    await site.decide(decided["user_code"], approve=False)

    wrong = await site.browser.get("/device?user_code=AAAA-AAAA")
    again = await site.browser.get(f"/device?user_code={decided['user_code']}")
    site.clock.advance(minutes=15)
    late = await site.browser.get(f"/device?user_code={expired['user_code']}")

    assert (wrong.status_code, again.status_code, late.status_code) == (404, 409, 404)
    assert "No device is waiting with this code." in wrong.text
    assert "This code was decided already." in again.text
    assert "This code has expired." in late.text


async def test_guessing_codes_is_capped_per_session(site: SignIn) -> None:
    await site.enter()
    grant = await site.start()
    for guess in range(LOOKS_PER_SESSION):
        assert (await site.browser.get(f"/device?user_code=AAAA-{guess:04d}")).status_code == 404

    capped = await site.browser.get(f"/device?user_code={grant['user_code']}")

    assert capped.status_code == 429
    assert int(capped.headers["retry-after"]) > 0
    assert "Too many attempts." in capped.text
    decided = {"user_code": grant["user_code"], "decision": "approve", "form_token": await site.form_token()}
    assert (await site.browser.post("/device", data=decided)).status_code == 429


async def test_guessing_codes_is_capped_per_address_too(site: SignIn) -> None:
    statuses = []
    for _ in range(4):
        await site.enter()  # a fresh session each time
        statuses += [
            (await site.browser.get(f"/device?user_code=AAAA-{guess:04d}")).status_code
            for guess in range(LOOKS_PER_SESSION)
        ]

    assert statuses[:60] == [404] * 60
    assert set(statuses[60:]) == {429}


# Signing in


async def test_a_one_time_code_works_once(site: SignIn) -> None:
    code = await site.code()
    form = {"email": EMAIL, "signin_code": code, "password": PASSWORD, "password_again": PASSWORD}
    assert (await site.browser.post("/sign-in/code", data=form)).status_code == 303

    again = await site.browser.post("/sign-in/code", data=form)

    assert again.status_code == 401
    assert "These credentials do not fit." in again.text


async def test_a_one_time_code_survives_a_slip_of_the_fingers(site: SignIn) -> None:
    right = {"email": EMAIL, "signin_code": await site.code(), "password": PASSWORD, "password_again": PASSWORD}
    slips = [
        ({"password_again": "something else"}, 422, "The two passwords differ."),
        ({"password": "short", "password_again": "short"}, 422, "must have 10 to 1024 characters"),
        ({"email": "eve@example.org"}, 401, "These credentials do not fit."),
        ({"email": "ada@example.org\x00"}, 401, "These credentials do not fit."),
    ]
    for slip, status, words in slips:
        answer = await site.browser.post("/sign-in/code", data=right | slip)
        assert answer.status_code == status
        assert words in answer.text
        assert "set-cookie" not in answer.headers

    assert (await site.browser.post("/sign-in/code", data=right)).status_code == 303


async def test_a_code_of_another_account_does_not_do(site: SignIn) -> None:
    await site.services.auth.add_account("eve@example.org")
    form = {
        "email": "eve@example.org",
        "signin_code": await site.code(),
        "password": PASSWORD,
        "password_again": PASSWORD,
    }

    assert (await site.browser.post("/sign-in/code", data=form)).status_code == 401


async def test_every_wrong_credential_gets_the_same_page(site: SignIn) -> None:
    await site.services.auth.add_account("new@example.org")  # has no password yet
    await site.enter()
    site.browser.cookies.clear()

    pages = []
    for email, password in [(EMAIL, "wrong password"), ("nobody@example.org", PASSWORD), ("new@example.org", "")]:
        answer = await site.browser.post("/sign-in", data={"email": email, "password": password})
        assert answer.status_code == 401
        pages.append(answer.text.replace(email, "…"))

    assert len(set(pages)) == 1
    assert PASSWORD not in pages[0]


async def test_passwords_are_capped_per_account(site: SignIn) -> None:
    await site.enter()
    for _ in range(ATTEMPTS_PER_EMAIL):
        answer = await site.browser.post("/sign-in", data={"email": EMAIL, "password": "wrong password"})
        assert answer.status_code == 401

    capped = await site.browser.post("/sign-in", data={"email": f" {EMAIL.title()} ", "password": PASSWORD})

    assert capped.status_code == 429
    assert int(capped.headers["retry-after"]) == 900
    await site.enter()  # a one-time code is still a way in
    site.clock.advance(minutes=15)
    assert (await site.browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})).status_code == 303


async def test_attempts_are_capped_per_address(site: SignIn) -> None:
    form = {"email": EMAIL, "signin_code": "AAAA-AAAA-AAAA", "password": PASSWORD, "password_again": PASSWORD}
    for _ in range(ATTEMPTS_PER_ADDRESS):
        assert (await site.browser.post("/sign-in/code", data=form)).status_code == 401

    assert (await site.browser.post("/sign-in/code", data=form)).status_code == 429
    right = {"signin_code": await site.code()}
    assert (await site.api.post("/api/auth/login/", json=right)).status_code == 429


# Cookies and sessions


async def test_the_cookie_is_kept_from_scripts_and_other_sites(site: SignIn) -> None:
    await site.enter()
    answer = await site.browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})

    cookie = answer.headers["set-cookie"].lower()

    assert re.match(r"ravi_session=[\w-]{43};", cookie)
    assert {"httponly", "samesite=lax", "path=/", "max-age=43200"} <= set(cookie.split("; "))
    assert "secure" not in cookie
    assert "domain" not in cookie


async def test_over_https_the_cookie_is_bound_to_the_host(sqlite_url: str) -> None:
    async with sign_in_on(sqlite_url, public_url="https://ravi.test") as site:
        await site.enter()
        answer = await site.browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})

        assert answer.headers["set-cookie"].startswith("__Host-ravi_session=")
        assert "secure" in answer.headers["set-cookie"].lower().split("; ")


async def test_a_session_ends_after_twelve_hours(site: SignIn) -> None:
    await site.enter()
    site.clock.advance(hours=11, minutes=59)
    await site.login.forget_old()
    assert EMAIL in (await site.browser.get("/device")).text
    site.clock.advance(minutes=1)

    assert EMAIL not in (await site.browser.get("/device")).text
    site.clock.advance(seconds=1)
    await site.login.forget_old()
    assert await site.db.one("SELECT count(*) FROM web_sessions") == (0,)


async def test_signing_out_ends_the_session_on_the_server(site: SignIn) -> None:
    await site.enter()
    kept = site.cookies

    answer = await site.browser.post("/sign-out", data={"form_token": await site.form_token()})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert EMAIL not in (await site.api.get("/device", headers=kept)).text


async def test_signing_in_again_replaces_the_session(site: SignIn) -> None:
    await site.enter()
    old = site.cookies

    await site.browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})

    assert site.cookies != old
    assert EMAIL not in (await site.api.get("/device", headers=old)).text


async def test_a_new_password_signs_other_browsers_out(site: SignIn) -> None:
    await site.enter()
    elsewhere = site.cookies
    site.browser.cookies.clear()

    await site.enter()

    assert EMAIL not in (await site.api.get("/device", headers=elsewhere)).text
    assert EMAIL in (await site.browser.get("/device")).text
