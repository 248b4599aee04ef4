"""How contacts look to people, and the flags that describe one."""

from __future__ import annotations

from ravi.cli.layout import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ravi.cli.layout import Layout
    from ravi.cli.parser import VerbParser
    from ravi.wire.contacts import Contact


def configure(parser: VerbParser) -> None:
    """The flags that `create` and `update` share, but for trust."""
    parser.add_argument("--email", metavar="address", help="the address")
    parser.add_argument("--phone", metavar="number", help="the number with its country code: +15550100123")
    parser.add_argument("--display-name", metavar="text", help="the name")
    parser.add_argument("--nickname", metavar="text", help="what you call them")


def table(layout: Layout, contacts: Sequence[Contact]) -> str:
    """One row a contact."""
    rows = [
        (
            c["nickname"] or c["display_name"],
            c["email"],
            c["phone_number"],
            "trusted" if c["is_trusted"] else "",
            c["interaction_count"],
            c["uuid"],
        )
        for c in contacts
    ]
    headers = ("name", "email", "phone", "trust", "messages", "uuid")
    return layout.table(headers, rows, empty="no contacts; add one with: ravi contacts create --email ADDRESS")


def facts(layout: Layout, c: Contact) -> str:
    """Everything about one contact."""
    return layout.facts(
        [
            ("name", c["display_name"]),
            ("nickname", c["nickname"]),
            ("email", c["email"]),
            ("phone", c["phone_number"]),
            ("trusted", c["is_trusted"]),
            ("source", c["source"]),
            ("messages", c["interaction_count"]),
            ("latest", moment(c["last_interaction_dt"])),
            ("uuid", c["uuid"]),
        ]
    )
