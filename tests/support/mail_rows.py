"""Messages, conversations and contacts as a server sends them."""

from typing import Any

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
FILE_UUID = "3a0c5a0e-6c5c-4b5e-9d3c-5d1f2e8a9b01"


def check(result: str) -> dict[str, Any]:
    return {"result": result, "domain": "shop.example", "inputs": {}}


def verdicts(spf: str = "none", dkim: tuple[str, ...] = (), dmarc: str = "none", *, local: bool = False) -> Any:
    return {"spf": check(spf), "dkim": [check(each) for each in dkim], "dmarc": check(dmarc), "local": local}


def attachment(filename: str = "report.pdf", uuid: str = FILE_UUID) -> dict[str, Any]:
    kind = {"filename": filename, "content_type": "application/pdf", "is_inline": False}
    return {"id": 1, "uuid": uuid, "size": 3, "size_bytes": 3, **kind}


def message(number: int = 17, **changes: Any) -> dict[str, Any]:
    made = {
        "id": number,
        "uuid": UUID,
        "url": f"/api/email-messages/{number}/",
        "identity": 1,
        "identity_uuid": UUID,
        "from_email": "bob@shop.example",
        "from_display_name": "Bob Builder",
        "to_email": "ada@in.ravi.localhost",
        "cc": "",
        "reply_to": "",
        "subject": "Hello",
        "preview": "Hi",
        "text_content": "Hi.\n",
        "html_content": "",
        "direction": "incoming",
        "is_read": False,
        "state": "received",
        "sender_type": "untrusted",
        "verdicts": verdicts(),
        "defects": [],
        "deliveries": [],
        "message_id": "<4b1d@shop.example>",
        "in_reply_to": "",
        "thread_id": "<4b1d@shop.example>",
        "envelope_to": "ada@in.ravi.localhost",
        "size": 300,
        "attachments": [],
        "created_dt": "2026-11-23T05:04:03Z",
    }
    return {**made, **changes}


def page(*messages: Any) -> dict[str, Any]:
    return {"count": len(messages), "next": None, "previous": None, "results": list(messages)}


def thread(**changes: Any) -> dict[str, Any]:
    made = {
        "thread_id": "<4b1d@shop.example>",
        "subject": "Hello",
        "preview": "Hi",
        "from_email": "bob@shop.example",
        "from_display_name": "Bob Builder",
        "inbox": "ada@in.ravi.localhost",
        "message_count": 2,
        "unread_count": 1,
        "attachment_names": [],
        "latest_message_dt": "2026-11-23T05:04:03Z",
        "oldest_message_dt": "2026-11-22T05:04:03Z",
    }
    return {**made, **changes}


def contact(**changes: Any) -> dict[str, Any]:
    made = {
        "uuid": UUID,
        "identity": 1,
        "email": "bob@shop.example",
        "phone_number": "",
        "display_name": "Bob Builder",
        "nickname": "",
        "is_trusted": False,
        "source": "auto",
        "interaction_count": 3,
        "last_interaction_dt": "2026-11-23T05:04:03Z",
        "created_dt": "2026-11-23T05:04:03Z",
        "updated_dt": "2026-11-23T05:04:03Z",
    }
    return {**made, **changes}
