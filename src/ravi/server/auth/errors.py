"""What auth refuses, beside the public tree's BadCredentials, TokenReused and Unauthenticated."""

from ravi.errors import Conflict


class AccountExists(Conflict):
    """There is an account with this address already."""

    hint = "make another one-time code with: ravi-server signin-code <email>"
