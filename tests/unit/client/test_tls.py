"""
TLS: certificates and names are checked, always.

`tls/server.pem` (for localhost, ravi.test and 127.0.0.1) was signed by `tls/authority.pem`, whose key was thrown away;
both run for a hundred years. Only tests ever used them.
"""

import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

from ravi import errors
from ravi.client.transport import Transport
from tests.unit.client.test_transport import GET, OK, exchange

FILES = Path(__file__).parent / "tls"
AUTHORITY = str(FILES / "authority.pem")


@pytest.fixture
def secure():
    """A TLS server that answers every request with OK; returns its port."""
    rules = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    rules.load_cert_chain(FILES / "server.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    served = []

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with rules.wrap_socket(plain, server_side=True) as connection:
                    while connection.recv(65536):
                        served.append(connection)
                        connection.sendall(OK)
            except OSError:
                continue  # a client that did not trust us

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], served
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def trusting(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", AUTHORITY)


@pytest.fixture
def transport():
    made = []

    def make(url: str) -> Transport:
        made.append(Transport(url, environ={}))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_server_signed_by_the_named_authority_is_trusted(secure, transport, trusting, host) -> None:
    port, served = secure
    one = transport(f"https://{host}:{port}")

    assert [exchange(one).body, exchange(one).body] == [b"{}", b"{}"]
    assert len(set(map(id, served))) == 1, "the connection is used again"


def test_an_unknown_authority_is_not_trusted_and_nothing_is_sent(secure, transport) -> None:
    port, served = secure

    with pytest.raises(errors.ServerNonsense, match="is not trusted") as caught:
        exchange(transport(f"https://localhost:{port}"))
    assert "SSL_CERT_FILE" in caught.value.hint
    assert served == []


def test_a_certificate_for_another_name_is_not_trusted(secure, transport, trusting, monkeypatch) -> None:
    port, served = secure
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *more, **named: real("127.0.0.1", *more, **named))

    with pytest.raises(errors.ServerNonsense, match="is not trusted"):
        exchange(transport(f"https://other.test:{port}"))
    assert served == []
    assert exchange(transport(f"https://ravi.test:{port}")).body == b"{}"


def test_a_server_that_speaks_no_tls_is_nonsense(play, transport, trusting) -> None:
    server = play((b"HTTP/1.1 400 Bad Request\r\n\r\n",))

    with pytest.raises(errors.ServerNonsense, match="does not speak TLS") as caught:
        exchange(transport(f"https://localhost:{server.port}"))
    assert "http://" in caught.value.hint


def test_plain_http_to_a_tls_port_is_nonsense_or_unreachable(secure, transport) -> None:
    port, _ = secure

    with pytest.raises((errors.ServerNonsense, errors.ServerUnreachable)):
        exchange(transport(f"http://localhost:{port}"))


def test_a_handshake_that_never_ends_times_out(play, transport, trusting) -> None:
    server = play((5.0,))
    began = time.monotonic()

    with pytest.raises(errors.TimedOut):
        exchange(transport(f"https://localhost:{server.port}"), GET, seconds=0.3)
    assert time.monotonic() - began < 2
