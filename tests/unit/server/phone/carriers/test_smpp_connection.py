"""The connection to an SMSC: signing in, staying, and coming back."""

import asyncio
import logging
import subprocess
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from ravi.server.phone.carriers.contract import Alive, Later, Received
from ravi.server.phone.carriers.smpp import open_carrier
from ravi.server.phone.carriers.smpp.carrier import Smpp
from ravi.settings.server_carriers import carrier_url
from tests.support.smsc import OURS, PACE, PASSWORD, Smsc, Told, running, setup_for, text_to

#: Octets that are no SMPP: a length of nothing, of four gigabytes, of less than a header; HTTP; and half a packet.
GARBAGE = ["00000000" * 4, "ffffffff" + "00" * 12, "0000000f" + "00" * 12, "48545450" * 8]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A key and a certificate of its own for 127.0.0.1."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=smsc"
    files = ["-keyout", key, "-out", certificate, "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return key, certificate


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [str(record.__dict__["reason"]) for record in caplog.records if record.levelno == logging.WARNING]


async def test_it_signs_in_as_one_that_sends_and_is_sent_to(smsc: Smsc) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc, system_type="VMA"), PACE), told):
        (alive,) = await told.until(Alive)

    assert alive == Alive(smsc.at, "signed in as ravi")
    bind = await smsc.heard("bind")
    assert (bind["command"], bind["system_id"], bind["system_type"]) == ("bind_transceiver", "ravi", "VMA")


async def test_it_says_goodbye(smsc: Smsc) -> None:
    async with running(Smpp("smpp", setup_for(smsc), PACE), Told()):
        pass

    await smsc.heard("unbind")
    await smsc.heard("closed")


async def test_a_long_password_is_sent_whole(smsc: Smsc) -> None:
    await smsc.behave(password="longer than the standard says")
    async with running(Smpp("smpp", setup_for(smsc, password="longer than the standard says"), PACE), Told()):
        await smsc.heard("bound")


async def test_a_wrong_password_is_tried_again_and_logged_once(smsc: Smsc, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    carrier = Smpp("smpp", setup_for(smsc, password="wrong"), PACE)
    told = Told()
    async with running(carrier, told, connected=False):
        for _ in range(3):
            await smsc.heard("bind")
        with pytest.raises(Later, match="ESME_RINVPASWD") as later:
            await carrier.send(text_to())
        await smsc.behave(password="wrong")
        await told.until(Alive)

    assert not later.value.maybe_sent
    assert [reason for reason in warnings(caplog) if "ESME_RINVPASWD" in reason] == warnings(caplog)
    assert len(warnings(caplog)) == 1
    assert "wrong" not in caplog.text


async def test_an_account_that_is_signed_in_elsewhere_waits_for_its_turn(smsc: Smsc) -> None:
    await smsc.behave(most_sessions=1)
    told = Told()
    async with AsyncExitStack() as other, AsyncExitStack() as ours:
        await other.enter_async_context(running(Smpp("smpp", setup_for(smsc), PACE), Told()))
        await ours.enter_async_context(running(Smpp("smpp", setup_for(smsc), PACE), told, connected=False))
        for _ in range(3):
            await smsc.heard("bind")
        assert told.all == []
        await other.aclose()
        await told.until(Alive)


async def test_it_comes_back_when_the_smsc_is_killed_and_started_again(
    smsc: Smsc, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    told = Told()
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, told):
        await smsc.kill()
        while not warnings(caplog):
            await asyncio.sleep(0.01)
        with pytest.raises(Later):
            await carrier.send(text_to())
        await asyncio.sleep(PACE.last_retry * 4)  # for several tries
        await smsc.start()
        await told.until(Alive, 2)
        assert (await carrier.send(text_to())).ref
        assert await smsc.deliver("back again") == 0

    assert told.of(Received)[0].body == "back again"
    assert len(warnings(caplog)) <= 2  # that it was lost, and that it cannot be reached; not each try
    assert [record.getMessage() for record in caplog.records].count("connected to the SMSC") == 2


async def test_an_smsc_that_says_nothing_any_more_is_left(smsc: Smsc) -> None:
    await smsc.behave(enquire_silent=True)
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), replace(PACE, idle=0.2, idle_answer=0.2)), told):
        await smsc.heard("enquire_link")
        await smsc.heard("closed")
        await told.until(Alive, 2)


async def test_an_smsc_that_answers_is_kept_and_told_of_now_and_then(smsc: Smsc) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), replace(PACE, idle=0.1, alive=0.4)), told):
        for _ in range(10):
            await smsc.heard("enquire_link")
        alive = len(told.of(Alive))

    assert 2 <= alive <= 5
    assert len(smsc.so_far("bound")) == 1


async def test_the_smsc_may_ask_as_well_and_say_goodbye(smsc: Smsc) -> None:
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), PACE), told):
        await smsc.do("enquire")
        await smsc.heard("enquire_link_resp")
        await smsc.do("query")  # which only an SMSC is asked
        assert (await smsc.heard("generic_nack"))["status"] == 3
        await smsc.do("unbind")
        await smsc.heard("unbind_resp")
        await told.until(Alive, 2)


@pytest.mark.parametrize("octets", GARBAGE)
async def test_an_smsc_that_speaks_no_smpp_is_left_and_tried_again(smsc: Smsc, octets: str) -> None:
    told = Told()
    carrier = Smpp("smpp", setup_for(smsc), PACE)
    async with running(carrier, told):
        await smsc.do("raw", hex=octets)
        await told.until(Alive, 2)
        assert (await carrier.send(text_to())).ref


async def test_half_a_packet_waits_for_the_other_half(smsc: Smsc) -> None:
    async with running(Smpp("smpp", setup_for(smsc), PACE), Told()):
        await smsc.do("raw", hex="00000010000000")
        await asyncio.sleep(0.1)
        await smsc.do("raw", hex="150000000000000009")
        await smsc.heard("enquire_link_resp")


async def test_an_smsc_that_never_lets_us_in_is_tried_again(smsc: Smsc) -> None:
    await smsc.behave(bind_silent=True)
    told = Told()
    async with running(Smpp("smpp", setup_for(smsc), replace(PACE, connect=0.3)), told, connected=False):
        await smsc.heard("bind")
        await smsc.heard("bind")
        await smsc.behave(bind_silent=False)
        await told.until(Alive)


async def test_over_tls_the_certificate_must_be_trusted(
    installed_smsc: tuple[Path, Path], certificate: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    told = Told()
    async with Smsc(*installed_smsc, tls=certificate) as smsc:
        url = f"smpp+tls://ravi:{PASSWORD}@{smsc.at}/?numbers={OURS.replace('+', '%2B')}"
        untrusting = open_carrier(carrier_url(url), here=None)  # type: ignore[arg-type] # it asks for nothing
        async with running(untrusting, told, connected=False):  # type: ignore[arg-type] # it is an Smpp
            while not warnings(caplog):
                await asyncio.sleep(0.01)
        assert smsc.so_far("bind") == []

        trusting = open_carrier(carrier_url(f"{url}&ca={certificate[1]}"), here=None)  # type: ignore[arg-type] # as above
        async with running(trusting, told):  # type: ignore[arg-type] # as above
            assert (await trusting.send(text_to())).ref
            assert await smsc.deliver("over TLS") == 0

    assert "certificate is not trusted" in warnings(caplog)[0]
    assert told.of(Received)[0].body == "over TLS"
