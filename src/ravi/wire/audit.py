"""Shapes of the audit log."""

from typing import Any, Literal, TypedDict

#: On whose word something happened. `visitor`: nobody is known (yet); `browser`: somebody signed in at the pages;
#: `operator`: a command of `ravi-server`; `smtp`, `carrier`: whoever delivers mail or texts; `system`: the server
#: itself, or somebody of another account.
Kind = Literal[
    "session",
    "bound_session",
    "management_key",
    "identity_key",
    "visitor",
    "browser",
    "operator",
    "smtp",
    "carrier",
    "system",
]

#: The result of what was done. What was refused has the error's code there.
OK = "ok"

#: What is written down besides events, whose names are in `event_types.py`.
SIGNED_IN = "auth.signed_in"
SIGN_IN_REFUSED = "auth.sign_in_refused"
SIGNED_OUT = "auth.signed_out"
REFRESHED = "auth.refreshed"
TOKEN_REUSED = "auth.token_reused"  # noqa: S105 - the name of an entry
BOUND = "auth.bound"
DEVICE_APPROVED = "auth.device_approved"
DEVICE_DENIED = "auth.device_denied"
PASSWORD_SET = "auth.password_set"  # noqa: S105 - the name of an entry
CODE_MADE = "auth.code_made"
ACCOUNT_CREATED = "account.created"
REQUEST_REFUSED = "request.refused"
EMAIL_QUEUED = "email.message.queued"
SMS_QUEUED = "sms.message.queued"
CONTACT_CREATED = "contact.created"
CONTACT_UPDATED = "contact.updated"
CONTACT_DELETED = "contact.deleted"
WEBHOOK_CREATED = "webhook.created"
WEBHOOK_UPDATED = "webhook.updated"
WEBHOOK_DELETED = "webhook.deleted"


class AuditActor(TypedDict):
    """`credential` is the uuid of the key or token; None where there was none."""

    kind: Kind
    credential: str | None


class AuditEntry(TypedDict):
    """
    `seq` counts the account's entries, without a gap, and is the cursor. `hash` is over everything here and `previous`,
    which is the hash of the entry before it; both in hexadecimal.
    """

    seq: int
    created_dt: str
    by: AuditActor
    action: str
    identity: str | None
    target: dict[str, Any]
    peer: str | None
    request_id: str | None
    result: str
    previous: str
    hash: str


class AuditHead(TypedDict):
    """Where the log ends. Who notes it elsewhere can tell later that nothing before it was changed."""

    seq: int
    hash: str


class AuditPage(TypedDict):
    entries: list[AuditEntry]
    head: AuditHead
