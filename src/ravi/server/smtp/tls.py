"""
The certificate of the mail listener, where the operator has given none.

Between mail servers TLS is opportunistic: senders do not ask who signed, so a certificate of our own keeps out
whoever only listens, and costs nobody a thought (RFC 7435).
"""

import os
import ssl
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

FILE = "smtp-tls.pem"
LIVES = timedelta(days=3652)
#: One that ends sooner is made anew at the next start.
LEFT = timedelta(days=30)


def new_context() -> ssl.SSLContext:
    """Return what TLS needs, without a certificate yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def own_certificate(data: Path, names: Sequence[str]) -> Path:
    """
    Return the PEM file in *data* with a key and a certificate for *names*, which is made when there is none.

    It is for the server's user alone (0600), and there whole or not at all. Raises OSError.
    """
    from cryptography import x509  # 60 ms that commands other than `run` need not spend

    file = data / FILE
    try:
        found = x509.load_pem_x509_certificate(file.read_bytes())
    except (FileNotFoundError, ValueError):
        pass
    else:
        if found.not_valid_after_utc > datetime.now(UTC) + LEFT:
            return file
    handle, temporary = tempfile.mkstemp(dir=data, prefix=f"{FILE}.")  # 0600
    try:
        with open(handle, "wb") as stream:
            stream.write(make_certificate(names))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise
    return file


def make_certificate(names: Sequence[str]) -> bytes:
    """Return a new key and a certificate for *names* (the first one leads), signed with itself, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    # A common name has at most 64 characters (RFC 5280 appendix A.1); the names that count are the others.
    common = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0][:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(common)
        .issuer_name(common)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIVES)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
