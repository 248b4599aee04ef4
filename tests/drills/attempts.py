"""
What the attacker tries, and what it may get: the table that the compromise drill goes by.

An answer must be one of those that are written down beside the attempt, and must show nothing that belongs to somebody
else. Nothing here is taken from the code under test but which routes and commands there are.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.contract.test_matrix import AN_IDENTITY_MAY, SETS_ITS_OWN
from tests.drills import attempts_local, attempts_sealed
from tests.drills.attempt import REFUSED, Attempt, ask
from tests.drills.victims import Town, Victim, nobody

#: Routes that go on: they have attempts of their own.
_ENDLESS = "/api/events/stream/"


def everything(town: Town, routes: list[dict[str, Any]], commands: list[str], places: dict[str, Path]) -> list[Attempt]:
    """Every attempt. *routes* are of the server's document, *places* what of the owner's and the server's is near."""
    others = {"a sibling": town.sibling, "another account": town.foreign}
    return [
        *_own(town),
        *_routes(town, routes, others),
        *_choices(town, others),
        *_old_credentials(),
        *attempts_sealed.vault(town, others),
        *_minting(town, others),
        *_events(town, others),
        *_as_others(town, others),
        *attempts_sealed.addresses(town, others),
        *_paths(town),
        *attempts_local.commands(town, commands, others),
        *attempts_local.library(others),
        *attempts_local.files(town, places),
    ]


def _own(town: Town) -> Iterator[Attempt]:
    """What is the agent's, the attacker has: otherwise the drill would show nothing."""
    yield Attempt("own: address", {"argv": ["get", "email"]}, ("exit 0",), town.agent.email)
    yield Attempt("own: secret", {"argv": ["secrets", "export", "--format", "json"]}, ("exit 0",), town.own_secret)
    yield Attempt("own: mail", ask("GET", "/api/email-messages/"), ("200",), f"subject for {town.agent.name}")
    yield Attempt("own: identities", ask("GET", "/api/identities/"), ("200",), town.agent.uuid)
    yield Attempt("own: events", ask("GET", "/api/events/?since=0"), ("200",), town.agent.uuid)


def _routes(town: Town, routes: list[dict[str, Any]], others: dict[str, Victim]) -> Iterator[Attempt]:
    for route in routes:
        method, path, public = route["method"], route["path"], route["public"]
        name = f"{method} {path}"
        if path == _ENDLESS:
            continue
        body = None if method == "GET" else {"want": "otp", "seconds": 0} if path == "/api/wait/" else {}
        for whose, victim in {**others, "nobody": nobody()}.items():
            if "{" in path:
                target = path.format(**{**nobody().refs, "carrier": "loopback", **_quoted(victim.refs)})
                allowed = name in AN_IDENTITY_MAY
                expected: tuple[str, ...] = REFUSED if public else ("404",) if allowed else ("403",)
                if name == SETS_ITS_OWN:
                    expected = ("422",)  # an empty body; what a good one does, a test of the matrix says
                yield Attempt(f"{name} of {whose}", ask(method, target, body), expected)
            else:
                chosen = [f"X-Ravi-Identity: {victim.uuid}"]
                expected = ("200", "201", *REFUSED) if public or name in AN_IDENTITY_MAY else ("403",)
                yield Attempt(f"{name} as {whose}", ask(method, path, body, headers=chosen), expected)


def _choices(town: Town, others: dict[str, Victim]) -> Iterator[Attempt]:
    """Every way to name another identity, where it would count."""
    own = town.agent.uuid
    for whose, victim in others.items():
        for path in (
            "/api/email/",
            "/api/phone/",
            "/api/secrets/",
            "/api/email-messages/",
            "/api/messages/",
            "/api/events/",
        ):
            ways: dict[str, dict[str, Any]] = {
                "in the query": ask("GET", f"{path}?identity={victim.uuid}"),
                "twice in the query": ask("GET", f"{path}?identity={own}&identity={victim.uuid}"),
                "in one of two headers": ask(
                    "GET", path, headers=[f"X-Ravi-Identity: {own}", f"X-Ravi-Identity: {victim.uuid}"]
                ),
                "in capital letters": ask("GET", path, headers=[f"x-ravi-identity: {victim.uuid.upper()}"]),
            }
            for way, do in ways.items():
                yield Attempt(f"{path} as {whose}, {way}", do, ("400", "403"))
            # A name that only decoding makes one is none: what comes back is the identity's own.
            hidden = ask("GET", f"{path}?%69dentity={victim.uuid}")
            yield Attempt(f"{path} as {whose}, encoded", hidden, ("200", "400", "403"))


def _old_credentials() -> Iterator[Attempt]:
    for name in (
        "revoked key", "expired key", "token bound by a revoked key", "revoked management key",
        "key of a deleted identity", "token of an ended sign-in", "refresh token of an ended sign-in", "made up key",
    ):  # fmt: skip
        do = ask("GET", "/api/auth/whoami/", token=f".ravi/old.json#{name}")
        yield Attempt(f"a {name}", do, ("401",))
        code = (
            "import json,urllib.request as u,urllib.error as e\n"
            f"c=json.load(open('.ravi/config.json')); t=json.load(open('.ravi/old.json'))[{name!r}]\n"
            "r=u.Request(c['server']+'/api/auth/token/refresh/',json.dumps({'refresh':t}).encode(),"
            "{'Content-Type':'application/json'})\n"
            "try: print(u.urlopen(r).read().decode()); raise SystemExit(0)\n"
            "except e.HTTPError as problem: raise SystemExit(problem.code // 10)"
        )
        yield Attempt(f"refreshing with a {name}", {"code": code}, ("exit 40",))


def _minting(town: Town, others: dict[str, Victim]) -> Iterator[Attempt]:
    for whose, victim in {**others, "itself": town.agent}.items():
        body = {"identity_uuid": victim.uuid, "label": "mine"}
        yield Attempt(f"a key for {whose}", ask("POST", "/api/auth/keys/identity/", body), ("403",))
    yield Attempt("a management key", ask("POST", "/api/auth/keys/management/", {"label": "x"}), ("403",))
    for whose, victim in others.items():
        bind = ask("POST", "/api/auth/bind-identity/", {"identity": victim.uuid})
        yield Attempt(f"tokens bound to {whose}", bind, ("403", "404"))
    yield Attempt("another identity", ask("POST", "/api/identities/", {"name": "accomplice"}), ("403",))
    everywhere = {"everywhere": True, "keys": True}
    yield Attempt("signing everybody out", ask("POST", "/api/auth/logout/", everywhere), ("403",))
    for field in ({"ttl_seconds": None}, {"labels": {}}, {"allowed_recipients": None}):
        yield Attempt(
            f"its own {next(iter(field))}", ask("PATCH", f"/api/identities/{town.agent.uuid}/", field), ("403",)
        )


def _events(town: Town, others: dict[str, Victim]) -> Iterator[Attempt]:
    for path in ("/api/events/?since=0&limit=1000", "/api/webhook-deliveries/", "/api/webhook-subscriptions/"):
        yield Attempt(f"replay of {path}", ask("GET", path), ("200",))
    yield Attempt("the stream from its beginning", ask("GET", f"{_ENDLESS}?since=0", seconds=2), ("200",))
    for whose, victim in others.items():
        chosen = [f"X-Ravi-Identity: {victim.uuid}"]
        yield Attempt(f"the stream of {whose}", ask("GET", f"{_ENDLESS}?since=0", headers=chosen, seconds=2), ("403",))
        wait = {"want": "message", "seconds": 0, "since": "2000-01-01T00:00:00Z", "peek": True}
        yield Attempt(f"a wait for {whose}", ask("POST", "/api/wait/", wait, headers=chosen), ("403",))
        hook = {"url": "https://drop.example/", "identity_uuid": victim.uuid}
        yield Attempt(f"a webhook about {whose}", ask("POST", "/api/webhook-subscriptions/", hook), REFUSED)
    yield Attempt("a webhook to this machine",
                  ask("POST", "/api/webhook-subscriptions/", {"url": "http://127.0.0.1:1/"}), ("422",))  # fmt: skip


def _as_others(town: Town, others: dict[str, Victim]) -> Iterator[Attempt]:
    for whose, victim in others.items():
        mail = {"to": town.agent.email, "subject": "s", "body": "b"}
        for claim in ({"from": victim.email}, {"from_email": victim.email}, {"sender": victim.email}):
            name = next(iter(claim))
            sent = ask("POST", "/api/email-messages/compose/", {**mail, **claim})
            # What is no part of the request is ignored, and then it is sent as itself: the answer shows who wrote.
            yield Attempt(f"mail with {name} of {whose}", sent, ("201",), f'"from_email":"{town.agent.email}"')
        inbox = {**mail, "inbox": victim.refs["inbox_id"]}
        yield Attempt(f"mail from the inbox of {whose}", ask("POST", "/api/email-messages/compose/", inbox), REFUSED)
        text = {"to_number": town.agent.phone, "body": "b", "from_number": victim.phone}
        own = f'"from_number":"{town.agent.phone}"'
        yield Attempt(f"a text from {whose}", ask("POST", "/api/messages/send/", text), ("201",), own)
        played = {"to": victim.phone, "from_number": "22395", "body": "b"}
        yield Attempt(f"a text to {whose} from nowhere", ask("POST", "/api/messages/simulate/", played), ("403",))
        attach = {**mail, "attachment_uuids": [victim.refs["upload_uuid"]]}
        yield Attempt(f"a file of {whose}, attached", ask("POST", "/api/email-messages/compose/", attach), ("422",))
        for verb in ("reply", "forward"):
            path = f"/api/email-messages/{victim.refs['message_ref']}/{verb}/"
            yield Attempt(f"{verb} to mail of {whose}", ask("POST", path, mail), ("404",))


def _paths(town: Town) -> Iterator[Attempt]:
    own, theirs = town.agent.uuid, town.sibling.uuid
    message = town.sibling.refs["message_ref"]
    for target in (
        f"/api/identities/{own}/../{theirs}/", f"/api/identities/{own}/..%2f{theirs}/",
        f"/api/identities/{own}%2f..%2f{theirs}/", f"/api/identities/{own}/%2e%2e/{theirs}/",
        f"/api//identities/{theirs}/", f"//api/identities/{theirs}/", f"/api/identities/{theirs}%00/",
        f"/api/identities/{theirs};x=1/", f"/api/identities/{theirs}%20/",
        f"/api/identities/{own}/?identity_uuid={theirs}", f"/api/identities/{own}/?identity={own}#/{theirs}",
        f"/api/identities/{quote(theirs.replace('-', ''))}/", f"/api/identities/urn:uuid:{theirs}/",
        f"/api/identities/{{{theirs}}}/", f"/API/identities/{theirs}/", f"/api/identities/\uff10{theirs[1:]}/",
        f"/static/../api/identities/{theirs}/", f"/api/email-messages/{'9' * 40}/", "/api/email-messages/-1/",
        "/api/email-messages/1e3/", "/api/email-messages/0x1/", "/api/email-messages/1%20OR%201=1/",
        "/api/email-messages/%27/", f"/api/email-messages/{message}/../{message}/", "/api/email-messages/%ff%fe/",
        "/api/phone/99999999999999999999/", "/api/email/-9223372036854775809/",
        f"http://other.example/api/identities/{theirs}/", "/api/docs/../../../../etc/passwd",
        "/static/..%2f..%2fetc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd", "/api/schema/../identities/",
        f"/api/identities/{'a' * 7000}/",
    ):  # fmt: skip
        yield Attempt(f"path {target[:60]}", ask("GET", target), ("200", *REFUSED, "308", "414", "431"))
    for header in ("X-HTTP-Method-Override: DELETE", "X-Original-URL: /api/auth/keys/management/",
                   "X-Forwarded-For: 127.0.0.1", f"Forwarded: for={theirs}", f"Cookie: ravi_session={theirs}",
                   "X-Ravi-Account: 1"):  # fmt: skip
        yield Attempt(f"header {header[:40]}", ask("GET", "/api/identities/", headers=[header]), ("200", *REFUSED))


def _quoted(refs: dict[str, Any]) -> dict[str, str]:
    return {name: quote(str(ref), safe="") for name, ref in refs.items()}
