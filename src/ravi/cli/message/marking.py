"""What `message read` and `message unread` share."""

from __future__ import annotations

from ravi.cli.identity import several
from ravi.errors import NotFound, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser
    from ravi.client.session import Client
    from ravi.wire.mail import EmailMessage
    from ravi.wire.phone import SmsMessage


def configure(parser: VerbParser) -> None:
    """Which messages."""
    parser.add_argument("refs", metavar="id", nargs="+", help="one or more messages: number, uuid or Message-ID")
    parser.add_argument("--email", action="store_true", help="the messages are mail, as numbers are by default")
    parser.add_argument("--sms", action="store_true", help="the messages are texts (SMS), which have their own numbers")


def mark(args: Namespace, io: Io, *, is_read: bool) -> int:
    """Mark each of the messages and print them. Raises NotFound for a single one."""
    if args.email and args.sms:
        raise UsageError("--email and --sms exclude each other")

    def one(ref: str) -> EmailMessage | SmsMessage:
        if args.sms:
            return ravi.sms.mark(ref, is_read=is_read)
        if args.email:
            return ravi.mail.mark(ref, is_read=is_read)
        return _mark_either(ravi, ref, is_read=is_read)

    with io.client(need_identity=True) as ravi:
        return several.each(io, args.refs, one, _marked)


def _mark_either(ravi: Client, ref: str, *, is_read: bool) -> EmailMessage | SmsMessage:
    """Mark a mail, or the text that has this uuid."""
    from ravi.settings.uuids import is_uuid

    try:
        return ravi.mail.mark(ref, is_read=is_read)
    except NotFound:
        if not is_uuid(ref):
            raise
    return ravi.sms.mark(ref, is_read=is_read)


def _marked(layout: Layout, messages: Sequence[EmailMessage | SmsMessage]) -> str:
    lines = (f"{m['id']} is {'read' if m['is_read'] else 'unread'}: {_about(m)}" for m in messages)
    return "\n".join(map(layout.value, lines)) or "nothing was marked"


def _about(message: Mapping[str, Any]) -> str:
    """What tells a person which one it is: the subject of a mail, the other side of a text."""
    if "subject" in message:
        return str(message["subject"])
    incoming = message["direction"] == "incoming"
    return f"text from {message['from_number']}" if incoming else f"text to {message['to_number']}"
