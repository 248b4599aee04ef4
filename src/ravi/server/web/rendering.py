"""From a template to an answer: headers that every page carries, and errors that a person can read."""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from ravi.errors import RaviError
from ravi.server.http.errors import headers_of, status_of
from ravi.server.http.origin import peer_of
from ravi.server.http.throttle import Throttle, Visit
from ravi.version import __version__

log = logging.getLogger("ravi.web")

Handler = Callable[[Request], Awaitable[Response]]

#: Nothing but our own stylesheet is loaded, nothing runs, nobody frames us, forms go nowhere else.
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}

STYLESHEET = resources.files("ravi.server.web").joinpath("static/ravi.css").read_bytes()
#: The content's hash is in its address, so that it may be kept for ever and a new release is seen at once.
STYLESHEET_PATH = f"/static/ravi.{sha256(STYLESHEET).hexdigest()[:12]}.css"


class Pages:
    """Renders our templates, to nobody more often than *throttle* lets them."""

    def __init__(self, public_url: str, throttle: Throttle) -> None:
        self._throttle = throttle
        self._templates = Environment(
            loader=PackageLoader("ravi.server.web"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,  # a name that is missing is a fault, not an empty place
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "host": urlsplit(public_url).netloc,
            "origin": public_url.rstrip("/"),
            "stylesheet": STYLESHEET_PATH,
            "version": __version__,
        }
        self._templates.filters |= {"duration": duration, "prose": prose}

    def show(self, template: str, *, error: RaviError | None = None, form: bool = False, **values: Any) -> Response:
        """
        Return the page, with the status and headers of *error* if there is one.

        *form* says that it holds a POST form: browsers name the origin of a form only when the page's referrer
        policy lets them (Fetch, "append a request Origin header"), so such a page uses `same-origin`, which still
        tells other sites nothing.
        """
        values = {"visitor": None, "error": error, **values}
        page = self._templates.get_template(template).render(values)
        response = Response(page, status_of(error) if error else 200, media_type="text/html")
        for name, value in headers_of(error) if error else ():
            response.headers[name.decode()] = value.decode()
        if form or values["visitor"]:  # signed in, every page has the sign-out button
            response.headers["Referrer-Policy"] = "same-origin"
        return response

    def guarded(self, handler: Handler) -> Handler:
        """Return *handler* with our headers on its answers, its errors as pages, and a line in the log."""

        async def guard(request: Request) -> Response:
            started, request_id, address = time.perf_counter(), secrets.token_hex(8), peer_of(request.scope)
            visit: Visit | None = None
            try:
                visit = self._throttle.arrive_at_page(request.url.path, address)
                visit.seen_at(address)
                response = await handler(request)
            except RaviError as error:
                if visit is not None:
                    await visit.be_late(error, address)
                response = self.show("error.html", error=error, request_id=request_id)
            except Exception:  # the last resort: the visitor gets a page, the log gets the traceback
                log.exception("fault", extra={"request_id": request_id})
                fault = RaviError("the server failed", code="server.error")
                response = self.show("error.html", error=fault, request_id=request_id)
            finally:
                if visit is not None:
                    visit.leave()
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            response.headers["X-Request-Id"] = request_id
            log.info(
                "page",
                extra={
                    "method": request.method,
                    "path": request.url.path,
                    "status": response.status_code,
                    "ms": round((time.perf_counter() - started) * 1000, 2),
                    "request_id": request_id,
                },
            )
            return response

        return guard


def duration(span: timedelta) -> str:
    """Return *span* as a person says it: "14 minutes", "less than a minute"."""
    minutes = int(span.total_seconds()) // 60
    if minutes < 1:
        return "less than a minute"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def prose(text: str) -> Markup:
    """Return *text* with what stands between backticks as code, everything escaped."""
    parts = text.split("`")
    marked = [Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)]
    return Markup("").join(marked)
