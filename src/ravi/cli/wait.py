"""Wait for the next message, or with --otp for the code in one, or with --link for the link in one.

By mail or by SMS, whichever comes first. What is there and unread counts too, the oldest first. A code or link is
handed out once, whichever process asks for it, and its message is marked as read; --peek leaves both as they are.
Codes older than 15 minutes do not count, unless --since says otherwise.

With --from only senders count of whom it is certain that they are who they say. How many messages fitted but for that
is said when time is up.
"""

from __future__ import annotations

from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping
    from typing import Any

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser
    from ravi.wire.waiting import WaitAnswer

EXAMPLES = (
    "ravi wait --otp --from shop.example",
    "ravi wait --otp --sms --from 22395",
    "CODE=$(ravi wait --otp --plain)",
    "ravi wait --link --subject 'confirm your address' --since 5m --timeout 60",
)

_TIMEOUT = 120


def configure(parser: VerbParser) -> None:
    """What to wait for, of whom, and for how long."""
    parser.add_argument("--otp", action="store_true", help="wait for a code")
    parser.add_argument("--link", action="store_true", help="wait for a link that confirms, signs in or resets")
    parser.add_argument("--mail", dest="medium", action="store_const", const="mail", help="wait for mail only")
    parser.add_argument("--sms", dest="medium", action="store_const", const="sms", help="wait for SMS only")
    parser.add_argument(
        "--from",
        dest="sender",
        metavar="address | domain | number",
        help="only messages from there; texts may also come from a word, such as Shop",
    )
    parser.add_argument("--subject", metavar="text", help="only messages with this in their subject")
    parser.add_argument("--since", metavar="time", help="no older messages: an RFC 3339 time, or how long ago (10m)")
    parser.add_argument("--timeout", metavar="time", help="give up after this long: 90, 5m (default: 120)")
    parser.add_argument("--peek", action="store_true", help="leave the code or link to be handed out again")
    parser.add_argument("--allow-unverified", action="store_true", help="take any message that says it is --from there")
    parser.add_argument("--plain", action="store_true", help="print the code or link alone, into a pipe too")


def run(args: Namespace, io: Io) -> int:
    """Print {"code" | "link", "medium", "message", "verdicts", "candidates", "others", "held_back"}; or TimedOut."""
    if args.otp and args.link:
        raise UsageError("--otp and --link exclude each other")
    if args.plain and not (args.otp or args.link):
        raise UsageError("--plain prints a code or a link", hint="say which: --otp or --link")
    since, timeout = _since(args.since), _timeout(args.timeout)
    with io.client(need_identity=True) as ravi:
        wait = ravi.wait.for_code if args.otp else ravi.wait.for_link if args.link else ravi.wait.for_message
        answer = wait(
            medium=args.medium,
            sender=args.sender,
            subject=args.subject,
            since=since,
            timeout=timeout,
            peek=args.peek,
            allow_unverified=args.allow_unverified,
        )
    value = answer["code"] if args.otp else answer["link"] if args.link else None
    if args.plain and value is not None:
        from ravi.cli.terminal import clean

        io.out.text(clean(value))
    else:
        io.out.document(_document(answer), _for_people)
    if answer["others"]:
        io.out.warn(
            f"{len(answer['others'])} more that fit and came later say something else", "see others with --json"
        )
    return 0


def _document(answer: WaitAnswer) -> dict[str, Any]:
    given: dict[str, Any] = {name: answer[name] for name in ("code", "link") if name in answer}
    given["medium"] = answer["medium"]
    if answer["medium"] == "sms":
        given["message"] = answer["sms"]
        given["verdicts"] = {"sms": answer["sms"]["verdict"]}
    else:
        given["message"] = answer["message"]
        given["verdicts"] = answer["message"]["verdicts"]
    given["candidates"] = answer.get("candidates", [])
    given["others"] = answer["others"]
    given["held_back"] = answer["held_back"]
    return given


def _for_people(layout: Layout, found: Mapping[str, Any]) -> str:
    """The code or link alone; a message whole."""
    for name in ("code", "link"):
        if name in found:
            return layout.value(found[name])
    if found["medium"] == "sms":
        from ravi.cli.sms import view as texts

        return texts.message(layout, found["message"])
    from ravi.cli.message import view

    return view.message(layout, found["message"])


def _timeout(text: str | None) -> float:
    """Seconds; 0 looks once. Raises UsageError."""
    from ravi.cli.values import duration

    if text is None:
        return _TIMEOUT
    return 0 if text == "0" else duration(text, "--timeout") or 0


def _since(text: str | None) -> str | None:
    """An RFC 3339 time, from one or from how long ago it was. Raises UsageError."""
    if text is None:
        return None
    if "-" in text or ":" in text:
        from ravi.settings.rfc3339 import find_epoch

        if find_epoch(text) is None:
            raise UsageError(
                f"--since does not understand {text!r}",
                hint="write it like 2026-02-25T10:30:00Z, or how long ago it was: 10m, 2h",
            )
        return text
    import time

    from ravi.cli.values import duration

    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - (duration(text, "--since") or 0)))
