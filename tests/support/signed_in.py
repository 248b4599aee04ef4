"""The shortest way to an access token, over HTTP alone."""

from tests.support.http import Http
from tests.support.server import Server


def signed_in(server: Server, email: str = "ada@example.org") -> Http:
    """Return a client that holds a fresh account's access token."""
    code = server.add_owner(email)["signin_code"]
    reply = Http(server.url).post("/api/auth/login/", {"signin_code": code})
    assert reply.status == 200, reply.body
    return Http(server.url, reply.json["access"])
