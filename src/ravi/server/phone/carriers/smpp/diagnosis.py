"""What `phone doctor` finds out about an SMSC: a connection of its own, which signs in to send and leaves again."""

import ipaddress
import ssl

from ravi.server.phone.carriers.contract import Finding
from ravi.server.phone.carriers.smpp import pdu as pdus
from ravi.server.phone.carriers.smpp.session import (
    BindRefused,
    NotConnected,
    Session,
    Unanswered,
    connected,
    reason_of,
)
from ravi.server.phone.carriers.smpp.setup import Pace, Setup

_WRONG_PASSWORD = (0x0D, 0x0E, 0x0F)
_TOO_MANY = (pdus.ALREADY_BOUND, pdus.THROTTLED)


async def diagnose(setup: Setup, pace: Pace, *, connected_here: bool) -> list[Finding]:
    """Return what there is to say. *connected_here*: this process is signed in, so nothing needs to be tried."""
    numbers = Finding("numbers", True, f"{len(setup.numbers)} in the URL")
    if connected_here:
        return [Finding("connection", True, f"signed in at {setup.at}"), numbers]
    try:
        async with connected(setup, pace, lambda session, pdu: session.answer(pdu, pdus.NOT_NOW)) as session:
            return [
                Finding("connection", True, f"{setup.at} answers"),
                _secrecy(setup, session),
                await _sign_in(session),
                numbers,
            ]
    except OSError as fault:
        return [Finding("connection", False, f"{setup.at}: {reason_of(fault)}", _advice(fault)), numbers]


async def _sign_in(session: Session) -> Finding:
    try:
        await session.bind(only_sending=True)
    except BindRefused as refusal:
        if refusal.status in _TOO_MANY:
            return Finding("sign-in", True, "the account is signed in already, and may be so only once")
        advice = "ask the operator of the SMSC"
        if refusal.status in _WRONG_PASSWORD:
            advice = "compare system id, password and system-type with what the operator gave you; many operators also "
            advice += "let in known addresses only"
        return Finding("sign-in", False, str(refusal), advice)
    except (Unanswered, NotConnected) as failure:
        advice = "check the port: is it that of SMPP, and does it want TLS (smpp+tls://), or none?"
        return Finding("sign-in", False, str(failure), advice)
    await session.leave()
    return Finding("sign-in", True, "the SMSC lets us in")


def _secrecy(setup: Setup, session: Session) -> Finding:
    if setup.tls:
        return Finding("secrecy", True, "the connection is encrypted")
    peer = session.peer.partition("%")[0]
    near = not peer or not ipaddress.ip_address(peer).is_global
    detail = "not encrypted, in a private network" if near else "password and texts cross the internet unencrypted"
    return Finding("secrecy", near, detail, "" if near else "use smpp+tls://, or a tunnel to the operator")


def _advice(fault: OSError) -> str:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return "name the operator's certificates with ca=FILE, and the SMSC as its certificate does"
    if isinstance(fault, ssl.SSLError):
        return "ask the operator whether this port wants TLS"
    return "check host and port; many operators let in known addresses only, so ask whether they know yours"
