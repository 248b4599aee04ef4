"""The sockets that are listened on, and what has to be right before anything is served."""

import contextlib
import errno
import resource
import socket
import ssl
from pathlib import Path

from ravi.errors import ConfigError
from ravi.server.smtp.tls import new_context, own_certificate
from ravi.settings.server import Address, ServerSettings

#: Each connection is a file; the usual soft limit of 1024 is soon reached, the hard one is there to be used.
MOST_FILES = 65_536


def listen(address: Address, backlog: int, flag: str = "--http") -> tuple[socket.socket, Address]:
    """
    Return a listening socket and the address it is bound to, with the port that the system chose for 0.

    Connections are accepted into the backlog from here on, so a client that comes while the server is still
    starting waits instead of being refused. *flag* is how another address is chosen. Raises ConfigError.
    """
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as fault:
        raise ConfigError(
            f"cannot listen on {address}: there is no such host", hint=f"give an address of this machine with {flag}"
        ) from fault
    listener = socket.socket(family, kind, protocol)
    try:
        # A predecessor's connections may linger for a minute after it has gone; they are no reason not to start.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(target)
        listener.listen(backlog)
        listener.setblocking(False)
    except OSError as fault:
        listener.close()
        raise _cannot_listen(address, fault, flag) from fault
    return listener, Address(address.host, listener.getsockname()[1])


def tls_context(settings: ServerSettings) -> ssl.SSLContext | None:
    """Return what TLS needs, or None without it. Raises ConfigError when certificate and key do not fit."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    _load(context, settings.tls_cert, settings.tls_key)
    return context


def mail_tls_context(settings: ServerSettings) -> ssl.SSLContext:
    """
    Return what STARTTLS of the mail listener needs: the certificate that is configured, or one of the server's own.

    Raises ConfigError when there is none that can be used.
    """
    context = new_context()
    if settings.smtp_tls_cert is not None and settings.smtp_tls_key is not None:
        _load(context, settings.smtp_tls_cert, settings.smtp_tls_key, prefix="smtp_")
        return context
    try:
        file = own_certificate(settings.data, settings.mail_domain)
    except OSError as fault:
        raise ConfigError(
            f"cannot keep a certificate for mail in {settings.data}: {(fault.strerror or 'no reason given').lower()}",
            hint="let this user write there, or give --smtp-tls-cert and --smtp-tls-key",
        ) from fault
    _load(context, file, file, prefix="smtp_")
    return context


def _load(context: ssl.SSLContext, cert: Path, key: Path, prefix: str = "") -> None:
    try:
        # Without a password OpenSSL would ask for one on the terminal, and nobody sits there.
        context.load_cert_chain(cert, key, password=_no_password)
    except (OSError, ValueError) as fault:  # ssl.SSLError is an OSError
        reason = getattr(fault, "reason", None) or str(fault)
        raise ConfigError(
            f"cannot use {cert} with {key}: {reason.lower().replace('_', ' ')}",
            hint=f"{prefix}tls_cert is a PEM file with certificate and chain, {prefix}tls_key its private key,"
            " unencrypted",
        ) from fault


def allow_many_files() -> None:
    """Raise the soft limit on open files as far as it makes sense."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # some containers refuse; the old limit still serves
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections(wanted: int) -> int:
    """Return *wanted*, or less where that is more than half of the open files that this process may have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft // 2))


def _cannot_listen(address: Address, fault: OSError, flag: str) -> ConfigError:
    match fault.errno:
        case errno.EADDRINUSE:
            reason = "another program listens there"
            hint = f"stop it (is it another ravi-server?), or choose another port with {flag} HOST:PORT"
        case errno.EACCES:
            reason = "not permitted"
            hint = f"ports below 1024 need privileges; choose a higher one with {flag} HOST:PORT"
        case errno.EADDRNOTAVAIL:
            reason = "this machine has no such address"
            hint = f"give an address of this machine with {flag} HOST:PORT"
        case _:
            reason = (fault.strerror or "no reason given").lower()
            hint = f"choose another address with {flag} HOST:PORT"
    return ConfigError(f"cannot listen on {address}: {reason}", hint=hint)


def _no_password() -> str:
    raise ValueError("the private key is encrypted")
