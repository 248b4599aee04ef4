"""
The composition root: every service is built here, once, and told about the others.

`App` is the ASGI application of one server: the API, the pages, the health checks, and the chores that go on in
the background. What it needs from outside (settings, clock, the URL it is reached at) is handed in; nothing is
global, so tests may have several.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from ravi.errors import MethodNotAllowed, NotFound, RaviError, Unavailable
from ravi.server.audit import Audit
from ravi.server.audit import routes as audit_routes
from ravi.server.auth import Auth
from ravi.server.auth import routes as auth_routes
from ravi.server.contacts import Contacts
from ravi.server.contacts import routes as contacts_routes
from ravi.server.db import Database, DatabaseUnavailable, open_database
from ravi.server.events import Events, Wakeup
from ravi.server.events import routes as events_routes
from ravi.server.events import stream_routes as events_stream_routes
from ravi.server.events.stream import Streams
from ravi.server.http import encoding, errors, health, openapi, server_keys, throttle_routes
from ravi.server.http.access_log import AccessLog
from ravi.server.http.dispatch import JSON, NO_STORE, Api
from ravi.server.http.idempotency import Idempotency
from ravi.server.http.origin import Origin, acting, peer_of
from ravi.server.http.peer import BehindProxy
from ravi.server.http.send_limits import SendCounter, SendLimits
from ravi.server.http.throttle import LOOK_SECONDS, RequestLimits, Throttle
from ravi.server.http.throttle_routes import Budgets
from ravi.server.identities import Identities, bulk_routes, holdings_routes
from ravi.server.identities import routes as identities_routes
from ravi.server.jobs import Chores
from ravi.server.login import Login
from ravi.server.login import routes as login_routes
from ravi.server.mail import Mail, Signing, sending_routes
from ravi.server.mail import routes as mail_routes
from ravi.server.mail.dkim_signing import Signer
from ravi.server.mail.relay import Relay, RelayServer
from ravi.server.mail.sending_services import SendingServices, build_sending
from ravi.server.phone import CarrierNumbers, Deliverer, Phone, carrier_routes, carriers
from ravi.server.phone import routes as phone_routes
from ravi.server.phone.carrier_routes import Webhooks as CarrierWebhooks
from ravi.server.phone.carriers.contract import Carrier
from ravi.server.sso import Sso
from ravi.server.sso import routes as sso_routes
from ravi.server.vault import (
    Passwords,
    Resealing,
    Sealing,
    Secrets,
    Totps,
    Vault,
    passwords_routes,
    sealed_routes,
    secrets_routes,
    totp_routes,
)
from ravi.server.vault import routes as vault_routes
from ravi.server.waiting import Activity, Waiting, activity_routes
from ravi.server.waiting import routes as waiting_routes
from ravi.server.web import build_pages
from ravi.server.web.rendering import Pages
from ravi.server.webhooks import Guard, Webhooks
from ravi.server.webhooks import Sender as WebhookSender
from ravi.server.webhooks import Worker as WebhookWorker
from ravi.server.webhooks import routes as webhooks_routes
from ravi.settings.server import ServerSettings
from ravi.wire import paths

log = logging.getLogger("ravi.app")

Now = Callable[[], datetime]

#: Every route of the API. Guard tests walk these.
TABLES = [
    auth_routes.routes,
    identities_routes.routes,
    bulk_routes.routes,
    holdings_routes.routes,
    events_routes.routes,
    events_stream_routes.routes,
    audit_routes.routes,
    webhooks_routes.routes,
    waiting_routes.routes,
    activity_routes.routes,
    vault_routes.routes,
    secrets_routes.routes,
    passwords_routes.routes,
    totp_routes.routes,
    sealed_routes.routes,
    mail_routes.routes,
    sending_routes.routes,
    phone_routes.routes,
    carrier_routes.routes,
    contacts_routes.routes,
    sso_routes.routes,
    login_routes.routes,
    throttle_routes.routes,
    health.routes,
]

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes call, built on one open database."""

    db: Database
    audit: Audit
    auth: Auth
    events: Events
    streams: Streams
    webhooks: Webhooks
    waiting: Waiting
    activity: Activity
    webhook_worker: WebhookWorker
    identities: Identities
    vault: Vault
    secrets: Secrets
    passwords: Passwords
    totps: Totps
    resealing: Resealing
    contacts: Contacts
    mail: Mail
    signing: Signing
    sending: SendingServices
    phone: Phone
    carriers: dict[str, Carrier]
    carrier_webhooks: CarrierWebhooks
    texts: Deliverer
    numbers: CarrierNumbers
    sso: Sso
    login: Login
    throttle: Throttle
    budgets: Budgets
    idempotency: Idempotency
    readiness: health.Readiness


def build_services(db: Database, settings: ServerSettings, *, public_url: str, key: bytes, now: Now) -> Services:
    """
    Build every service on *db*, which must be migrated. *public_url* goes into links, *key* is the carriers'.

    Raises ConfigInvalid when a carrier cannot be what its URL says.
    """
    named = carriers.open_carriers(settings.carrier, public_url=public_url, key=key, now=now)
    numbers = CarrierNumbers(
        db,
        named,
        now,
        by_default=None if settings.phone is None else settings.phone == "always",
        quarantine=settings.number_quarantine,
    )
    audit = Audit(db, now)
    events = Events(db, audit, now)
    auth = Auth(db, events, now, access_token_lives=settings.access_token_ttl)
    identities = Identities(db, auth, events, numbers, now)
    numbers.serve(identities)
    vault = Vault(db, auth, events, now)
    sealing = Sealing(identities)
    contacts = Contacts(db, auth, identities, audit, now)
    mail = Mail(db, identities, events, contacts, now)
    if settings.postmaster:
        mail.read_postmaster_as(settings.postmaster)
    guard = Guard(settings.webhook_allow or ())
    webhooks = Webhooks(db, events, guard, now)
    throttle = _throttle(settings)
    sent, texts = _mail_limits(settings), _texts_counter(db, settings, now)
    phone = Phone(db, identities, events, contacts, named, texts, now)
    identities.on_delete(mail.erase, mail.purge)
    identities.on_delete(phone.erase, phone.purge)
    for erase in (vault.erase, contacts.erase, webhooks.erase):
        identities.on_delete(erase)
    signing = Signing(db, auth, now, public_url=public_url)
    sending = build_sending(
        db,
        mail,
        identities,
        events,
        contacts,
        signing,
        now,
        limits=sent,
        relay=_relay_of(settings),
        signer=None if settings.dkim_key is None else Signer(settings.dkim_key, settings.dkim_selector),
    )
    waiting = Waiting(db, identities, mail, phone, Wakeup(db), auth.ended, now)
    return Services(
        db=db,
        audit=audit,
        auth=auth,
        events=events,
        streams=Streams(events, Wakeup(db), auth.ended),
        webhooks=webhooks,
        waiting=waiting,
        activity=Activity(identities, auth, mail, phone, waiting),
        webhook_worker=WebhookWorker(webhooks, WebhookSender(guard), Wakeup(db), now),
        identities=identities,
        vault=vault,
        secrets=Secrets(db, events, sealing, now),
        passwords=Passwords(db, events, sealing, now),
        totps=Totps(db, events, sealing, now),
        resealing=Resealing(db, events, identities),
        contacts=contacts,
        mail=mail,
        signing=signing,
        sending=sending,
        phone=phone,
        carriers=named,
        carrier_webhooks=CarrierWebhooks(phone, named, public_url=public_url),
        texts=Deliverer(db, phone, named, Wakeup(db), now),
        numbers=numbers,
        sso=Sso(db, auth, identities, events, now, public_url=public_url),
        login=Login(db, auth, identities, audit, Wakeup(db), now, public_url=public_url),
        throttle=throttle,
        budgets=Budgets(throttle, SendCounter(db, sent, now), texts),
        idempotency=Idempotency(db, now),
        readiness=health.Readiness(db, settings.database.file),
    )


def _throttle(settings: ServerSettings) -> Throttle:
    return Throttle(
        RequestLimits(
            credential_per_second=settings.credential_requests_per_second,
            identity_per_second=settings.identity_requests_per_second,
            at_once=settings.credential_requests_at_once,
            held=settings.identity_held_requests,
            server_at_once=settings.requests_at_once,
        )
    )


def _mail_limits(settings: ServerSettings) -> SendLimits:
    return SendLimits(
        settings.sends_per_hour,
        settings.sends_per_day,
        settings.identity_sends_per_hour,
        settings.identity_sends_per_day,
    )


def _texts_counter(db: Database, settings: ServerSettings, now: Now) -> SendCounter:
    limits = SendLimits(
        settings.texts_per_hour,
        settings.texts_per_day,
        settings.identity_texts_per_hour,
        settings.identity_texts_per_day,
    )
    return SendCounter(db, limits, now, kind="texts", what="texts")


def _relay_of(settings: ServerSettings) -> Relay | None:
    url = settings.relay
    if url is None:
        return None
    tls = "implicit" if url.scheme == "smtps" else settings.relay_tls
    return Relay(RelayServer(url.at.host, url.at.port, tls, url.user, url.password), name=settings.mail_domain[0])


class App:
    """One server's ASGI application. `start` it before the first request, `stop` it after the last."""

    def __init__(self, settings: ServerSettings, *, public_url: str, now: Now = utc_now) -> None:
        self._settings = settings
        self._public_url = public_url
        self._now = now
        self._chores = Chores()
        self._access_log = AccessLog(enabled=settings.log_level in ("debug", "info"))
        self._services: Services | None = None
        self._serve: ASGIApp = _not_started
        self._stopping = False

    @property
    def access_log(self) -> AccessLog:
        """What others who serve beside HTTP write their lines to."""
        return self._access_log

    @property
    def services(self) -> Services:
        """What was built; there is something between `start` and `stop`."""
        assert self._services is not None, "the app is not started"
        return self._services

    async def start(self) -> None:
        """Open the database, build everything on it, begin the chores. Raises what `open_database` raises."""
        settings = self._settings
        db = await open_database(settings.database.reveal(), pool_size=settings.pool_size)
        key = await server_keys.load(db, carriers.KEY_NAME, now=self._now)
        self._services = built = build_services(db, settings, public_url=self._public_url, key=key, now=self._now)
        await built.identities.set_platform_domains(list(settings.mail_domain))
        await built.signing.load()
        await built.sso.load()
        served: ASGIApp = Front(built, self._access_log, public_url=self._public_url, now=self._now)
        self._serve = BehindProxy(served) if settings.behind_proxy else served
        built.webhook_worker.start()
        await built.texts.start()
        self._chores.every(timedelta(minutes=1), "give numbers back", built.numbers.return_released)
        self._chores.every(timedelta(seconds=LOOK_SECONDS), "look at the clock", built.throttle.look_at_clock)
        self._chores.every(timedelta(seconds=0.5), "end streams", built.streams.end_fallen)
        self._chores.every(timedelta(seconds=0.5), "end waits", built.waiting.end_fallen)
        self._chores.every(timedelta(minutes=10), "forget old deliveries", built.webhooks.forget_old)
        self._chores.every(timedelta(seconds=1), "write down refusals", built.audit.write_refusals)
        self._chores.every(timedelta(seconds=2), "write down last use", built.auth.flush_last_used)
        self._chores.every(timedelta(seconds=2), "write down waits", built.waiting.presence.write_down)
        self._chores.every(timedelta(minutes=1), "forget silent replicas", built.waiting.presence.forget_silent)
        self._chores.every(timedelta(seconds=5), "end expired identities", built.identities.end_expired)
        self._chores.every(timedelta(minutes=1), "forget old uploads", built.sending.uploads.forget_expired)
        if built.sending.deliverer is not None:
            await built.sending.deliverer.take_back()
            self._chores.every(timedelta(seconds=1), "send mail", built.sending.deliverer.send_due)
        self._chores.every(timedelta(seconds=5), "tidy the index of words", built.mail.tidy_words)
        self._chores.every(timedelta(hours=1), "forget ended credentials", built.auth.forgetting.forget_ended)
        self._chores.every(timedelta(minutes=1), "forget old sign-ins", built.login.forget_old)
        self._chores.every(timedelta(minutes=1), "forget ended SSO tokens", built.sso.forget_expired)
        self._chores.every(timedelta(minutes=10), "forget old answers", built.idempotency.forget_old)

    def finish(self) -> None:
        """Let requests that only wait for something end now, because the server is about to stop."""
        self._stopping = True
        if self._services is not None:
            self._services.login.close()
            self._services.streams.close()
            self._services.waiting.close()

    async def stop(self) -> None:
        """End the chores and close the database. Fine when it was never started."""
        self.finish()
        await self._chores.close()
        with suppress(OSError):  # whoever read our lines may have gone before us
            self._access_log.flush()
        built, self._services, self._serve = self._services, None, _not_started
        if built is None:
            return
        await built.webhook_worker.close()
        await built.texts.close()
        try:
            await built.audit.write_refusals(everything=True)
            await built.auth.flush_last_used()
            await built.waiting.presence.leave()
        except DatabaseUnavailable as fault:
            log.warning("last uses and refusals are lost", extra={"reason": fault.message})
        await built.db.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["App"]:
        """Start, and stop at the end of the block."""
        try:
            await self.start()
            yield self
        finally:
            await self.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._serve(scope, receive, send)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            # Time is up. If nothing was answered yet, say so; if something was, this is refused (RuntimeError),
            # and the connection ends in the middle, which tells the client as much.
            refusal = refused(Unavailable("the server is stopping", hint="try again in a moment"))
            await refusal(scope, receive, send)


class Front:
    """Decides between the API and the pages."""

    def __init__(self, built: Services, access_log: AccessLog, *, public_url: str, now: Now) -> None:
        self._api = Api(
            TABLES,
            [
                built.audit,
                built.auth,
                built.events,
                built.streams,
                built.webhooks,
                built.waiting,
                built.activity,
                built.identities,
                built.vault,
                built.secrets,
                built.passwords,
                built.totps,
                built.resealing,
                built.contacts,
                built.mail,
                built.signing,
                built.sending.composing,
                built.sending.uploads,
                built.phone,
                built.carrier_webhooks,
                built.sso,
                built.login,
                built.budgets,
                built.readiness,
            ],
            authenticate=built.auth.authenticate,
            select=built.auth.select,
            idempotency=built.idempotency,
            access_log=access_log,
            throttle=built.throttle,
            note_refusal=built.audit.request_refused,
        )
        document = openapi.document(route for table in TABLES for route in table.all)
        pages = Pages(public_url, built.throttle)
        routes = build_pages(
            pages=pages, auth=built.auth, login=built.login, openapi_document=document, public_url=public_url, now=now
        )
        self._methods = _methods_by_path(routes)
        missing = pages.guarded(self._missing)
        everything_else = Route("/{path:path}", missing, methods=METHODS)
        self._pages = Router([*routes, everything_else], redirect_slashes=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith("/api/") or path in _API_ELSEWHERE:
            methods = self._methods.get(path)  # a few pages stand under the API's prefix
            if methods is None:
                await self._api(scope, receive, send)
                return
            if scope["method"] not in methods:
                await refused(_not_allowed(scope["method"], methods))(scope, receive, send)
                return
        with acting(Origin("visitor", peer=peer_of(scope))):
            await self._pages(scope, receive, send)

    async def _missing(self, request: Request) -> Response:
        """Whatever is no page: raises NotFound or MethodNotAllowed, which become pages of their own."""
        if methods := self._methods.get(request.url.path):
            raise _not_allowed(request.method, methods)
        raise NotFound("there is no such page")


_API_ELSEWHERE = {"/api", *(path + end for path in (paths.HEALTHZ, paths.READYZ, paths.JWKS) for end in ("", "/"))}


def refused(error: RaviError) -> Response:
    """Return the answer to a request that never reached a route, in the API's own shape."""
    request_id = secrets.token_hex(8)
    headers = dict([JSON, NO_STORE, *errors.headers_of(error), (b"x-request-id", request_id.encode())])
    return Response(
        encoding.encode(errors.envelope(error, request_id)),
        errors.status_of(error),
        {name.decode(): value.decode() for name, value in headers.items()},
    )


def _methods_by_path(routes: list[BaseRoute]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for route in routes:
        assert isinstance(route, Route)
        found.setdefault(route.path, set()).update(route.methods or ())
    return found


def _not_allowed(method: str, methods: set[str]) -> MethodNotAllowed:
    return MethodNotAllowed(f"{method} is not allowed here", details={"allowed": sorted(methods)})


async def _not_started(scope: Scope, receive: Receive, send: Send) -> None:
    await refused(Unavailable("the server is not ready"))(scope, receive, send)
