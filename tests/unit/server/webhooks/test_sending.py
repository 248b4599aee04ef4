"""One try, over real sockets: to the address that was checked, with everything else switched off."""

import asyncio
import datetime
import gzip
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ravi.server.webhooks.sending import Sender
from ravi.server.webhooks.ssrf import Guard
from tests.support.receiver import Receiver, answer, receiving


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as it:
        yield it


class Rebinding:
    """A name server that gives each of *answers* once, and the last one for ever."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return [self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]]


async def test_a_name_that_changes_after_the_check_is_not_asked_again(receiver: Receiver) -> None:
    """127.0.0.1 stands for the public address that is checked; 127.0.0.2 for the one behind the firewall."""
    names = Rebinding("127.0.0.1", "127.0.0.2")
    sender = Sender(Guard(("127.0.0.1",), names))
    outcome = await sender.post(f"http://rebind.example:{receiver.port}/", b"{}", {})

    assert (outcome.status, names.asked) == (200, 1)
    assert receiver.posts[0].headers["host"] == f"rebind.example:{receiver.port}"


async def test_a_name_that_has_changed_by_the_next_try_is_refused(receiver: Receiver) -> None:
    sender = Sender(Guard(("127.0.0.1",), Rebinding("127.0.0.1", "127.0.0.2")))
    url = f"http://rebind.example:{receiver.port}/"
    first, second = await sender.post(url, b"{}", {}), await sender.post(url, b"{}", {})

    assert (first.status, second.status) == (200, None)
    assert "not on the public internet" in second.error
    assert len(receiver.posts) == 1


async def test_nothing_is_connected_to_before_the_check(receiver: Receiver) -> None:
    for url in (f"http://127.0.0.1:{receiver.port}/", f"http://2130706433:{receiver.port}/"):
        outcome = await Sender(Guard()).post(url, b"{}", {})
        assert outcome.status is None
        assert outcome.error
    assert (receiver.posts, receiver.most_open) == ([], 0)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.answers = lambda _: answer(status, b"", f"Location: {receiver.url}/there".encode())
    outcome = await Sender(Guard(("127.0.0.1",))).post(receiver.url, b"{}", {})

    assert (outcome.delivered, outcome.status, len(receiver.posts)) == (False, status, 1)


async def test_an_endpoint_that_says_nothing_is_given_up_on(receiver: Receiver) -> None:
    receiver.answers = lambda _: None
    outcome = await Sender(Guard(("127.0.0.1",)), seconds=0.2).post(receiver.url, b"{}", {})

    assert outcome.error == "no answer within 0.2 seconds"


async def test_a_body_that_does_not_end_is_read_to_its_bound_only(receiver: Receiver) -> None:
    receiver.answers = lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 3_000_000
    outcome = await Sender(Guard(("127.0.0.1",))).post(receiver.url, b"{}", {})

    assert outcome.delivered
    assert outcome.preview == "x" * 500


async def test_an_answer_is_not_unpacked(receiver: Receiver) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    receiver.answers = lambda _: answer(200, bomb, b"Content-Encoding: gzip")
    outcome = await Sender(Guard(("127.0.0.1",))).post(receiver.url, b"{}", {})

    assert outcome.delivered
    assert len(outcome.preview) <= 500
    assert receiver.posts[0].headers["accept-encoding"] == "identity"


async def test_the_environments_proxy_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await Sender(Guard(("127.0.0.1",))).post(receiver.url, b"{}", {})).delivered


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"SSH-2.0-x\r\n\r\n", "what answered does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "what answered does not speak HTTP"),
        (b"", "it closed the connection without an answer"),
    ],
)
async def test_what_is_no_answer_is_named(receiver: Receiver, said: bytes, error: str) -> None:
    receiver.answers = lambda _: said
    assert (await Sender(Guard(("127.0.0.1",))).post(receiver.url, b"{}", {})).error == error


async def test_nobody_there_is_named(receiver: Receiver) -> None:
    async with receiving() as gone:
        url = gone.url
    assert (await Sender(Guard(("127.0.0.1",))).post(url, b"{}", {})).error == "it cannot be reached"


async def test_over_tls_the_name_is_what_is_asked_for_and_what_has_to_be_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = _certificate(tmp_path, "hook.example")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    asked: list[str | None] = []
    serving.sni_callback = lambda _, name, __: asked.append(name)
    receiver = Receiver(0)
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0, ssl=serving)
    port = server.sockets[0].getsockname()[1]

    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with server:
        unknown = await Sender(Guard(("127.0.0.1",), lookup)).post(f"https://hook.example:{port}/", b"{}", {})
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        sender = Sender(Guard(("127.0.0.1",), lookup))
        good = await sender.post(f"https://hook.example:{port}/", b"{}", {})
        other = await sender.post(f"https://other.example:{port}/", b"{}", {})

    assert unknown.error == other.error == "its certificate is not trusted"
    assert good.delivered, good.error
    assert asked == ["hook.example", "hook.example", "other.example"]
    assert len(receiver.posts) == 1


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
