"""Phone for tests: numbers of the built-in carrier, without the app around it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from ravi.server.db import Database
from ravi.server.phone import CarrierNumbers
from ravi.server.phone.carriers import open_carriers
from ravi.settings.server_carriers import carrier_url


def loopback_numbers(db: Database, now: Callable[[], datetime]) -> CarrierNumbers:
    """Where identities get their numbers from when nothing is configured."""
    carriers = open_carriers([carrier_url("loopback:")], public_url="http://ravi.test", key=bytes(32), now=now)
    return CarrierNumbers(db, carriers, now, by_default=None, quarantine=timedelta(days=30))
