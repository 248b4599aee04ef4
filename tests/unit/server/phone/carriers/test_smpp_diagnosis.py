"""What `phone doctor` finds out about an SMSC."""

import socket
import ssl
from dataclasses import replace

from ravi.server.phone.carriers.contract import Finding
from ravi.server.phone.carriers.smpp.carrier import Smpp
from tests.support.smsc import PACE, Smsc, Told, running, setup_for


async def found(carrier: Smpp, about: str) -> Finding:
    return next(finding for finding in await carrier.diagnose() if finding.about == about)


async def test_an_smsc_that_lets_us_in_is_fine_and_left_again(smsc: Smsc) -> None:
    findings = await Smpp("smpp", setup_for(smsc), PACE).diagnose()

    assert [(finding.about, finding.fine) for finding in findings] == [
        ("connection", True),
        ("secrecy", True),
        ("sign-in", True),
        ("numbers", True),
    ]
    assert (await smsc.heard("bind"))["command"] == "bind_transmitter"
    await smsc.heard("unbind")


async def test_a_wrong_password_is_found(smsc: Smsc) -> None:
    finding = await found(Smpp("smpp", setup_for(smsc, password="wrong"), PACE), "sign-in")

    assert (finding.fine, "ESME_RINVPASWD" in finding.detail, "wrong" in finding.detail) == (False, True, False)
    assert "system-type" in finding.advice


async def test_an_account_that_is_signed_in_already_is_fine(smsc: Smsc) -> None:
    await smsc.behave(bind_status=5)

    assert (await found(Smpp("smpp", setup_for(smsc), PACE), "sign-in")).fine


async def test_who_is_connected_does_not_try(smsc: Smsc) -> None:
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, Told()):
        smsc.so_far("bind")
        assert (await found(carrier, "connection")).fine

    assert smsc.so_far("bind") == []


async def test_an_smsc_that_is_not_there_is_found(smsc: Smsc) -> None:
    await smsc.kill()

    finding = await found(Smpp("smpp", setup_for(smsc), PACE), "connection")

    assert not finding.fine
    assert "refused" in finding.detail or "connect" in finding.detail
    assert "known addresses" in finding.advice


async def test_a_port_that_says_nothing_is_found(smsc: Smsc) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        setup = setup_for(smsc, port=silent.getsockname()[1])
        finding = await found(Smpp("smpp", setup, replace(PACE, connect=0.3)), "sign-in")

    assert not finding.fine
    assert "TLS" in finding.advice


async def test_an_smsc_without_tls_is_found_where_tls_is_wanted(smsc: Smsc) -> None:
    setup = setup_for(smsc, tls=ssl.create_default_context())
    finding = await found(Smpp("smpp", setup, replace(PACE, connect=2.0)), "connection")

    assert not finding.fine
