"""From records to what travels."""

from ravi.server.http.times import rfc3339
from ravi.server.phone.records import Conversation, Text
from ravi.wire import paths
from ravi.wire import phone as wire

PREVIEW = 200


def text_to_wire(text: Text) -> wire.SmsMessage:
    incoming = text.direction == "incoming"
    return {
        "id": text.id,
        "uuid": text.uuid,
        "url": f"{paths.SMS_MESSAGES}{text.id}/",
        "identity": text.identity_id,
        "identity_uuid": text.identity_uuid,
        "conversation_id": text.conversation_id,
        "from_number": text.peer if incoming else text.own_number,
        "to_number": text.own_number if incoming else text.peer,
        "body": text.body,
        "message_sid": text.carrier_ref or text.uuid,
        "phone": text.own_number,
        "phone_number": text.own_number,
        "phone_id": text.number_id,
        "direction": text.direction,
        "is_read": text.is_read,
        "state": text.state,
        "error": text.last_error,
        "sender_type": text.sender_type,
        "verdict": text.verdict,
        "encoding": text.encoding,
        "segments": text.segments,
        "created_dt": rfc3339(text.created_at),
    }


def conversation_to_wire(conversation: Conversation) -> wire.SmsConversation:
    preview = " ".join(conversation.preview.split())
    return {
        "conversation_id": conversation.conversation_id,
        "from_number": conversation.peer,
        "phone": conversation.own_number,
        "phone_number": conversation.own_number,
        "phone_id": conversation.number_id,
        "preview": preview if len(preview) <= PREVIEW else preview[: PREVIEW - 1] + "…",
        "message_count": conversation.message_count,
        "unread_count": conversation.unread_count,
        "latest_message_dt": rfc3339(conversation.latest_at),
    }


def detail_to_wire(texts: list[Text]) -> wire.SmsConversationDetail:
    """*texts* are one conversation's, oldest first; there is at least one."""
    newest = texts[-1]
    return {
        "conversation_id": newest.conversation_id,
        "from_number": newest.peer,
        "phone": newest.own_number,
        "phone_number": newest.own_number,
        "phone_id": newest.number_id,
        "message_count": len(texts),
        "unread_count": sum(not text.is_read for text in texts),
        "messages": [text_to_wire(text) for text in texts],
    }
