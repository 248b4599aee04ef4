"""What is an address that mail can be sent to, for everybody who is written to and everybody who may be."""

import email_validator
from email_validator import EmailNotValidError, validate_email

# Our own default domain is one of them, and what an operator's relay reaches (`.local`, `.test`) the operator knows.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def deliverable(email: str) -> str:
    """
    Return *email* as it goes over the wire, in ASCII.

    Raises ValueError with a sentence for people when mail cannot go there, or only where servers have SMTPUTF8.
    """
    try:
        # Neither asked of the DNS nor of the public: whom the operator's relay reaches, the operator knows.
        found = validate_email(
            email, check_deliverability=False, globally_deliverable=False, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError as problem:
        raise ValueError(str(problem)) from None
    if not found.ascii_email:
        raise ValueError("it cannot be written into a message")
    return found.ascii_email
