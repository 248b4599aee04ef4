"""Secret-bearing records do not show their secrets."""

from datetime import UTC, datetime

from ravi.server.auth import Account, Tokens
from ravi.server.login.records import Asker, Grant, SignedIn, StartedGrant

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_no_repr_shows_a_secret() -> None:
    account = Account(1, "u", "ada@example.org", "Ada", "", has_password=True)
    records = [
        StartedGrant("canary-device", "canary-user", NOW),
        Grant(1, b"", Asker("", "", ""), "redeemed", 1, NOW, NOW, NOW, b"canary-answer"),
        SignedIn(account, Tokens("canary-access", "canary-refresh", NOW), [], "canary-key"),
    ]

    assert "canary" not in repr(records)
