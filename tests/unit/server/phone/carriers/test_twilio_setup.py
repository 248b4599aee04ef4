"""The URL of a twilio carrier: what it may say, and that a refusal never repeats a secret."""

from datetime import UTC, datetime

import pytest

from ravi.server.phone.carriers.contract import Surroundings
from ravi.server.phone.carriers.twilio import open_carrier
from ravi.server.phone.carriers.twilio.setup import Setup, setup_of
from ravi.settings.server_carriers import carrier_url

SID, TOKEN, KEY = "AC" + "0a" * 16, "5ecret5ecret", "SK" + "b" * 32
SERVICE = "MG" + "c" * 32


@pytest.mark.parametrize(
    ("url", "setup"),
    [
        (
            f"twilio://{SID}:{TOKEN}@api.twilio.com",
            Setup("https://api.twilio.com", SID, TOKEN, SID, TOKEN),
        ),
        (
            f"twilio://{SID}@api.dublin.ie1.twilio.com?token={TOKEN}&messaging-service={SERVICE}",
            Setup("https://api.dublin.ie1.twilio.com", SID, TOKEN, SID, TOKEN, SERVICE),
        ),
        (
            f"twilio://{SID}:{TOKEN}@api.twilio.com?key={KEY}&secret=s%2B%26",
            Setup("https://api.twilio.com", SID, TOKEN, KEY, "s+&"),
        ),
        (
            f"twilio://a-project:{TOKEN}@example.signalwire.com:8443/api/laml/",
            Setup("https://example.signalwire.com:8443/api/laml", "a-project", TOKEN, "a-project", TOKEN),
        ),
        (
            f"twilio+http://{SID}:{TOKEN}@127.0.0.1:4010",
            Setup("http://127.0.0.1:4010", SID, TOKEN, SID, TOKEN),
        ),
        (
            f"twilio+http://{SID}:{TOKEN}@[::1]:4010/base",
            Setup("http://[::1]:4010/base", SID, TOKEN, SID, TOKEN),
        ),
        (
            f"twilio+http://{SID}:{TOKEN}@localhost",
            Setup("http://localhost", SID, TOKEN, SID, TOKEN),
        ),
    ],
)
def test_a_url_says_where_who_and_with_what(url: str, setup: Setup) -> None:
    assert setup_of(carrier_url(url)) == setup
    assert TOKEN not in repr(setup)


def test_the_name_is_the_urls() -> None:
    here = Surroundings("https://ravi.example.org/", bytes(32), lambda: datetime.now(UTC))

    assert open_carrier(carrier_url(f"twilio://{SID}:{TOKEN}@api.twilio.com"), here).name == "twilio"
    assert open_carrier(carrier_url(f"twilio://{SID}:{TOKEN}@api.twilio.com#second"), here).name == "second"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"twilio://:{TOKEN}@api.twilio.com", "account SID"),
        (f"twilio://AC12:{TOKEN}@api.twilio.com", "account SID"),
        (f"twilio://{KEY}:{TOKEN}@api.twilio.com", "account SID"),
        (f"twilio://a%2Fb:{TOKEN}@example.org", "account SID"),
        (f"twilio://a%3Ab:{TOKEN}@example.org", "account SID"),
        (f"twilio://{SID}@api.twilio.com", "auth token"),
        (f"twilio://{SID}:{TOKEN}%0Ax@api.twilio.com", "auth token"),
        (f"twilio://{SID}:{TOKEN}%C3%BC@api.twilio.com", "auth token"),
        (f"twilio://{SID}:{TOKEN}@api.twilio.com?token={TOKEN}", "token twice"),
        (f"twilio://{SID}:{TOKEN}@", "no host"),
        ("twilio:", "no host"),
        (f"twilio+http://{SID}:{TOKEN}@api.twilio.com", "unencrypted"),
        (f"twilio+http://{SID}:{TOKEN}@192.168.1.5", "unencrypted"),
        (f"twilio+http://{SID}:{TOKEN}@localhost.example.org", "unencrypted"),
        (f"twilio+tls://{SID}:{TOKEN}@api.twilio.com", "speaks tls"),
        (f"twilio://{SID}:{TOKEN}@api.twilio.com?from=1", "option from"),
        (f"twilio://{SID}:{TOKEN}@api.twilio.com?messaging-service={SID}", "MG"),
        (f"twilio://{SID}:{TOKEN}@api.twilio.com?secret={TOKEN}", "no key"),
        (f"twilio://{SID}:{TOKEN}@api.twilio.com?key={KEY}", "no secret"),
        (f"twilio://{SID}:{TOKEN}@api.twilio.com?key={SID}&secret={TOKEN}", "no key"),
        (f"twilio://{SID}:{TOKEN}@api.twilio.com/a;b", "odd characters"),
    ],
)
def test_a_url_that_will_not_do_is_refused_without_repeating_its_secret(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as raised:
        setup_of(carrier_url(url))
    assert TOKEN not in str(raised.value)
