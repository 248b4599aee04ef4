"""The published Python SDKs, installed, and accounts for them."""

import os
from pathlib import Path

import pytest

from tests.support.http import Http
from tests.support.published_sdk import NotInstalled, interpreter
from tests.support.server import Server

VERSIONS = ["0.2.0", "0.3.0"]


@pytest.fixture(scope="session", params=VERSIONS)
def sdk(request: pytest.FixtureRequest) -> tuple[str, Path]:
    """The SDK's version and the interpreter of the environment that it is installed in."""
    version: str = request.param
    try:
        return version, interpreter(version)
    except NotInstalled as reason:
        said = f"the published SDK {version} cannot be installed here: {reason}"
    if os.environ.get("CI"):
        pytest.fail(said)
    pytest.skip(said)


@pytest.fixture
def account(server: Server) -> dict[str, str]:
    """A fresh account's management key and the server's URL."""
    code = server.add_owner(f"sdk-{os.urandom(4).hex()}@example.com", "--first-name", "Ada")["signin_code"]
    signed_in = Http(server.url).send("POST", "/api/auth/login/", {"signin_code": code}).json
    made = Http(server.url, signed_in["access"]).send("POST", "/api/auth/keys/management/", {"label": "sdk"})
    return {"URL": server.url, "KEY": made.json["key"]}
