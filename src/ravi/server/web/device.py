"""The device page: what asks, and the two buttons."""

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from ravi.errors import Malformed, RateLimited, Unauthenticated
from ravi.server.login import Login
from ravi.server.login.errors import CodeDecided, CodeExpired, CodeUnknown
from ravi.server.login.forms import read_form
from ravi.server.login.routes import peer
from ravi.server.web.rendering import Pages
from ravi.server.web.sign_in import SignInPages, typed_code
from ravi.server.web.visitor import Visitor, Visitors


class DevicePages:
    """Approving or denying a device sign-in."""

    def __init__(
        self, pages: Pages, visitors: Visitors, sign_in: SignInPages, login: Login, now: Callable[[], datetime]
    ) -> None:
        self._pages = pages
        self._visitors = visitors
        self._sign_in = sign_in
        self._login = login
        self._now = now

    async def ask(self, request: Request) -> Response:
        """GET: sign in, then the code, then what asks."""
        user_code = typed_code(request.query_params)
        visitor = await self._visitors.find(request)
        if visitor is None:
            return self._sign_in.show(user_code)
        if not user_code:
            return self._enter_code(visitor)
        address = peer(request)
        try:
            grant = await self._login.device.look(user_code, session_id=visitor.session_id, address=address)
        except (CodeUnknown, CodeExpired, CodeDecided, RateLimited) as error:
            return self._enter_code(visitor, user_code, error)
        return self._pages.show(
            "approve.html",
            visitor=visitor,
            user_code=user_code,
            asker=grant.asker,
            elsewhere=address if address != grant.asker.address else None,
            left=grant.expires_at - self._now(),
        )

    async def decide(self, request: Request) -> Response:
        """POST: approve or deny."""
        self._visitors.check_origin(request)
        form = await read_form(request)
        user_code = typed_code(form)
        visitor = await self._visitors.find(request)
        if visitor is None:  # the session ended while the page was open
            return self._sign_in.show(user_code, error=Unauthenticated("you are no longer signed in", hint=""))
        self._visitors.check_form(visitor, form)
        decision = form.get("decision")
        if decision not in ("approve", "deny"):
            raise Malformed("the form says neither approve nor deny")
        try:
            grant = await self._login.device.decide(
                user_code,
                visitor.account.id,
                approve=decision == "approve",
                session_id=visitor.session_id,
                address=peer(request),
            )
        except (CodeUnknown, CodeExpired, CodeDecided, RateLimited) as error:
            return self._enter_code(visitor, user_code, error)
        return self._pages.show("decided.html", visitor=visitor, approved=decision == "approve", asker=grant.asker)

    def _enter_code(
        self,
        visitor: Visitor,
        user_code: str = "",
        error: CodeUnknown | CodeExpired | CodeDecided | RateLimited | None = None,
    ) -> Response:
        return self._pages.show("enter_code.html", error=error, visitor=visitor, user_code=user_code)
