"""
A relay as a program of its own: STARTTLS, a password, and one file for each message that it takes.

    python -m tests.support.relay_process FOLDER CERTIFICATE KEY PORT

Prints the port that it listens on. FOLDER gets `1.json`, `2.json`, … with the envelope, and `1.eml` with the content.
A file `reply` in it is what the relay says to every recipient, for as long as it is there.
"""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

USER = "ravi@example.org"
PASSWORD = "relay/p@ss:wörd"


@dataclass
class RelayProcess:
    """The relay as the test sees it. `ca` is the file to trust for its certificate."""

    folder: Path
    ca: Path
    port: int

    @property
    def taken(self) -> list[tuple[dict[str, Any], bytes]]:
        """Envelope and content of each message, in order."""
        files = sorted(self.folder.glob("*.json"), key=lambda file: int(file.stem))
        return [(json.loads(file.read_text()), file.with_suffix(".eml").read_bytes()) for file in files]

    def say(self, reply: str | None) -> None:
        """Have every recipient answered with *reply*; None: taken."""
        file = self.folder / "reply"
        if reply is None:
            file.unlink()
        else:
            file.write_text(reply)


@contextmanager
def relay_process(folder: Path, port: int = 0) -> Iterator[RelayProcess]:
    """Run a relay that keeps what it takes in *folder*, which has or gets its certificate."""
    folder.mkdir(exist_ok=True)
    certificate, key = folder / "cert.pem", folder / "key.pem"
    if not certificate.exists():
        _make_certificate(certificate, key)
    with subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder), str(certificate), str(key), str(port)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        try:
            yield RelayProcess(folder, certificate, int(process.stdout.readline()))
        finally:
            process.kill()


def _make_certificate(certificate: Path, key_file: Path) -> None:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _main(folder: Path, certificate: str, key: str, port: int) -> None:
    import asyncio

    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

    class Taking:
        async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: Any) -> str:
            reply = folder / "reply"
            if reply.exists():
                return reply.read_text()
            envelope.rcpt_tos.append(to)
            return "250 OK"

        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
            number = len(list(folder.glob("*.json"))) + 1
            assert isinstance(envelope.original_content, bytes)
            (folder / f"{number}.eml").write_bytes(envelope.original_content)
            seen = {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "tls": session.ssl is not None,
                "user": session.auth_data.login.decode(),
                "helo": session.host_name,
            }
            (folder / "writing").write_text(json.dumps(seen))
            os.replace(folder / "writing", folder / f"{number}.json")
            return "250 2.0.0 taken"

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False, auth_data=data)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(
                Taking(),
                hostname="relay.test",
                loop=loop,
                tls_context=context,
                require_starttls=True,
                auth_required=True,
                authenticator=authenticate,
            ),
            "127.0.0.1",
            port,
        )
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
