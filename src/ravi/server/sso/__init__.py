"""
SSO tokens: an identity's proof, for somebody else's service, that it is that identity.

Owns the key that signs them, what they say, how long they are good and how often. They open nothing here: no route
takes one as a credential. What a credential may do belongs to `auth`.
"""

from ravi.server.sso.service import Sso

__all__ = ["Sso"]
