"""What texting refuses."""

from ravi.errors import NoPhone, NotFound, NumbersExhausted, NumberUnreachable, ProviderFailed, Unavailable

__all__ = [
    "CarrierMissing",
    "ConversationNotFound",
    "NoPhone",
    "NumberUnreachable",
    "NumbersExhausted",
    "ProviderFailed",
    "TextNotFound",
]


class TextNotFound(NotFound):
    """No text with that id is visible to whoever asks."""


class ConversationNotFound(NotFound):
    """No conversation with that id is visible to whoever asks."""


class CarrierMissing(Unavailable):
    """The identity's number is of a carrier that the server is not configured with any more."""

    hint = "the operator has to name it again under carrier, or give the identity another number"
