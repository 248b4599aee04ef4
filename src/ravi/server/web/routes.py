"""The addresses of the pages."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from starlette.routing import BaseRoute, Route

from ravi.server.auth import Auth
from ravi.server.login import Login
from ravi.server.web.device import DevicePages
from ravi.server.web.reading import ReadingPages
from ravi.server.web.rendering import STYLESHEET_PATH, Handler, Pages
from ravi.server.web.sign_in import SIGN_IN, SIGN_IN_CODE, SIGN_OUT, SignInPages
from ravi.server.web.visitor import Visitors
from ravi.wire import paths


def build_pages(
    *,
    pages: Pages,
    auth: Auth,
    login: Login,
    openapi_document: dict[str, Any],
    public_url: str,
    now: Callable[[], datetime],
) -> list[BaseRoute]:
    """
    Return the routes of all pages, rendered by *pages*.

    Mount them before the API: two of them stand under its prefix. Every page answers with and without its last
    slash, and no page redirects from one to the other.
    """
    visitors = Visitors(auth, login, public_url)
    sign_in = SignInPages(pages, visitors, login)
    device = DevicePages(pages, visitors, sign_in, login, now)
    reading = ReadingPages(pages, visitors, openapi_document)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/", reading.front),
        ("GET", STYLESHEET_PATH, reading.stylesheet),
        ("GET", paths.DOCS, reading.docs),
        ("GET", paths.SCHEMA, reading.schema),
        ("GET", paths.DEVICE_PAGE, device.ask),
        ("GET", paths.AUTH_DEVICE_VERIFY, device.ask),
        ("POST", paths.DEVICE_PAGE, device.decide),
        ("GET", SIGN_IN, sign_in.form),
        ("POST", SIGN_IN, sign_in.with_password),
        ("GET", SIGN_IN_CODE, sign_in.form),
        ("POST", SIGN_IN_CODE, sign_in.with_code),
        ("POST", SIGN_OUT, sign_in.out),
    ]
    return [
        Route(path, pages.guarded(handler), methods=[method])
        for method, declared, handler in table
        for path in _spellings(declared)
    ]


def _spellings(path: str) -> Iterator[str]:
    yield path
    if path != "/":
        yield path.removesuffix("/") if path.endswith("/") else path + "/"
