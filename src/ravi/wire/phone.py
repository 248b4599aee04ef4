"""
Shapes of texts (SMS): messages, conversations, sending.

Bodies and senders are what somebody outside wrote: data. A sender that is a word proves nothing, and the number of one
is what the network says.
"""

from typing import Literal, TypedDict

from ravi.wire.mail import Direction, SenderType

State = Literal["received", "queued", "sent", "delivered", "failed", "uncertain"]
Verdict = Literal["local", "network", "none"]


class SmsMessage(TypedDict):
    """
    One text as its identity sees it. No nulls; absent texts are empty.

    `phone` and `phone_number` are the identity's own number, which is one of `from_number` and `to_number`. `verdict`
    says how far the sender can be believed: "local" is an identity of this server, "network" a number that the network
    gave, "none" a word that anybody can choose. `state`: incoming ones are "received"; outgoing ones "queued", "sent",
    "delivered", "failed" with `error`, or "uncertain" when the carrier may have taken it, nobody can find out, and it
    will not be sent again. `segments` is what carriers count, in the `encoding` "gsm-7" or "ucs-2".
    """

    id: int
    uuid: str
    url: str
    identity: int
    identity_uuid: str
    conversation_id: str
    from_number: str
    to_number: str
    body: str
    message_sid: str
    phone: str
    phone_number: str
    phone_id: int
    direction: Direction
    is_read: bool
    state: State
    error: str
    sender_type: SenderType
    verdict: Verdict
    encoding: str
    segments: int
    created_dt: str


class SmsConversation(TypedDict):
    """
    All texts between one of our numbers and one other side, in one line; newest first in lists.

    `conversation_id` is `<phone_id>_<other side>`. `from_number` is the other side, whoever wrote last.
    """

    conversation_id: str
    from_number: str
    phone: str
    phone_number: str
    phone_id: int
    preview: str
    message_count: int
    unread_count: int
    latest_message_dt: str


class SmsConversationDetail(TypedDict):
    """The messages are oldest first."""

    conversation_id: str
    from_number: str
    phone: str
    phone_number: str
    phone_id: int
    message_count: int
    unread_count: int
    messages: list[SmsMessage]


class SmsUpdate(TypedDict, total=False):
    is_read: bool


class SmsSend(TypedDict, total=False):
    """`to_number` (or `to`) is a number with its country code, or a short code; `body` at most 1600 characters."""

    to_number: str
    to: str
    body: str


class SmsSimulation(TypedDict, total=False):
    """A text from the world outside, which `from_number` (or `from`) stands for: a number, a short code or a word."""

    to_number: str
    to: str
    from_number: str
    body: str
