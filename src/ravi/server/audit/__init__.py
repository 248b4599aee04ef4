"""
The audit log: who did what, on which identity, from where, and with which result.

Owns the table that is only ever appended to, the chain of hashes that shows a row that was changed or taken out, and
what is written down besides events: sign-ins, and what was refused. What an event is, and when one happens, belongs to
`events` and the nouns above it. Nothing secret is in here: names and ids, never values, bodies or subjects.
"""

from ravi.server.audit.service import Audit

__all__ = ["Audit"]
