"""What can be wrong with an SSO token. Who presents one gets no credential of ours, so all of it is one class."""

from ravi.errors import SsoTokenRefused

__all__ = ["SsoTokenRefused"]
