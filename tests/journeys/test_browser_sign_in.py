"""
An owner lets a device in, with a real browser and without JavaScript: `ravi-server` as it is run, Chromium as a
person has it. The device is played over plain HTTP.
"""

import shutil
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.http import Http, Reply
from tests.support.server import Server

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",  # containers run tests as root, where Chromium's sandbox refuses
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

EMAIL = "ada@example.org"
PASSWORD = "correct horse battery"


@pytest.fixture
def browser() -> Iterator["Browser"]:
    if CHROMIUM is None:
        pytest.skip("the browser journeys need Chromium: there is no `chromium` on PATH (Debian: apt install chromium)")
    with playwright.sync_playwright() as tool:
        running = tool.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page without JavaScript; whatever the browser refuses or misses on it is a failure."""
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("requestfailed", lambda request: complaints.append(request.url))
    yield opened
    context.close()
    assert not complaints


class Device(threading.Thread):
    """A program that starts a sign-in and waits for its end, as `ravi auth login` does."""

    def __init__(self, url: str, **about: str) -> None:
        super().__init__(daemon=True)
        self._http = Http(url)
        self.grant: dict[str, Any] = self._http.post("/api/auth/device/", about).json
        self.answer: Reply | None = None

    def run(self) -> None:
        self.answer = self._http.post(
            "/api/auth/device/token/", {"device_code": self.grant["device_code"], "wait": True}
        )

    def ended(self) -> Reply:
        """Wait for the answer."""
        self.join(20)
        assert self.answer is not None, "the device was never answered"
        return self.answer


def sign_in_with_code(page: "Page", code: str) -> None:
    page.get_by_text("First time here").click()
    form = page.locator("form", has=page.get_by_label("One-time code"))
    form.get_by_label("Email address").fill(EMAIL)
    form.get_by_label("One-time code").fill(code)
    form.get_by_label("Choose a password").fill(PASSWORD)
    form.get_by_label("The same again").fill(PASSWORD)
    form.get_by_role("button").click()


def sign_in_with_password(page: "Page") -> None:
    form = page.locator("form", has=page.get_by_label("Password", exact=True))
    form.get_by_label("Email address").fill(EMAIL)
    form.get_by_label("Password").fill(PASSWORD)
    form.get_by_role("button", name="Sign in").click()


def test_first_visit_with_a_one_time_code_then_approve(server: Server, page: "Page") -> None:
    owner = server.add_owner(EMAIL)
    device = Device(server.url, hostname="build-box", workspace="/srv/agents")
    device.start()

    page.goto(f"{device.grant['verification_uri']}?user_code={device.grant['user_code']}")
    sign_in_with_code(page, owner["signin_code"])
    assert page.get_by_text(device.grant["user_code"]).is_visible()
    assert page.get_by_text("build-box").is_visible()
    assert page.get_by_text("/srv/agents").is_visible()
    assert page.get_by_text("Approve only if you started this yourself").is_visible()
    page.get_by_role("button", name="Approve").click()

    assert page.get_by_role("heading", name="Approved").is_visible()
    answer = device.ended()
    assert answer.status == 200
    whoami = Http(server.url, answer.json["access"]).get("/api/auth/whoami/")
    assert whoami.json["email"] == EMAIL


def test_later_visit_with_the_password_then_deny_then_sign_out(server: Server, page: "Page") -> None:
    owner = server.add_owner(EMAIL)
    page.goto(f"{server.url}/device")
    sign_in_with_code(page, owner["signin_code"])
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{server.url}/")
    device = Device(server.url)
    device.start()

    page.get_by_role("link", name="Approve a device").click()
    sign_in_with_password(page)
    page.get_by_label("The code your terminal shows").fill(device.grant["user_code"].lower().replace("-", ""))
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Deny").click()

    assert page.get_by_role("heading", name="Denied").is_visible()
    assert (device.ended().status, device.ended().json["error"]) == (400, "access_denied")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{server.url}/")  # a navigation that overtakes this one would count as a failed request
    page.goto(f"{server.url}/device")
    assert page.get_by_role("heading", name="Sign in", exact=True).is_visible()


def test_another_site_cannot_approve_in_the_owner_s_name(server: Server, browser: "Browser") -> None:
    owner = server.add_owner(EMAIL)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server.url}/device")
    sign_in_with_code(page, owner["signin_code"])
    device = Device(server.url)
    (token,) = [
        field.get_attribute("value") for field in page.locator("input[name=form_token]").all()[:1]
    ]  # more than any other site could know

    evil = context.new_page()
    evil.set_content(
        f'<form method="post" action="{server.url}/device"><input name="user_code" value="{device.grant["user_code"]}">'
        f'<input name="decision" value="approve"><input name="form_token" value="{token}"><button>Free!</button></form>'
    )
    evil.get_by_role("button").click()
    evil.wait_for_load_state()

    assert evil.get_by_text("This form was not sent from a page of this server").is_visible()
    answer = Http(server.url).post("/api/auth/device/token/", {"device_code": device.grant["device_code"]})
    assert answer.json["error"] == "authorization_pending"
    context.close()


def test_the_docs_unfold_without_javascript(server: Server, page: "Page") -> None:
    page.goto(f"{server.url}/")
    page.get_by_role("link", name="API documentation Every route").click()

    operation = page.locator("details.operation", has_text="/api/auth/device/token/").first
    operation.locator("summary").first.click()

    assert operation.get_by_text("Needs no credential").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_nothing_is_wider_than_a_phone(server: Server, browser: "Browser") -> None:
    owner = server.add_owner(EMAIL)
    device = Device(server.url, hostname="h" * 80, workspace="/" + "w" * 199)
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    for path in ("/", "/api/docs/", f"/device?user_code={device.grant['user_code']}"):
        page.goto(server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") == 320, path
    sign_in_with_code(page, owner["signin_code"])

    assert page.get_by_role("button", name="Approve").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    context.close()
