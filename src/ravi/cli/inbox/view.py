"""How conversations look to people."""

from __future__ import annotations

from ravi.cli.layout import moment
from ravi.cli.message import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.cli.layout import Layout
    from ravi.wire.mail import EmailThread, EmailThreadDetail


def threads(layout: Layout, found: Sequence[EmailThread]) -> str:
    """One row a conversation."""
    rows = [
        (
            moment(thread["latest_message_dt"]),
            thread["from_email"],
            thread["subject"],
            f"{thread['message_count']} ({thread['unread_count']} unread)",
            thread["thread_id"],
        )
        for thread in found
    ]
    return layout.table(("latest", "from", "subject", "messages", "thread"), rows, empty="no conversations")


def thread(layout: Layout, detail: EmailThreadDetail) -> str:
    """Every message of the conversation, whole."""
    return "\n\n".join(view.message(layout, message) for message in detail["messages"])
