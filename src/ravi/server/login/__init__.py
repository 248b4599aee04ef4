"""
Login: how a person signs in, and how a device is let in by one.

Owns the device flow (RFC 8628), the sessions of browsers at the sign-in pages, and how often a password or code
may be tried. Accounts, passwords, one-time codes and tokens live in `auth`; the pages themselves in `web`. It
stands above `identities`, because the answer to a sign-in lists them.
"""

from ravi.server.login.device import DeviceFlow
from ravi.server.login.records import Asker, Grant, SignedIn, StartedGrant, WebSession
from ravi.server.login.service import Login
from ravi.server.login.sessions import WebSessions

__all__ = ["Asker", "DeviceFlow", "Grant", "Login", "SignedIn", "StartedGrant", "WebSession", "WebSessions"]
