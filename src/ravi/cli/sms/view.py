"""
How texts look to people, and to agents that read what people read.

As with mail, everything that an outsider wrote is cleaned, and a whole body stands between two lines that its sender
could not have known. Tables show only its beginning, on one line.
"""

from __future__ import annotations

from ravi.cli.layout import moment
from ravi.cli.message.view import fenced
from ravi.cli.terminal import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.cli.layout import Layout
    from ravi.wire.phone import SmsConversation, SmsConversationDetail, SmsMessage

#: In characters: as much of a body as a row of a table shows.
_BEGINNING = 60
_ENCODINGS = {"gsm-7": "GSM-7", "ucs-2": "UCS-2"}
#: What is known of a sender, for each verdict of the server.
_SENDERS = {
    "local": "certain (an identity of this server)",
    "network": "not certain (a number that the network gave)",
    "none": "not certain (a word that anybody can choose)",
}


def conversations(layout: Layout, found: Sequence[SmsConversation]) -> str:
    """One row a conversation."""
    rows = [
        (
            moment(each["latest_message_dt"]),
            each["from_number"],
            f"{each['message_count']} ({each['unread_count']} unread)",
            each["conversation_id"],
            beginning(each["preview"]),
        )
        for each in found
    ]
    return layout.table(("latest", "with", "texts", "conversation", "newest"), rows, empty="no conversations")


def conversation(layout: Layout, detail: SmsConversationDetail) -> str:
    """Every text of the conversation, whole."""
    return "\n\n".join(message(layout, each) for each in detail["messages"])


def table(layout: Layout, messages: Sequence[SmsMessage], *, empty: str) -> str:
    """One row a text; *empty* is said when there are none."""
    rows = [
        (
            m["id"],
            moment(m["created_dt"]),
            "from" if m["direction"] == "incoming" else "to",
            m["from_number"] if m["direction"] == "incoming" else m["to_number"],
            m["sender_type"] if m["direction"] == "incoming" else m["state"],
            "" if m["is_read"] else "unread",
            beginning(m["body"]),
        )
        for m in messages
    ]
    return layout.table(("id", "time", "", "number", "sender", "", "text"), rows, empty=empty)


def message(layout: Layout, m: SmsMessage) -> str:
    """One text, whole."""
    incoming = m["direction"] == "incoming"
    facts = [
        ("id", m["id"]),
        ("from", m["from_number"]),
        ("sender", f"{m['sender_type']}, {sender(m['verdict'])}" if incoming else None),
        ("to", m["to_number"]),
        ("time", moment(m["created_dt"])),
        ("state", ("read" if m["is_read"] else "unread") if incoming else _state(m)),
        ("size", None if incoming else size(m)),
        ("conversation", m["conversation_id"]),
        ("uuid", m["uuid"]),
    ]
    return f"{layout.facts(facts)}\n{fenced(m['body'])}"


def sent(layout: Layout, m: SmsMessage) -> str:
    """A text that was just sent; whoever wrote it knows what it says."""
    facts = [
        ("id", m["id"]),
        ("from", m["from_number"]),
        ("to", m["to_number"]),
        ("state", _state(m)),
        ("size", size(m)),
        ("conversation", m["conversation_id"]),
        ("uuid", m["uuid"]),
    ]
    return layout.facts(facts)


def size(m: SmsMessage) -> str:
    """What carriers count."""
    many = "" if m["segments"] == 1 else "s"
    return f"{m['segments']} segment{many} ({_ENCODINGS.get(m['encoding'], m['encoding'])})"


def sender(verdict: str) -> str:
    """How far the sender can be believed; what this version does not know makes nobody certain."""
    return _SENDERS.get(verdict, "not certain")


def beginning(body: str) -> str:
    """The beginning of *body* on one line. Cleaned before it is cut: half an escape sequence could be another one."""
    line = " ".join(clean(body).split())
    return line if len(line) <= _BEGINNING else f"{line[: _BEGINNING - 1]}…"


def _state(m: SmsMessage) -> str:
    return f"{m['state']}: {m['error']}" if m["error"] else m["state"]
