"""What the URL of an smpp carrier may say, and what is said when it says something else."""

import subprocess
import sys
from pathlib import Path

import pytest

from ravi.errors import NumbersExhausted
from ravi.server.phone.carriers.contract import Allocated, Webhook, WebhookRefused, Wish
from ravi.server.phone.carriers.smpp import open_carrier
from ravi.server.phone.carriers.smpp.carrier import Smpp
from ravi.server.phone.carriers.smpp.setup import Setup, setup_of
from ravi.settings.server_carriers import carrier_url

NUMBERS = "numbers=+491570000100,+491570000101"
SECRET = "secret8!"

WRONG = [
    (f"smpp+http://ravi:{SECRET}@h/?{NUMBERS}", "smpp[+]tls"),
    (f"smpp://ravi:{SECRET}@/?{NUMBERS}", "needs the host"),
    (f"smpp://ravi@h/?{NUMBERS}", "a system id and a password"),
    (f"smpp://:{SECRET}@h/?{NUMBERS}", "a system id and a password"),
    (f"smpp://ravi:{SECRET}@h/?{NUMBERS}&password=other", "a password twice"),
    (f"smpp://ravi:{SECRET}@h/path?{NUMBERS}", "has a path"),
    (f"smpp://ravi:{SECRET}@h/", "needs numbers="),
    (f"smpp://ravi:{SECRET}@h/?numbers=", "needs numbers="),
    (f"smpp://ravi:{SECRET}@h/?numbers=12345", "numbers that is no number"),
    (f"smpp://ravi:{SECRET}@h/?numbers=+491570000100,+49 157 0000100", "twice"),
    (f"smpp://ravi:{SECRET}@h/?{NUMBERS}&windows=4", "option windows"),
    (f"smpp://ravi:{SECRET}@h/?{NUMBERS}&window=0", "has a window"),
    (f"smpp://ravi:{SECRET}@h/?{NUMBERS}&window=ten", "has a window"),
    (f"smpp://ravi:{SECRET}@h/?{NUMBERS}&source-ton=7", "has a source-ton"),
    (f"smpp://ravi:{SECRET}@h/?{NUMBERS}&source-npi=2", "has a source-npi"),
    (f"smpp://ravi:{SECRET}@h/?{NUMBERS}&alphabet=utf-8", "alphabet"),
    (f"smpp://ravi:{SECRET}@h/?{NUMBERS}&system-type=thirteen chars", "system-type"),
    (f"smpp://sixteen-letters!:{SECRET}@h/?{NUMBERS}", "system id"),
    (f"smpp://ravi:{SECRET}%C3%A9@h/?{NUMBERS}", "password"),
    (f"smpp://ravi:{SECRET}@h/?{NUMBERS}&ca=/dev/null", "of use for smpp[+]tls"),
    (f"smpp+tls://ravi:{SECRET}@h/?{NUMBERS}&ca=/dev/null", "holds no certificates"),
    (f"smpp+tls://ravi:{SECRET}@h/?{NUMBERS}&ca=/nowhere", "cannot be read"),
]


@pytest.mark.parametrize(("url", "reason"), WRONG, ids=[reason for _, reason in WRONG])
def test_a_wrong_url_is_refused_with_the_reason_and_without_the_password(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refusal:
        open_carrier(carrier_url(url), here=None)  # type: ignore[arg-type] # it asks for nothing

    assert SECRET not in str(refusal.value)


def test_a_url_says_it_all() -> None:
    url = f"smpp://ravi:{SECRET}@[::1]:12775/?{NUMBERS}&system-type=VMA&alphabet=latin-1&source-ton=5&source-npi=0&window=3"

    setup = setup_of(carrier_url(url))

    numbers = ("+491570000100", "+491570000101")
    assert setup == Setup("::1", 12775, "ravi", SECRET, numbers, "VMA", "latin-1", 5, 0, 3)
    assert setup.at == "[::1]:12775"
    assert SECRET not in repr(setup)


def test_the_password_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{SECRET}\n")

    setup = setup_of(carrier_url(f"smpp://ravi@h/?{NUMBERS}&password-file={tmp_path}/password"))

    assert setup.password == SECRET


@pytest.mark.parametrize(("transport", "port"), [("", 2775), ("+tls", 3550)])
def test_what_is_not_said_is_usual(transport: str, port: int) -> None:
    setup = setup_of(carrier_url(f"smpp{transport}://ravi:{SECRET}@smsc.example/?{NUMBERS}"))

    assert (setup.port, setup.source_ton, setup.source_npi, setup.window) == (port, 1, 1, 10)
    assert (setup.tls is not None) == bool(transport)
    if setup.tls:
        assert setup.tls.check_hostname


def test_without_the_library_it_says_how_to_install_it() -> None:
    script = f"""
import sys
sys.modules["aiosmpplib"] = None  # as if it were not installed
from ravi.server.phone.carriers.smpp import open_carrier
from ravi.settings.server_carriers import carrier_url
try:
    open_carrier(carrier_url("smpp://ravi:{SECRET}@h/?{NUMBERS}"), None)
except ValueError as reason:
    print(reason)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "needs a library that is not installed: pip install 'ravi[smpp]'\n"


async def test_each_number_is_given_once() -> None:
    given: set[str] = set()

    async def is_known(number: str) -> bool:
        return number in given

    carrier = open_carrier(carrier_url(f"smpp://ravi:{SECRET}@h/?{NUMBERS}#spare"), here=None)  # type: ignore[arg-type] # as above
    for number in ("+491570000100", "+491570000101"):
        assert await carrier.allocate(Wish("US", 1, is_known)) == Allocated(number)
        given.add(number)
    with pytest.raises(NumbersExhausted, match="spare"):
        await carrier.allocate(Wish("US", 3, is_known))
    await carrier.release(Allocated("+491570000100"))
    with pytest.raises(NumbersExhausted):
        await carrier.allocate(Wish("US", 4, is_known))


async def test_there_are_no_webhooks() -> None:
    carrier = Smpp("smpp", setup_of(carrier_url(f"smpp://ravi:{SECRET}@h/?{NUMBERS}")))

    with pytest.raises(WebhookRefused, match="no webhooks"):
        await carrier.read(Webhook("https://ravi.example/api/phone/carriers/smpp/", "", {}, b""))
