"""`ravi-server phone doctor` beside a running server: why nothing arrives from a phone, and putting it right."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.android_double import DEVICE, KEY, PASSWORD, AndroidDouble
from tests.support.server import Server

EVENTS = {"sms:received", "sms:sent", "sms:delivered", "sms:failed", "system:ping"}


@pytest.fixture
def phone() -> Iterator[AndroidDouble]:
    phone = AndroidDouble()
    yield phone
    phone.close()


@pytest.fixture
def server(phone: AndroidDouble, tmp_path: Path) -> Iterator[Server]:
    key_file = tmp_path / "signing-key"
    key_file.write_text(f"{KEY}\n")
    url = phone.url(key_file, "+4915112345678", "+4915187654321")
    server = Server(tmp_path / "data", env={"RAVI_SERVER_CARRIER": url})
    yield server.start()
    server.close()


def doctor(server: Server, *arguments: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Its exit status, what it says of the phone, and what is not fine, by what that is about."""
    done = server.run("phone", "doctor", *arguments, ok=False)
    for secret in (KEY, PASSWORD):
        assert secret not in done.stdout + done.stderr
    (found,) = json.loads(done.stdout)["carriers"]
    complaints = [each for each in (*found["repairs"], *found["findings"]) if not each["fine"]]
    return done.returncode, found, {each["about"]: each["detail"] for each in complaints}


def test_a_phone_is_brought_to_talk_and_its_silence_explained(server: Server, phone: AndroidDouble) -> None:
    status, _, wrong = doctor(server)
    assert (status, set(wrong)) == (1, {"webhooks", "arrivals"})
    assert wrong["arrivals"] == "nothing has ever arrived"

    _, found, wrong = doctor(server, "android", "--fix")
    assert {repair["about"] for repair in found["repairs"]} == {f"webhook {event}" for event in EVENTS}
    assert {hook["event"] for hook in phone.webhooks.values()} == EVENTS
    assert {hook["url"] for hook in phone.webhooks.values()} == {f"{server.url}/api/phone/carriers/android/"}
    assert set(wrong) == {"arrivals"}

    assert phone.ping() == [200]
    status, found, wrong = doctor(server)
    assert (status, wrong) == (0, {})
    assert [device["device"] for device in found["devices"]] == [DEVICE]
    assert "battery 94 %" in found["devices"][0]["detail"]

    phone.key = "another"
    assert phone.ping() == [403]
    assert phone.sms("Your code is 482913", "72345") == [403, 403]
    status, _, wrong = doctor(server)
    assert (status, set(wrong)) == (1, {"refusals"})
    assert wrong["refusals"].startswith("3 webhooks were refused")
    assert "the signature does not fit" in wrong["refusals"]

    phone.key = KEY
    assert phone.ping() == [200]
    assert doctor(server)[0] == 0


def test_a_phone_that_is_off_is_told_to_people_with_what_to_do(server: Server, phone: AndroidDouble) -> None:
    phone.close()
    done = server.run("phone", "doctor", "--human", ok=False)
    assert done.returncode == 1
    assert "the phone cannot be reached" in done.stdout
    assert "what to do:" in done.stdout
    assert PASSWORD not in done.stdout


def test_a_carrier_that_is_not_configured_is_a_mistake(server: Server) -> None:
    done = server.run("phone", "doctor", "twilio", "--json", ok=False)
    assert done.returncode == 2
    assert json.loads(done.stderr)["hint"] == "one of: android"


def test_it_works_without_a_server_that_runs_once_the_url_is_known(server: Server, phone: AndroidDouble) -> None:
    server.stop()
    assert "nobody can know" in server.run("phone", "doctor", "--http", "127.0.0.1:0", ok=False).stderr
    status, _, wrong = doctor(server, "--public-url", "https://ravi.example.org", "--fix")
    assert (status, set(wrong)) == (1, {"arrivals"})
    urls = {hook["url"] for hook in phone.webhooks.values()}
    assert urls == {"https://ravi.example.org/api/phone/carriers/android/"}
