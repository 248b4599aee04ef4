"""
An SMSC, or an aggregator that speaks its protocol, as a carrier: SMPP 3.4 over one connection that is kept.

    smpp+tls://SYSTEM_ID:PASSWORD@smsc.example:3550/?numbers=+4915112345678,+4915187654321
    smpp://SYSTEM_ID:PASSWORD@10.0.0.7:2775/?numbers=+4915112345678

`numbers` are those that whoever runs the SMSC has routed here; an identity gets the first that nobody had. What else
may stand behind the question mark is in `setup.py`. This module reads no library, so that a server without the extra
`smpp` can say what is missing.
"""

from ravi.server.phone.carriers.contract import Carrier, Surroundings
from ravi.server.phone.carriers.smpp.setup import setup_of
from ravi.settings.server_carriers import CarrierUrl


def open_carrier(url: CarrierUrl, here: Surroundings) -> Carrier:
    """Make the carrier. Raises ValueError with what is wrong with the URL, or missing on this machine."""
    setup = setup_of(url)
    try:
        from ravi.server.phone.carriers.smpp.carrier import Smpp
    except ModuleNotFoundError as fault:
        if fault.name != "aiosmpplib":
            raise
        raise ValueError("needs a library that is not installed: pip install 'ravi[smpp]'") from None
    return Smpp(url.name, setup)
