"""
What the pages refuse, what a stranger's words may do to them, what they leave behind, and what is only read.

Facts: the Fetch standard (Origin, Sec-Fetch-Site), Content Security Policy. Choices of ours: docs/adr/0012.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.html import Tags
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


# Who may send a form


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
async def test_a_form_from_anywhere_else_is_refused(site: SignIn, headers: dict[str, str]) -> None:
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

    for path in ("/sign-in", "/sign-in/code", "/sign-out", "/device"):
        answer = await site.api.post(path, data=form, headers=headers | site.cookies)
        assert answer.status_code == 403, path
        assert "set-cookie" not in answer.headers, path
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
    grant = await site.start(hostname=XSS + "\u202egnp.exe\u0001\nApproved", workspace=XSS * 3)

    answer = await site.browser.get(f"/device?user_code={grant['user_code']}")
    page = Tags(answer.text)

    assert XSS in page.text  # shown, as text
    assert not page.named("script")
    assert not page.named("img")
    assert not set("\u202e\u0001") & set(answer.text)
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
