"""What `message read` and `message unread` share."""

from __future__ import annotations

from ravi.cli.identity import several

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.wire.mail import EmailMessage


def mark(io: Io, refs: Sequence[str], *, is_read: bool) -> int:
    """Mark each of *refs* and print the messages. Raises NotFound for a single one."""
    with io.client(need_identity=True) as ravi:
        return several.each(io, refs, lambda ref: ravi.mail.mark(ref, is_read=is_read), _marked)


def _marked(layout: Layout, messages: Sequence[EmailMessage]) -> str:
    lines = (f"{m['id']} is {'read' if m['is_read'] else 'unread'}: {m['subject']}" for m in messages)
    return "\n".join(map(layout.value, lines)) or "nothing was marked"
