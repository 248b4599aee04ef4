"""The listening socket and the certificate, before anything is served."""

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from ravi.errors import ConfigError
from ravi.server.command.listening import listen, tls_context
from ravi.settings.server import Address, resolve


def test_port_zero_becomes_the_one_that_the_system_chose():
    listener, bound = listen(Address("127.0.0.1", 0), 16)
    with listener:
        assert bound == Address("127.0.0.1", listener.getsockname()[1])
        assert bound.port > 0


def test_clients_may_connect_before_anybody_accepts():
    listener, bound = listen(Address("127.0.0.1", 0), 16)
    with listener, socket.create_connection((bound.host, bound.port), timeout=5) as client:
        assert client.getpeername()[1] == bound.port


def test_ipv6_and_names_work():
    for host in ("::1", "localhost"):
        listener, bound = listen(Address(host, 0), 16)
        with listener:
            assert bound.host == host


def test_an_address_in_use_is_told_with_a_way_out():
    listener, bound = listen(Address("127.0.0.1", 0), 16)
    with listener, pytest.raises(ConfigError) as refusal:
        listen(bound, 16)
    assert refusal.value.message == f"cannot listen on {bound}: another program listens there"
    assert "--http" in refusal.value.hint


def test_an_address_of_another_machine_is_told():
    with pytest.raises(ConfigError, match="this machine has no such address"):
        listen(Address("192.0.2.1", 0), 16)


def test_a_host_that_nobody_knows_is_told():
    with pytest.raises(ConfigError, match="there is no such host"):
        listen(Address("nowhere.invalid", 0), 16)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run([*make, "-days", "2", *subject, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def test_without_a_certificate_there_is_no_tls():
    assert tls_context(resolve({}, {})) is None


def test_a_certificate_with_its_key_is_taken(certificate: tuple[Path, Path]):
    cert, key = map(str, certificate)
    assert tls_context(resolve({"tls_cert": cert, "tls_key": key}, {})) is not None


def test_a_key_that_is_none_is_told(certificate: tuple[Path, Path]):
    cert, _ = map(str, certificate)
    with pytest.raises(ConfigError, match=r"cannot use .* with ") as refusal:
        tls_context(resolve({"tls_cert": cert, "tls_key": cert}, {}))
    assert "tls_key" in refusal.value.hint


def test_an_encrypted_key_is_refused_instead_of_asking_at_the_terminal(certificate: tuple[Path, Path], tmp_path: Path):
    cert, key = certificate
    locked = tmp_path / "locked.pem"
    lock = ["openssl", "ec", "-in", key, "-aes256", "-passout", "pass:secret", "-out", locked]
    subprocess.run(lock, check=True, capture_output=True)
    with pytest.raises(ConfigError, match="the private key is encrypted"):
        tls_context(resolve({"tls_cert": str(cert), "tls_key": str(locked)}, {}))
