"""What mail refuses. Those raised for a recipient carry the SMTP reply that says so (RFC 5321, RFC 3463)."""

from ravi.errors import NotFound, RaviError


class RecipientRefused(RaviError):
    """A recipient that is not accepted. `reply` is the whole SMTP reply line."""

    reply = "550 5.1.1 no such mailbox here"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.reply)


class NoSuchMailbox(RecipientRefused):
    """Nobody has this address."""


class NoPostmaster(RecipientRefused):
    """The operator has not said who reads what comes for postmaster."""

    reply = "550 5.1.1 nobody reads mail for postmaster on this server"


class MailboxGone(RecipientRefused):
    """An identity had this address, and was deleted."""

    reply = "550 5.1.6 this mailbox is gone and will not come back"


class MailboxDisabled(RecipientRefused):
    """The identity is switched off."""

    reply = "550 5.2.1 this mailbox is switched off"


class RelayRefused(RecipientRefused):
    """The address is not on a domain of this server, or asks to be passed on (RFC 5321 appendix F.2 and C)."""

    reply = "550 5.7.1 this server does not relay"


class BadRecipient(RecipientRefused):
    """The text is no address."""

    reply = "553 5.1.3 this is not an address"


class MessageNotFound(NotFound):
    """No such message in reach."""


class ThreadNotFound(NotFound):
    """No such thread in reach."""


class AttachmentNotFound(NotFound):
    """No such attachment in reach."""
