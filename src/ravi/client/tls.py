"""TLS for the blocking transport; a module of its own because `ssl` costs 15 ms and plain http needs none of it."""

from __future__ import annotations

import ssl

from ravi.errors import ServerNonsense, ServerUnreachable, TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket


def context() -> ssl.SSLContext:
    """
    The one set of rules: certificates and host names are checked, against the system's authorities or those
    that SSL_CERT_FILE and SSL_CERT_DIR name. There is no switch to turn it off.
    """
    made = ssl.create_default_context()
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def wrap(sock: socket.socket, host: str, server: str) -> ssl.SSLSocket:
    """
    Do the handshake on *sock*, in the time that its timeout leaves.

    Raises ServerNonsense when the other side is not trusted or does not speak TLS, TimedOut, ServerUnreachable
    when it goes away.
    """
    try:
        return context().wrap_socket(sock, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise ServerNonsense(
            f"the certificate of {server} is not trusted ({error.verify_message})",
            hint="have it signed by a known authority, or name yours in SSL_CERT_FILE",
        ) from error
    except TimeoutError as error:
        raise TimedOut(f"the server at {server} did not finish the TLS handshake in time") from error
    except ssl.SSLError as error:
        raise ServerNonsense(
            f"what answered at {server} does not speak TLS ({(error.reason or 'unknown').lower()})",
            hint="is the server's URL http:// rather than https://?",
        ) from error
    except OSError as error:
        raise ServerUnreachable(
            f"the server at {server} closed the connection during the TLS handshake", details={"sent": False}
        ) from error
