"""Proxies: from the environment, by curl's rules, never for this machine."""

import base64
import socket
import ssl
import threading
import time

import pytest

from ravi import errors
from ravi.client.proxy import find_proxy
from ravi.client.transport import Transport
from tests.support.fake_servers import CLOSE, READ, read_request
from tests.unit.client.test_tls import AUTHORITY, FILES
from tests.unit.client.test_transport import GET, OK, exchange

FAR = "http://ravi.test"
FAR_TLS = "https://ravi.test"


@pytest.mark.parametrize(
    ("server", "environ", "variable"),
    [
        (FAR, {}, None),
        (FAR, {"http_proxy": "http://p:1"}, "http_proxy"),
        (FAR, {"HTTP_PROXY": "http://p:1"}, None),
        (FAR, {"https_proxy": "http://p:1"}, None),
        (FAR, {"ALL_PROXY": "http://p:1"}, "ALL_PROXY"),
        (FAR, {"http_proxy": "http://p:1", "all_proxy": "http://q:1"}, "http_proxy"),
        (FAR, {"http_proxy": "", "all_proxy": "http://q:1"}, "all_proxy"),
        (FAR_TLS, {"https_proxy": "p:1"}, "https_proxy"),
        (FAR_TLS, {"HTTPS_PROXY": "p:1"}, "HTTPS_PROXY"),
        (FAR_TLS, {"http_proxy": "p:1"}, None),
        (FAR_TLS, {"https_proxy": "p:1", "HTTPS_PROXY": "q:1"}, "https_proxy"),
        ("http://127.0.0.1:8787", {"http_proxy": "p:1", "ALL_PROXY": "p:1"}, None),
        ("http://[::1]:8787", {"http_proxy": "p:1"}, None),
        ("http://a.localhost", {"http_proxy": "p:1"}, None),
    ],
)
def test_the_variable_that_applies(server, environ, variable) -> None:
    found = find_proxy(server, environ)

    assert (found and found.variable) == variable


@pytest.mark.parametrize(
    ("server", "no_proxy", "direct"),
    [
        ("https://ravi.test", "*", True),
        ("https://ravi.test", "ravi.test", True),
        ("https://ravi.test", ".ravi.test", True),
        ("https://ravi.test", "test", True),
        ("https://a.ravi.test", "other, ravi.test", True),
        ("https://a.ravi.test", "other ravi.test", True),
        ("https://ravi.test", "RAVI.TEST", True),
        ("https://ravi.test:444", "ravi.test:444", True),
        ("https://ravi.test", "ravi.test:444", False),
        ("https://noravi.test", "ravi.test", False),
        ("https://ravi.test.evil.example", "ravi.test", False),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://11.1.2.3", "10.0.0.0/8", False),
        ("https://[fd00::1]", "fd00::/8", True),
        ("https://[fd00::1]", "[fd00::1]", True),
        ("https://10.1.2.3", "10.1.2.3", True),
        ("https://ravi.test", "10.0.0.0/8,nonsense/x", False),
        ("https://ravi.test", "", False),
        ("https://ravi.test", ", ,", False),
    ],
)
def test_exceptions(server, no_proxy, direct) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        assert (find_proxy(server, {"https_proxy": "http://p:1", name: no_proxy}) is None) is direct


def test_the_parts_of_a_proxy() -> None:
    found = find_proxy(FAR, {"http_proxy": "HTTP://us%40er:SEC%3ARET@Proxy.test:3128/ignored"})

    assert found is not None
    assert (found.host, found.port) == ("Proxy.test", 3128)
    assert found.authorization == "Basic " + base64.b64encode(b"us@er:SEC:RET").decode()
    assert "Basic" not in repr(found)
    default = find_proxy(FAR, {"http_proxy": "[fd00::2]"})
    assert default is not None
    assert (default.host, default.port) == ("fd00::2", 1080)


@pytest.mark.parametrize("value", ["socks5://p:1", "https://p:1", "http://", "http://user:SECRET@:1", "http://p:x"])
def test_a_proxy_that_cannot_be_used_is_an_error_and_not_a_direct_connection(value) -> None:
    with pytest.raises(errors.ConfigInvalid, match=r"^http_proxy ") as caught:
        find_proxy(FAR, {"http_proxy": value})
    assert "SECRET" not in f"{caught.value.message} {caught.value.hint}"


class TestPlain:
    def test_the_proxy_is_given_the_whole_url(self, play) -> None:
        proxy = play((READ, OK, READ, OK))
        one = Transport(FAR, {"http_proxy": f"http://u:p@127.0.0.1:{proxy.port}"})

        assert [exchange(one).body, exchange(one).body] == [b"{}", b"{}"]
        one.close()

        lines = proxy.requests[0].split(b"\r\n")
        assert lines[:2] == [b"GET http://ravi.test/x/ HTTP/1.1", b"Host: ravi.test"]
        assert b"Proxy-Authorization: Basic dTpw" in lines
        assert proxy.connections == 1

    def test_a_dead_proxy_is_named_by_its_variable(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]

        with pytest.raises(errors.ServerUnreachable, match=r"\(through the proxy from http_proxy\)"):
            exchange(Transport(FAR, {"http_proxy": f"http://127.0.0.1:{port}"}))


class TestTunnel:
    def test_tls_goes_through_the_tunnel_and_the_proxy_sees_no_credential(self, monkeypatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", AUTHORITY)
        listener = socket.create_server(("127.0.0.1", 0))
        seen = {}

        def serve() -> None:
            plain, _ = listener.accept()
            seen["connect"] = read_request(plain)
            plain.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            rules = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            rules.load_cert_chain(FILES / "server.pem")
            with rules.wrap_socket(plain, server_side=True) as connection:
                seen["request"] = connection.recv(65536)
                connection.sendall(OK)

        thread = threading.Thread(target=serve)
        thread.start()
        one = Transport(FAR_TLS, {"https_proxy": f"http://u:p@127.0.0.1:{listener.getsockname()[1]}"})

        assert exchange(one).body == b"{}"
        one.close()
        thread.join()
        listener.close()

        assert seen["connect"].split(b"\r\n") == [
            b"CONNECT ravi.test:443 HTTP/1.1",
            b"Host: ravi.test:443",
            b"Proxy-Authorization: Basic dTpw",
            b"",
            b"",
        ]
        assert seen["request"].startswith(b"GET /x/ HTTP/1.1\r\nHost: ravi.test\r\n")
        assert b"Proxy-Authorization" not in seen["request"]

    @pytest.mark.parametrize(
        ("script", "words"),
        [
            ((READ, b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"), "answered 407"),
            ((READ, b"HTTP/1.1 502 Bad Gateway\r\n\r\n"), "answered 502"),
            ((READ, CLOSE), "the proxy closed the connection"),
        ],
    )
    def test_a_proxy_that_refuses_leaves_the_server_unreached(self, play, script, words) -> None:
        proxy = play(script)

        with pytest.raises(errors.ServerUnreachable, match=words) as caught:
            exchange(Transport(FAR_TLS, {"https_proxy": proxy.url}))
        assert caught.value.details == {"sent": False}

    def test_a_proxy_that_says_nothing_times_out(self, play) -> None:
        began = time.monotonic()
        with pytest.raises(errors.TimedOut):
            exchange(Transport(FAR_TLS, {"https_proxy": play((READ,)).url}), GET, seconds=0.3)
        assert time.monotonic() - began < 2
