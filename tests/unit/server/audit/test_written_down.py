"""What the audit log may hold, and what the page about it says."""

from pathlib import Path

from ravi.server.audit.targets import NAMES, target_of
from ravi.wire import audit

PAGE = Path(__file__).parents[4] / "docs" / "how-to" / "read-the-audit-log.md"
ACTIONS = {value for name, value in vars(audit).items() if name.isupper() and "." in str(value)}


def test_every_action_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert len(ACTIONS) > 15
    assert {action for action in ACTIONS if f"`{action}`" not in text} == set()


def test_every_kind_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert {kind for kind in audit.Kind.__args__ if f"`{kind}`" not in text} == set()


def test_what_strangers_write_and_what_is_new_stays_out() -> None:
    data = {
        "message_id": 7,
        "subject": "x",
        "body": "x",
        "from_email": "x",
        "from_number": "x",
        "conversation_id": "x",
        "error": "x",
        "something_new": "x",
        "by": {"kind": "session"},
    }

    assert target_of(data) == {"message_id": 7}
    assert {
        name for name in NAMES if name.split("_")[0] in ("secret", "value", "body", "subject", "code", "to", "from")
    } == set()
