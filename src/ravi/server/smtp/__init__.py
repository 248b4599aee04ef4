"""
The mail listener: the protocol by which other mail servers hand over messages (RFC 5321).

Owns the conversation: who may connect, what a command means, where a message ends, and what is answered. Whose a
recipient is and what happens to a message is `server/mail`'s business; its 250 is repeated here.
"""

from ravi.server.smtp.intake import Intake, SenderChecks
from ravi.server.smtp.limits import Limits
from ravi.server.smtp.listener import Listener

__all__ = ["Intake", "Limits", "Listener", "SenderChecks"]
