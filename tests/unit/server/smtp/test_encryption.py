"""STARTTLS: what was said in the clear is forgotten, and nothing is carried across."""

import contextlib
import stat
from pathlib import Path

import pytest
from cryptography import x509

from ravi.server.smtp import tls
from tests.support.smtp import HOST, Office, Wire


async def test_a_message_arrives_encrypted(office: Office, wire: Wire) -> None:
    assert (await wire.say("STARTTLS"))[:9] == "220 2.0.0"
    await wire.start_tls()
    greeting = await wire.say("EHLO again")
    assert "STARTTLS" not in greeting
    assert (await wire.deliver(office.mine, b"Subject: secret\r\n\r\n" + b"x" * 300_000 + b"\r\n"))[:3] == "250"
    assert (await wire.say("STARTTLS"))[:9] == "503 5.5.1"
    assert (await wire.say("QUIT"))[:9] == "221 2.0.0"
    assert len(await office.messages()) == 1


async def test_what_was_said_before_is_forgotten(office: Office, wire: Wire) -> None:
    await wire.all("MAIL FROM:<bob@example.com>", f"RCPT TO:<{office.mine}>", "STARTTLS")
    await wire.start_tls()
    assert [reply[:9] for reply in await wire.all("DATA", "MAIL FROM:<bob@example.com>")] == ["503 5.5.1"] * 2


@pytest.mark.parametrize("injected", [b"NOOP\r\n", b"EHLO evil\r\nMAIL FROM:<evil@example.com>\r\n"])
async def test_what_is_sent_behind_starttls_in_the_clear_is_never_obeyed(wire: Wire, injected: bytes) -> None:
    await wire.send(b"STARTTLS\r\n" + injected)
    assert (await wire.reply())[:9] == "220 2.0.0"
    await wire.start_tls()
    # Had one of them been obeyed, its answer would come first.
    assert (await wire.say("MAIL FROM:<bob@example.com>"))[:9] == "503 5.5.1"
    assert (await wire.say("EHLO me")).startswith(f"250-{HOST}")


async def test_a_handshake_that_fails_ends_the_connection_and_nothing_else(office: Office, wire: Wire) -> None:
    assert (await wire.say("STARTTLS"))[:9] == "220 2.0.0"
    await wire.send(b"this is no handshake\r\n" * 10)
    with contextlib.suppress(ConnectionError):
        assert not (await wire.reader.read()).startswith(b"2")  # an alert at most
    assert (await (await office.greeted()).say("NOOP"))[:3] == "250"


def test_the_certificate_is_made_once_for_the_servers_user_alone(tmp_path: Path) -> None:
    file = tls.own_certificate(tmp_path, [HOST, "mail.example.org"])
    before = file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert tls.own_certificate(tmp_path, [HOST]).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [tls.FILE]
    certificate = x509.load_pem_x509_certificate(before)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [HOST, "mail.example.org"]
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days > 3650


@pytest.mark.parametrize("left", [b"", b"-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n"])
def test_a_certificate_that_cannot_be_read_is_made_anew(tmp_path: Path, left: bytes) -> None:
    (tmp_path / tls.FILE).write_bytes(left)
    tls.new_context().load_cert_chain(tls.own_certificate(tmp_path, [HOST]))


def test_a_certificate_that_ends_soon_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as soon:
        soon.setattr(tls, "LIVES", tls.LEFT / 2)
        before = tls.own_certificate(tmp_path, [HOST]).read_bytes()
    assert tls.own_certificate(tmp_path, [HOST]).read_bytes() != before
