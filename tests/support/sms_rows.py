"""Texts and their conversations as a server sends them."""

from typing import Any

UUID = "7d0c3f52-6a1b-4e7e-8c5d-2f9b1a3c4d5e"
MINE, OTHER = "+12025550100", "+12025550123"


def sms(number: int = 4, **changes: Any) -> dict[str, Any]:
    made = {
        "id": number,
        "uuid": UUID,
        "url": f"/api/messages/{number}/",
        "identity": 1,
        "identity_uuid": "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d",
        "conversation_id": f"7_{OTHER}",
        "from_number": OTHER,
        "to_number": MINE,
        "body": "Your code is 482913.",
        "message_sid": "SM1",
        "phone": MINE,
        "phone_number": MINE,
        "phone_id": 7,
        "direction": "incoming",
        "is_read": False,
        "state": "received",
        "error": "",
        "sender_type": "untrusted",
        "verdict": "network",
        "encoding": "gsm-7",
        "segments": 1,
        "created_dt": "2026-11-23T05:04:03Z",
    }
    return {**made, **changes}


def sent(number: int = 5, **changes: Any) -> dict[str, Any]:
    ours = {"direction": "outgoing", "state": "queued", "is_read": True, "sender_type": "trusted", "verdict": "local"}
    return sms(number, **{**ours, "from_number": MINE, "to_number": OTHER, **changes})


def conversation(**changes: Any) -> dict[str, Any]:
    made = {
        "conversation_id": f"7_{OTHER}",
        "from_number": OTHER,
        "phone": MINE,
        "phone_number": MINE,
        "phone_id": 7,
        "preview": "Your code is 482913.",
        "message_count": 2,
        "unread_count": 1,
        "latest_message_dt": "2026-11-23T05:04:03Z",
    }
    return {**made, **changes}


def detail(*messages: Any, **changes: Any) -> dict[str, Any]:
    whole = {**conversation(**changes), "messages": list(messages)}
    return {name: value for name, value in whole.items() if name not in ("preview", "latest_message_dt")}
