"""The asynchronous client: the same rules over another transport."""

import asyncio
import importlib
import json
import sys
import time

import pytest

from ravi import AsyncClient, errors
from ravi.settings.client import save_login
from ravi.wire import codes
from tests.support.fake_servers import CLOSE, ONE, READ, make_settings, problem
from tests.unit.client.test_renewal import FUTURE, INBOX, PAST, Tokens
from tests.unit.client.test_tls import AUTHORITY, secure  # noqa: F401 - a fixture

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
LIST = "/api/identities/"


@pytest.fixture
async def client_for():
    made = []

    def make(url: str, *, timeout: float = 10.0, **told) -> AsyncClient:
        made.append(AsyncClient(make_settings(url, **told), timeout=timeout))
        return made[-1]

    yield make
    for client in made:
        await client.close()


async def test_an_identitys_call_says_who_it_is_and_acts_as_whom(api, client_for) -> None:
    api.routes["GET", "/api/email/"] = [[INBOX]]

    assert await client_for(api.url).own.email() == INBOX

    headers = api.requests[0].headers
    assert headers["authorization"] == "Bearer ravi_mgmt_test"
    assert headers["x-ravi-identity"] == ONE
    assert headers["user-agent"].startswith("ravi/")
    assert "accept-encoding" not in headers
    assert "cookie" not in headers


async def test_a_creation_carries_its_key_and_body(api, client_for) -> None:
    row = {"uuid": ONE, "name": "n", "email": "e"}
    api.routes["POST", LIST] = (201, row)

    assert await client_for(api.url).identities.create(name="n") == row

    assert api.requests[0].body == {"name": "n", "api_key": False}
    assert len(api.requests[0].headers["idempotency-key"]) == 32
    assert api.requests[0].headers["content-type"] == "application/json"


async def test_queries_travel_as_the_blocking_client_sends_them(api, client_for) -> None:
    target = "/api/identities/?prefix=a%20b%2B%26&label=x%3Dy"
    api.routes["GET", target] = [[]]

    assert await client_for(api.url).identities.list(prefix="a b+&", label={"x": "y"}) == []
    assert api.seen() == [("GET", target)]


async def test_many_calls_run_at_once(api, client_for) -> None:
    def slow(_):
        time.sleep(0.1)
        return [INBOX]

    api.routes["GET", "/api/email/"] = slow
    client = client_for(api.url)
    began = time.monotonic()

    assert await asyncio.gather(*(client.own.email() for _ in range(20))) == [INBOX] * 20
    assert time.monotonic() - began < 1.5


async def test_refusals_are_the_same_classes(api, client_for) -> None:
    api.routes["GET", "/api/email/"] = (404, problem(codes.IDENTITY_NOT_FOUND, "no"))

    with pytest.raises(errors.IdentityNotFound, match="selected by") as caught:
        await client_for(api.url).own.email()
    assert (caught.value.status, caught.value.request_id) == (404, "req-1")


async def test_a_busy_server_is_asked_again_unless_it_may_have_happened(api, client_for) -> None:
    busy = (503, problem(codes.SERVER_UNAVAILABLE, "x"), {"Retry-After": "0"})
    api.routes["GET", LIST] = [busy, []]
    api.routes["PATCH", f"{LIST}{ONE}/"] = busy
    client = client_for(api.url)

    assert await client.identities.list() == []
    with pytest.raises(errors.Unavailable):
        await client.identities.update(ONE, name="x")
    assert [method for method, _ in api.seen()] == ["GET", "GET", "PATCH"]


class TestFailures:
    async def test_a_stopped_server(self, play, client_for) -> None:
        server = play((READ,))
        server.close()
        began = time.monotonic()

        with pytest.raises(errors.ServerUnreachable, match="cannot be reached") as caught:
            await client_for(server.url).identities.list()
        assert time.monotonic() - began < 2
        assert caught.value.details == {"sent": False}

    async def test_a_server_that_hangs(self, play, client_for) -> None:
        with pytest.raises(errors.TimedOut):
            await client_for(play((READ,)).url, timeout=0.3).identities.list()

    async def test_a_server_that_closes(self, play, client_for) -> None:
        with pytest.raises(errors.ServerUnreachable) as caught:
            await client_for(play((READ, CLOSE)).url).identities.create(name="x")
        assert caught.value.details == {"sent": True}

    @pytest.mark.parametrize(
        "answer",
        [
            b"SSH-2.0-OpenSSH\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[]",
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n[]",
            b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
            OK.replace(b"\r\n\r\n[]", b"\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b"),
        ],
        ids=["not HTTP", "cut short", "redirect", "html", "huge header", "compressed"],
    )
    async def test_nonsense(self, play, client_for, answer) -> None:
        with pytest.raises(errors.ServerNonsense):
            await client_for(play((READ, answer, CLOSE)).url).identities.list()

    async def test_an_endless_answer(self, play, client_for) -> None:
        endless = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * (33 * 1024 * 1024)

        with pytest.raises(errors.ServerNonsense, match="more than 32 MiB"):
            await client_for(play((READ, endless)).url).identities.list()

    async def test_a_header_cannot_be_smuggled_in(self, api, client_for) -> None:
        with pytest.raises(errors.UsageError):
            await client_for(api.url, token="a\r\nX: y").identities.list()
        assert api.requests == []

    async def test_without_aiohttp_it_says_what_to_install(self, monkeypatch) -> None:
        monkeypatch.setitem(sys.modules, "aiohttp", None)
        monkeypatch.delitem(sys.modules, "ravi.client.aio")

        with pytest.raises(errors.UsageError) as caught:
            importlib.import_module("ravi.client.aio")
        assert "ravi[async]" in caught.value.hint


class TestTls:
    async def test_a_server_signed_by_the_named_authority_is_trusted(self, secure, client_for, monkeypatch) -> None:  # noqa: F811
        monkeypatch.setenv("SSL_CERT_FILE", AUTHORITY)

        # Its answer is `{}`, which no list is: but it was heard.
        with pytest.raises(errors.ServerNonsense, match="answered 200"):
            await client_for(f"https://localhost:{secure[0]}").identities.list()

    async def test_an_unknown_authority_is_not(self, secure, client_for) -> None:  # noqa: F811
        with pytest.raises(errors.ServerNonsense, match="is not trusted"):
            await client_for(f"https://localhost:{secure[0]}").identities.list()
        assert secure[1] == []

    async def test_a_server_that_speaks_no_tls(self, play, client_for) -> None:
        with pytest.raises(errors.ServerNonsense, match="does not speak TLS"):
            await client_for(f"https://localhost:{play((b'hello there, this is no TLS',)).port}").identities.list()


class TestProxy:
    async def test_plain_requests_go_through_it_whole(self, play, client_for, monkeypatch) -> None:
        proxy = play((READ, OK))
        monkeypatch.setenv("http_proxy", f"http://u:p@127.0.0.1:{proxy.port}")

        assert await client_for("http://ravi.test").identities.list() == []

        lines = proxy.requests[0].split(b"\r\n")
        assert lines[0] == b"GET http://ravi.test/api/identities/ HTTP/1.1"
        assert b"Proxy-Authorization: Basic dTpw" in lines

    async def test_a_refused_tunnel_leaves_the_server_unreached(self, play, client_for, monkeypatch) -> None:
        proxy = play((READ, b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"))
        monkeypatch.setenv("https_proxy", proxy.url)

        with pytest.raises(errors.ServerUnreachable, match="the proxy answered 407"):
            await client_for("https://ravi.test").identities.list()


class TestRenewal:
    @pytest.mark.parametrize("expires_at", [PAST, FUTURE])
    async def test_tasks_of_one_client_renew_once(self, api, home, monkeypatch, expires_at) -> None:
        tokens = Tokens(api)
        monkeypatch.setenv("RAVI_IDENTITY", ONE)
        path = save_login(
            str(home / ".ravi"), server=api.url, access="stale", refresh="refresh-0", expires_at=expires_at
        )

        async with AsyncClient() as client:
            assert await asyncio.gather(*(client.own.email() for _ in range(10))) == [INBOX] * 10

        assert tokens.renewals == 1
        with open(path) as file:
            assert json.load(file)["access_token"] == "fresh-1"


async def test_a_closed_client_opens_again(api, client_for) -> None:
    api.routes["GET", "/api/email/"] = lambda _: [INBOX]
    client = client_for(api.url)
    await client.own.email()
    await client.close()
    await client.close()

    assert await client.own.email() == INBOX
    assert repr(client) == f"AsyncClient({api.url!r})"
