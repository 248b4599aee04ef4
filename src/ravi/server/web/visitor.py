"""
Who is at the browser: the session's cookie, and the proof that a form was sent from one of our own pages.

Two guards stand before every POST. The browser's word about where the request was made (`Sec-Fetch-Site`, which
scripts cannot set, and `Origin`) covers forms before sign-in, too; the token in the form covers those after it,
should a browser give no word or a proxy drop it. SameSite=Lax on the cookie makes three.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from ravi.errors import Forbidden
from ravi.server.auth import Account, Auth
from ravi.server.login import Login
from ravi.server.login.sessions import LASTS


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser that is signed in. `form_token` goes into each form it is shown."""

    account: Account
    session_id: str = field(repr=False)

    @property
    def form_token(self) -> str:
        # Derived, not stored: who cannot read the cookie cannot know it, and it ends with the session.
        return hashlib.sha256(b"ravi/form-token\0" + self.session_id.encode()).hexdigest()


class Visitors:
    """Recognises browsers, and hands out and takes back their cookies."""

    def __init__(self, auth: Auth, login: Login, public_url: str) -> None:
        self._auth = auth
        self._login = login
        parts = urlsplit(public_url)
        self.origin = f"{parts.scheme}://{parts.netloc}".lower()
        self._secure = parts.scheme == "https"
        # __Host- makes the browser refuse the cookie from a sibling domain or over plain HTTP (RFC 6265bis).
        self.cookie = "__Host-ravi_session" if self._secure else "ravi_session"

    async def find(self, request: Request) -> Visitor | None:
        """Return who is signed in here, or None."""
        session_id = request.cookies.get(self.cookie, "")
        session = await self._login.sessions.find(session_id) if session_id else None
        return Visitor(await self._auth.get_account(session.account_id), session_id) if session else None

    def check_origin(self, request: Request) -> None:
        """Raises Forbidden unless the browser says that one of our own pages sent this."""
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin")
        if site is None and origin is None:
            raise Forbidden("the browser did not say which page sent this form")
        # A page whose referrer policy a proxy has tightened sends the origin "null"; the other header still tells.
        ours = (self.origin, "null") if site == "same-origin" else (self.origin,)
        if site not in (None, "same-origin") or (origin is not None and origin.lower() not in ours):
            raise Forbidden(
                "this form was not sent from a page of this server", hint=f"open this server at {self.origin}"
            )

    def check_form(self, visitor: Visitor, form: dict[str, str]) -> None:
        """Raises Forbidden unless the form was made for this very session."""
        if not hmac.compare_digest(form.get("form_token", "").encode(), visitor.form_token.encode()):
            raise Forbidden("this form belongs to another session", hint="go back, reload the page and try again")

    async def sign_in(self, request: Request, response: Response, account: Account) -> None:
        """Begin a session and put its cookie on *response*. A session that was there before ends."""
        await self._end(request)
        response.set_cookie(
            self.cookie,
            await self._login.sessions.open(account.id),
            max_age=int(LASTS.total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    async def sign_out(self, request: Request, response: Response) -> None:
        """End the session and take the cookie back."""
        await self._end(request)
        response.delete_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="lax")

    async def _end(self, request: Request) -> None:
        if session_id := request.cookies.get(self.cookie):
            await self._login.sessions.end(session_id)
