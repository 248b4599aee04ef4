"""
Phone: texts (SMS) to and from identities, and the carriers that they travel with.

Owns texts, their queue, spare numbers, and `carriers/`, one short file for each. Which identity holds which number
belongs to `identities`; what a text says is read by `extraction`.
"""

from ravi.server.phone.delivering import Deliverer
from ravi.server.phone.numbers import CarrierNumbers
from ravi.server.phone.service import Phone

__all__ = ["CarrierNumbers", "Deliverer", "Phone"]
