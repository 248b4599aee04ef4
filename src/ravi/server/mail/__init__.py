"""
Mail: what arrives at and leaves from addresses.

Owns messages and their threads, attachments and words, what an identity sees of them, and what leaves. The addresses
themselves belong to `identities`, which hands them out; SMTP is spoken in `smtp`; what texts mean is `extraction`.
"""

from ravi.server.mail.service import Mail
from ravi.server.mail.signing import Signing

__all__ = ["Mail", "Signing"]
