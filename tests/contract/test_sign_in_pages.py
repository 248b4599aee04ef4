"""
The pages in the browser's place: what they send, what they refuse, and what a stranger's words may do to them.

Facts: RFC 8628 sections 3.3 and 5.4, RFC 6265bis (cookies), the Fetch standard (Origin, Sec-Fetch-Site). The
rest are choices of ours, explained in docs/adr/0012.
"""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ravi.server.login.device import LOOKS_PER_SESSION
from ravi.server.login.service import ATTEMPTS_PER_ADDRESS, ATTEMPTS_PER_EMAIL
from tests.support.sign_in import EMAIL, PASSWORD, SignIn, sign_in_on

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite://{tmp_path_factory.mktemp('pages') / 'ravi.db'}"


@pytest.fixture
async def site(sqlite_url: str) -> AsyncIterator[SignIn]:
    async with sign_in_on(sqlite_url) as built:
        yield built


class Tags(HTMLParser):
    """Collects every tag and its attributes, and the text outside tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def cookies(site: SignIn) -> dict[str, str]:
    """The header with which the browser shows its session."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in site.browser.cookies.items())}


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


# Who may send a form


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/sign-out", "/device"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://ravi.test.evil.example"},
        {"Origin": "http://ravi.test:8080"},
        {"Origin": "https://ravi.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://ravi.test", "Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
async def test_a_form_from_anywhere_else_is_refused(site: SignIn, path: str, headers: dict[str, str]) -> None:
    await site.enter()
    grant = await site.start()
    form = {
        "email": EMAIL,
        "password": PASSWORD,
        "password_again": PASSWORD,
        "signin_code": await site.code(),
        "user_code": grant["user_code"],
        "decision": "approve",
        "form_token": await site.form_token(),
    }

    answer = await site.api.post(path, data=form, headers=headers | cookies(site))

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert (await site.poll(grant["device_code"])).json()["error"] == "authorization_pending"
    assert EMAIL in (await site.browser.get("/device")).text  # still signed in


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://ravi.test"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://ravi.test", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
async def test_a_form_from_our_own_page_is_taken(site: SignIn, headers: dict[str, str]) -> None:
    await site.enter()

    answer = await site.api.post("/sign-in", data={"email": EMAIL, "password": PASSWORD}, headers=headers)

    assert answer.status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64, None])
async def test_a_decision_needs_the_token_of_this_session(site: SignIn, token: str | None) -> None:
    await site.enter()
    grant = await site.start()
    form = {"user_code": grant["user_code"], "decision": "approve"} | ({} if token is None else {"form_token": token})

    assert (await site.browser.post("/device", data=form)).status_code == 403
    assert (await site.browser.post("/sign-out", data=form)).status_code == 403
    assert (await site.poll(grant["device_code"])).json()["error"] == "authorization_pending"


async def test_another_session_s_token_does_not_do(site: SignIn) -> None:
    await site.enter()
    foreign = await site.form_token()
    await site.enter()
    grant = await site.start()

    form = {"user_code": grant["user_code"], "decision": "approve", "form_token": foreign}

    assert (await site.browser.post("/device", data=form)).status_code == 403


async def test_a_decision_needs_a_session(site: SignIn) -> None:
    grant = await site.start()

    answer = await site.browser.post("/device", data={"user_code": grant["user_code"], "decision": "approve"})

    assert answer.status_code == 401
    assert "no longer signed in" in answer.text
    assert (await site.poll(grant["device_code"])).json()["error"] == "authorization_pending"


async def test_looking_at_a_link_decides_nothing(site: SignIn) -> None:
    await site.enter()
    grant = await site.start()
    token = await site.form_token()

    await site.browser.get(f"/device?user_code={grant['user_code']}&decision=approve&form_token={token}")

    assert (await site.poll(grant["device_code"])).json()["error"] == "authorization_pending"


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
    assert EMAIL in (await site.browser.get("/device")).text
    site.clock.advance(minutes=1)

    assert EMAIL not in (await site.browser.get("/device")).text
    site.clock.advance(seconds=1)
    await site.login.forget_old()
    assert await site.db.one("SELECT count(*) FROM web_sessions") == (0,)


async def test_signing_out_ends_the_session_on_the_server(site: SignIn) -> None:
    await site.enter()
    kept = cookies(site)

    answer = await site.browser.post("/sign-out", data={"form_token": await site.form_token()})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert EMAIL not in (await site.api.get("/device", headers=kept)).text


async def test_signing_in_again_replaces_the_session(site: SignIn) -> None:
    await site.enter()
    old = cookies(site)

    await site.browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})

    assert cookies(site) != old
    assert EMAIL not in (await site.api.get("/device", headers=old)).text


async def test_a_new_password_signs_other_browsers_out(site: SignIn) -> None:
    await site.enter()
    elsewhere = cookies(site)
    site.browser.cookies.clear()

    await site.enter()

    assert EMAIL not in (await site.api.get("/device", headers=elsewhere)).text
    assert EMAIL in (await site.browser.get("/device")).text


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


# What pages are made of


ALL_PAGES = ["/", "/device", "/sign-in", "/sign-in/code", "/api/docs/", "/device?user_code=AAAA-AAAA", "/no-such-page"]


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("path", ALL_PAGES)
async def test_every_page_is_strict_and_whole(site: SignIn, path: str, signed_in: bool) -> None:
    if signed_in:
        await site.enter()
    answer = await site.browser.get(path, follow_redirects=True)
    headers, page = answer.headers, Tags(answer.text)

    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == ("same-origin" if 'method="post"' in answer.text else "no-referrer")
    assert re.fullmatch(r"[0-9a-f]{16}", headers["x-request-id"])
    assert page.named("html") == [{"lang": "en"}]
    assert len(page.named("h1")) == 1
    assert len(page.named("main")) == 1
    assert not page.named("script")
    for tag, attributes in page.tags:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("href", "action", "src"):
            assert (attributes.get(name) or "/").startswith(("/", "#")), (tag, attributes)
    labelled = {label["for"] for label in page.named("label")}
    visible = [field for field in page.named("input") if field.get("type") != "hidden"]
    assert {field["id"] for field in visible} == labelled
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


async def test_the_stylesheet_is_there_and_may_be_kept(site: SignIn) -> None:
    (link,) = Tags((await site.browser.get("/")).text).named("link")

    answer = await site.browser.get(str(link["href"]))

    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert "@import" not in answer.text
    assert "url(" not in answer.text


async def test_a_stranger_s_words_stay_words(site: SignIn) -> None:
    await site.enter()
    grant = await site.start(hostname=XSS + "\u202egnp.exe\u0000\nApproved", workspace=XSS * 3)

    answer = await site.browser.get(f"/device?user_code={grant['user_code']}")
    page = Tags(answer.text)

    assert XSS in page.text  # shown, as text
    assert not page.named("script")
    assert not page.named("img")
    assert not set("\u202e\u0000") & set(answer.text)
    assert "gnp.exe Approved" in page.text


@pytest.mark.parametrize("signed_in", [False, True])
async def test_a_code_in_a_link_stays_text(site: SignIn, signed_in: bool) -> None:
    if signed_in:
        await site.enter()

    answer = await site.browser.get("/device", params={"user_code": '"><script>alert(1)</script>'})
    page = Tags(answer.text)

    assert not page.named("script")
    values = [field["value"] for field in page.named("input") if field.get("name") == "user_code"]
    assert set(values) == {'"><script>alert(1)</script>'}


@pytest.mark.parametrize(
    "planted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "x\r\nLocation: https://evil.example",
        "&next=//evil",
    ],
)
async def test_signing_in_never_leads_away(site: SignIn, planted: str) -> None:
    await site.enter()

    answer = await site.browser.post(
        "/sign-in", data={"email": EMAIL, "password": PASSWORD, "user_code": planted, "next": planted}
    )

    assert answer.status_code == 303
    assert re.fullmatch(r"/device\?user_code=[\w.%+-]*", answer.headers["location"])


async def test_an_approval_from_elsewhere_is_pointed_out(site: SignIn) -> None:
    await site.enter()
    here = await site.start()
    elsewhere = await site.login.device.start("", "", "198.51.100.7")

    near = (await site.browser.get(f"/device?user_code={here['user_code']}")).text
    far = (await site.browser.get(f"/device?user_code={elsewhere.user_code}")).text

    assert "not the address of this browser" not in near
    assert "198.51.100.7" in far
    assert "not the address of this browser (127.0.0.1)" in far


async def test_oversized_and_foreign_bodies_are_refused(site: SignIn) -> None:
    large = await site.browser.post("/sign-in", data={"email": "x" * 20_000, "password": "y"})
    json = await site.browser.post("/sign-in", json={"email": EMAIL, "password": PASSWORD})

    assert large.status_code == 413
    assert json.status_code == 400


async def test_a_fault_shows_nothing_of_itself(site: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ValueError("the secret is 4711")

    monkeypatch.setattr(site.login, "check_password", broken)

    answer = await site.browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 500
    assert "4711" not in answer.text
    assert "The server failed." in answer.text
    assert answer.headers["x-request-id"] in answer.text


# What is left behind


async def test_nothing_of_a_finished_run_can_be_read_in_the_database_or_the_log(
    sqlite_url: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "ravi")
    async with sign_in_on(sqlite_url, log_level="debug") as site:
        signin_code = await site.code()
        grant = await site.start(hostname="canary-host")
        form = {"email": EMAIL, "signin_code": signin_code, "password": PASSWORD, "password_again": PASSWORD}
        await site.browser.post("/sign-in/code", data=form | {"user_code": grant["user_code"]})
        token = await site.form_token()
        await site.browser.get(f"/device?user_code={grant['user_code']}")
        await site.browser.post(
            "/device", data={"user_code": grant["user_code"], "decision": "approve", "form_token": token}
        )
        body = (await site.poll(grant["device_code"], wait=True)).json()
        direct = (await site.api.post("/api/auth/login/", json={"email": EMAIL, "password": PASSWORD})).json()
        session = site.browser.cookies["ravi_session"]
        await site.browser.post("/sign-in", data={"email": EMAIL, "password": "a wrong canary"})
        # Before closing: everything still stands in the WAL as well.
        stored = b"".join(path.read_bytes() for path in sorted(Path(sqlite_url[9:]).parent.iterdir()))
    stored += b"".join(path.read_bytes() for path in sorted(Path(sqlite_url[9:]).parent.iterdir()))
    logged = capfd.readouterr().err + "".join(str(vars(record)) for record in caplog.records)

    secrets = [body["access"], body["refresh"], body["management_key"], direct["access"], direct["refresh"]]
    secrets += [signin_code, grant["device_code"], grant["user_code"], session, token, PASSWORD, "a wrong canary"]
    secrets += [signin_code.replace("-", ""), grant["user_code"].replace("-", "")]
    assert b"canary-host" in stored  # we do look in the right place
    assert "/sign-in/code" in logged
    for secret in secrets:
        assert secret.encode() not in stored
        assert secret not in logged


# Reading


async def test_the_front_page_leads_to_both_places(site: SignIn) -> None:
    links = {link["href"] for link in Tags((await site.browser.get("/")).text).named("a")}

    assert {"/device", "/api/docs/"} <= links


async def test_the_schema_is_the_document_of_every_route(site: SignIn) -> None:
    for path in ("/api/schema/", "/api/schema"):
        answer = await site.api.get(path)
        assert answer.headers["content-type"] == "application/json"
        document = answer.json()
        assert document["openapi"].startswith("3.1")
        assert "/api/identities/" in document["paths"]


async def test_the_docs_show_every_operation_with_its_scope_and_shapes(site: SignIn) -> None:
    document = (await site.api.get("/api/schema/")).json()
    html = (await site.api.get("/api/docs/")).text
    page = Tags(html)

    operations = [(path, operation) for path, methods in document["paths"].items() for operation in methods.values()]
    ids = {attributes["id"] for attributes in page.named("details") if "id" in attributes}
    assert ids == {operation["operationId"] for _, operation in operations}
    for path, operation in operations:
        assert path in page.text
        assert operation.get("x-ravi-scope", "Needs no credential") in page.text
    for name in (
        "verification_uri_complete",
        "provision_phone",
        "Idempotency-Key",
        "list of Identity",
        "X-Ravi-Identity",
    ):
        assert name in page.text
