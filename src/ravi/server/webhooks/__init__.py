"""
Webhooks: events posted to somebody else's server.

Owns the endpoints, the log of deliveries, the worker that turns events into deliveries and tries them, the signature,
and the guard that keeps this server from being made to call its own network. Does not own events: it reads them behind
a cursor, as every other reader does.
"""

from ravi.server.webhooks.sending import Sender
from ravi.server.webhooks.service import Webhooks
from ravi.server.webhooks.ssrf import Guard
from ravi.server.webhooks.worker import Worker

__all__ = ["Guard", "Sender", "Webhooks", "Worker"]
