"""From records to the frozen shapes of mail."""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from ravi.server.http.times import rfc3339
from ravi.server.mail.records import Attachment, Message, Thread
from ravi.server.mail.signing import SignedFor
from ravi.wire import mail as wire
from ravi.wire import paths

DOWNLOADABLE = timedelta(minutes=15)


def message_to_wire(message: Message, signing: SignedFor | None = None) -> wire.EmailMessage:
    """Return the message; with *signing*, its attachments carry addresses that anybody can fetch for 15 minutes."""
    return {
        "id": message.id,
        "uuid": message.uuid,
        "url": f"{paths.EMAIL_MESSAGES}{message.id}/",
        "identity": message.identity_id,
        "identity_uuid": message.identity_uuid,
        "from_email": message.from_email,
        "from_display_name": message.from_name,
        "to_email": message.to_email,
        "cc": message.cc,
        "reply_to": message.reply_to,
        "subject": message.subject,
        "preview": message.preview,
        "text_content": message.text_content,
        "html_content": message.html_content,
        "direction": message.direction,
        "is_read": message.is_read,
        "state": message.state,
        "sender_type": message.sender_type,
        "verdicts": cast("wire.Verdicts", message.verdicts),
        "defects": list(message.defects),
        "deliveries": [
            {
                "recipient": each.recipient,
                "state": each.state,
                "attempts": each.attempts,
                "last_error": each.last_error,
            }
            for each in message.deliveries
        ],
        "message_id": message.message_id,
        "in_reply_to": message.in_reply_to,
        "thread_id": message.thread_id,
        "envelope_to": message.envelope_to,
        "size": message.size,
        "attachments": [attachment_to_wire(each, signing) for each in message.attachments],
        "created_dt": rfc3339(message.created_at),
    }


def attachment_to_wire(attachment: Attachment, signing: SignedFor | None = None) -> wire.Attachment:
    shown: wire.Attachment = {
        "id": attachment.id,
        "uuid": attachment.uuid,
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "size_bytes": attachment.size,
        "is_inline": attachment.is_inline,
    }
    if signing is not None:
        path = f"{paths.EMAIL_ATTACHMENTS}{attachment.uuid}/download/"
        shown["download_url"] = signing.address(path, downloading(attachment.uuid), DOWNLOADABLE)
    return shown


def downloading(attachment_uuid: str) -> str:
    """What a signature of a download address is for."""
    return f"download {attachment_uuid}"


def thread_to_wire(thread: Thread) -> wire.EmailThread:
    return {
        "thread_id": thread.thread_id,
        "subject": thread.subject,
        "preview": thread.preview,
        "from_email": thread.from_email,
        "from_display_name": thread.from_name,
        "inbox": thread.inbox,
        "message_count": thread.message_count,
        "unread_count": thread.unread_count,
        "attachment_names": list(thread.attachment_names),
        "latest_message_dt": rfc3339(thread.latest_at),
        "oldest_message_dt": rfc3339(thread.oldest_at),
    }


def thread_detail_to_wire(messages: Sequence[Message], signing: SignedFor) -> wire.EmailThreadDetail:
    """Return the thread that *messages* (at least one, oldest first) are; its subject is the newest one's."""
    return {
        "thread_id": messages[-1].thread_id,
        "subject": messages[-1].subject,
        "message_count": len(messages),
        "unread_count": sum(not message.is_read for message in messages),
        "messages": [message_to_wire(message, signing) for message in messages],
    }
