"""
Every way in which a credential, or an identity, reaches something: what a revocation has to stop.

A channel that is added to `CHANNELS` takes part in every drill from then on. `prepare` is called once, while everything
works, and what it returns is handed to `works`, which tells whether the channel works at one server.
"""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.drills.ground import Agent, asking, attachment_of, deliver, must, path_of
from tests.support.http import Http, Reply
from tests.support.server import Server

#: What a channel hangs on: it ends with its credential, or only with the identity.
HangsOn = Literal["credential", "identity"]

REFUSED = {400, 401, 403, 404, 409, 410, 422}


@dataclass(frozen=True)
class Channel:
    name: str
    hangs_on: HangsOn
    prepare: Callable[[Agent, Server], Any]
    works: Callable[[Agent, Server, Any], bool]


def _good(reply: Reply) -> bool:
    """Whether it was answered; whatever is neither an answer nor a refusal is a fault."""
    if 200 <= reply.status < 300:
        return True
    assert reply.status in REFUSED, f"{reply.status} {reply.body!r}"
    return False


def _nothing(agent: Agent, server: Server) -> None:
    pass


def _http(agent: Agent, server: Server, _: None) -> bool:
    return _good(asking(agent.at(server), "GET", "/api/email/"))


def _bind(agent: Agent, server: Server) -> Any:
    return must(agent.at(server), "POST", "/api/auth/bind-identity/", {"identity": agent.uuid})


def _bound(agent: Agent, server: Server, pair: Any) -> bool:
    return _good(asking(Http(server.url, pair["access"]), "GET", "/api/email/"))


def _refresh(agent: Agent, server: Server, pair: Any) -> bool:
    # A used token is good for another minute, so that this can be asked again and again.
    return _good(asking(Http(server.url), "POST", "/api/auth/token/refresh/", {"refresh": pair["refresh"]}))


def _received(agent: Agent, server: Server) -> str:
    deliver(server, agent.email, "for the download", "see the file", file=b"a file of the agent")
    return path_of(attachment_of(agent, server, "for the download")["download_url"])


def _download(agent: Agent, server: Server, path: str) -> bool:
    return _good(asking(Http(server.url), "GET", path))


def _announced(agent: Agent, server: Server) -> str:
    body = {"filename": "a.txt", "content_type": "text/plain", "size": 5}
    return path_of(must(agent.at(server), "POST", "/api/email-attachments/presign/", body)["upload_url"])


def _upload(agent: Agent, server: Server, path: str) -> bool:
    return _good(asking(Http(server.url), "PUT", path, raw=b"12345", headers={"Content-Type": "text/plain"}))


def _proof(agent: Agent, server: Server) -> str:
    # Only an identity's own credential may ask, which an owner's that selects one is not; its bound pair is.
    bound = Http(server.url, _bind(agent, server)["access"])
    token: str = must(bound, "POST", "/api/sso/token/", {"audience": "https://shop.example"})["token"]
    return token


def _sso(agent: Agent, server: Server, token: str) -> bool:
    body = {"token": token, "audience": "https://shop.example"}
    return _good(asking(Http(server.url), "POST", "/api/sso/verify/", body))


def _smtp(agent: Agent, server: Server, _: None) -> bool:
    host, _, port = server.smtp.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=20) as smtp:
        smtp.ehlo("client.example")
        smtp.mail("friend@client.example")
        code, said = smtp.rcpt(agent.email)
        assert code in (250, 450, 550, 551, 553, 554, 421, 451, 452), (code, said)
        return code == 250


def _sms(agent: Agent, server: Server, _: None) -> bool:
    assert agent.owner is not None
    body = {"to": agent.phone, "from_number": "22395", "body": "hello"}
    return _good(asking(agent.owner.at(server), "POST", "/api/messages/simulate/", body))


CHANNELS = [
    Channel("HTTP", "credential", _nothing, _http),
    Channel("bound token", "credential", _bind, _bound),
    Channel("refresh token", "credential", _bind, _refresh),
    Channel("signed download", "credential", _received, _download),
    Channel("signed upload", "credential", _announced, _upload),
    Channel("SSO token", "credential", _proof, _sso),
    Channel("SMTP recipient", "identity", _nothing, _smtp),
    Channel("text from outside", "identity", _nothing, _sms),
]
