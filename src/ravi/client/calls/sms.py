"""Calls on texts (SMS): conversations, messages, sending."""

from __future__ import annotations

from ravi.client.calls import Call, given, segment
from ravi.wire import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ravi.wire.phone import SmsConversation, SmsConversationDetail, SmsMessage

#: Of what a message must have to be one, that which is text.
MESSAGE_TEXTS = (
    "uuid",
    "conversation_id",
    "from_number",
    "to_number",
    "body",
    "direction",
    "state",
    "error",
    "sender_type",
    "verdict",
    "encoding",
    "created_dt",
)
MESSAGE = (*MESSAGE_TEXTS, "id", "is_read", "segments")
_CONVERSATION_TEXTS = ("conversation_id", "from_number", "phone_number", "preview", "latest_message_dt")
_CONVERSATION = (*_CONVERSATION_TEXTS, "message_count", "unread_count")
_DETAIL_TEXTS = ("conversation_id", "from_number", "phone_number")


def conversations(*, unread: bool = False) -> Call[list[SmsConversation]]:
    query = {"has_unread": "true" if unread else None}
    return Call("GET", paths.SMS_CONVERSATIONS, query, keys=_CONVERSATION, texts=_CONVERSATION_TEXTS, many=True)


def conversation(conversation_id: str) -> Call[SmsConversationDetail]:
    path = f"{paths.SMS_CONVERSATIONS}{segment(conversation_id)}/"
    return Call("GET", path, keys=(*_DETAIL_TEXTS, "messages"), texts=_DETAIL_TEXTS)


def message_page(
    limit: int, offset: int, *, unread: bool = False, direction: str | None = None
) -> Call[dict[str, Any]]:
    """Messages that fit, newest first: *limit* (at most 200) after the first *offset*, in an envelope."""
    wanted = given(is_read="false" if unread else None, direction=direction)
    wanted |= {"limit": str(limit), "offset": str(offset)}
    return Call("GET", paths.SMS_MESSAGES, wanted, keys=("results", "count"))


def message(ref: str) -> Call[SmsMessage]:
    return Call("GET", _path(ref), keys=MESSAGE, texts=MESSAGE_TEXTS)


def mark(ref: str, *, is_read: bool) -> Call[SmsMessage]:
    return Call("PATCH", _path(ref), body={"is_read": is_read}, keys=MESSAGE, texts=MESSAGE_TEXTS)


def send(to: str, body: str) -> Call[SmsMessage]:
    said = {"to_number": to, "body": body}
    return Call("POST", paths.SMS_SEND, body=said, keys=MESSAGE, texts=MESSAGE_TEXTS, idempotent=True)


def simulate(to: str, sender: str, body: str) -> Call[SmsMessage]:
    said = {"to_number": to, "from_number": sender, "body": body}
    return Call("POST", paths.SMS_SIMULATE, body=said, keys=MESSAGE, texts=MESSAGE_TEXTS, account=True)


def _path(ref: str) -> str:
    return f"{paths.SMS_MESSAGES}{segment(ref)}/"
