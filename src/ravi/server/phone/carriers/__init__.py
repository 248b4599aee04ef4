"""
Where numbers come from. `loopback` is built in and never leaves the machine.
"""

from ravi.server.phone.carriers.loopback import Loopback

__all__ = ["Loopback"]
