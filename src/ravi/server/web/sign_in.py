"""Signing in and out: with a password, or with a one-time code that sets one."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ravi.errors import BadCredentials, Invalid, RateLimited, RaviError
from ravi.server.auth import Account, codes
from ravi.server.auth.passwords import SHORTEST
from ravi.server.login import Login
from ravi.server.login.asker import one_line
from ravi.server.login.forms import read_form
from ravi.server.login.routes import peer
from ravi.server.web.rendering import Pages
from ravi.server.web.visitor import Visitors
from ravi.wire import paths

SIGN_IN = "/sign-in"
SIGN_IN_CODE = "/sign-in/code"
SIGN_OUT = "/sign-out"

#: Longer than any code; what somebody pastes in its place need not come back whole.
LONGEST_CODE = 40


class SignInPages:
    """The two sign-in forms, and the way out."""

    def __init__(self, pages: Pages, visitors: Visitors, login: Login) -> None:
        self._pages = pages
        self._visitors = visitors
        self._login = login

    def show(
        self, user_code: str = "", *, email: str = "", by_code: bool = False, error: RaviError | None = None
    ) -> Response:
        """Return the page with both forms. The device's code, if there is one, survives the sign-in."""
        return self._pages.show(
            "sign_in.html", error=error, form=True, user_code=user_code, email=email, by_code=by_code, shortest=SHORTEST
        )

    async def form(self, request: Request) -> Response:
        """GET: the forms, or on to the device page for who is signed in already."""
        if await self._visitors.find(request):
            return onward("")
        return self.show(by_code=request.url.path.startswith(SIGN_IN_CODE))

    async def with_password(self, request: Request) -> Response:
        """POST: check address and password."""
        self._visitors.check_origin(request)
        form = await read_form(request)
        email, user_code = form.get("email", ""), typed_code(form)
        try:
            account = await self._login.check_password(email, form.get("password", ""), address=peer(request))
        except (BadCredentials, RateLimited) as error:
            return self.show(user_code, email=email, error=error)
        return await self._enter(request, account, user_code)

    async def with_code(self, request: Request) -> Response:
        """POST: check address and one-time code, and set the password."""
        self._visitors.check_origin(request)
        form = await read_form(request)
        email, user_code, password = form.get("email", ""), typed_code(form), form.get("password", "")
        try:
            if password != form.get("password_again", ""):
                raise Invalid("the two passwords differ")
            account = await self._login.choose_password(
                email, form.get("signin_code", ""), password, address=peer(request)
            )
        except (BadCredentials, RateLimited, Invalid) as error:
            return self.show(user_code, email=email, by_code=True, error=error)
        return await self._enter(request, account, user_code)

    async def out(self, request: Request) -> Response:
        """POST: end the session."""
        self._visitors.check_origin(request)
        form = await read_form(request)
        visitor = await self._visitors.find(request)
        if visitor:
            self._visitors.check_form(visitor, form)
        response = RedirectResponse("/", 303)
        await self._visitors.sign_out(request, response)
        return response

    async def _enter(self, request: Request, account: Account, user_code: str) -> Response:
        response = onward(user_code)
        await self._visitors.sign_in(request, response, account)
        return response


def typed_code(fields: Mapping[str, str]) -> str:
    """Return the device's code as the device shows it, however it was typed; what is no code, as one short line."""
    typed = one_line(fields.get("user_code", ""), LONGEST_CODE)
    plain = codes.normal(typed)
    return f"{plain[:4]}-{plain[4:]}" if len(plain) == 8 else typed


def onward(user_code: str) -> Response:
    """Redirect to the device page: always our own path, never an address that somebody gave us."""
    query = f"?{urlencode({'user_code': user_code})}" if user_code else ""
    return RedirectResponse(paths.DEVICE_PAGE + query, 303)
