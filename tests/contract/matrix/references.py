"""
What requests refer to, and what whoever refers to something that is not theirs is told: written down by hand.

Nothing here is taken from the code under test. `test_references.py` fails when the OpenAPI document has a field that
neither `REFERENCES` nor `PLAIN` knows, so a new route has to say what its fields mean, and joins the matrix by that.
"""

from dataclasses import dataclass
from typing import Literal

Where = Literal["path", "query", "header", "body"]

#: Kinds of things, as `cast.py` makes one of each for each identity, by the field that names them. A body's fields are
#: written as a path: `[]` is an item of a list, `{}` a name in a mapping.
REFERENCES: dict[Where, dict[str, str]] = {
    "path": {
        "attachment_uuid": "attachment",
        "contact_uuid": "contact",
        "conversation_id": "conversation",
        "delivery_ref": "delivery",
        "entry_uuid": "password",
        "identity_uuid": "identity",
        "inbox_id": "inbox",
        "key_uuid": "identity_key",
        "message_ref": "message",
        "number_id": "number",
        "secret_ref": "secret",
        "text_ref": "text",
        "thread_id": "thread",
        "totp_ref": "totp",
        "webhook_ref": "webhook",
    },
    "query": {
        "domain": "password_domain",
        "endpoint": "webhook",
        "from_email": "writer",
        "identity": "selector",
        "identity_id": "identity_or_number",
        "inbox": "inbox_or_address",
        "key": "secret_key",
        "label": "label",
        "name": "identity_name",
        "phone_number": "known_number",
        "prefix": "identity_name",
        "q": "word",
        "search": "word",
        "thread_id": "thread",
    },
    "header": {"X-Ravi-Identity": "selector"},
    "body": {
        ".attachment_uuids[]": "upload",
        ".identity": "identity_number",
        ".identity_uuid": "identity",
        ".inbox": "inbox_or_address",
        ".public_keys{}": "identity",
        ".records[].record": "record",
    },
}

#: In a body that is a list of others, an item's fields mean what they mean by themselves.
ITEMS = (".identities[]",)

#: Where a field means something else than everywhere.
ELSEWHERE: dict[tuple[str, Where, str], str] = {
    ("DELETE /api/auth/keys/management/{key_uuid}/", "path", "key_uuid"): "management_key",
    ("POST /api/auth/bind-identity/", "body", ".identity"): "identity",
    ("GET /api/audit/", "query", "identity"): "identity",
    ("GET /api/contacts/find/", "query", "email"): "writer",
    ("GET /api/contacts/find/", "query", "phone_number"): "known_number",
    ("GET /api/mfa/", "query", "name"): "totp_name",
    ("PUT /api/secrets/{secret_ref}/", "path", "secret_ref"): "secret_to_set",
}

#: References for which "mine, theirs, nobody's" is not the question, and what tests the one that is.
TESTED_ELSEWHERE: dict[tuple[Where, str], str] = {
    ("body", ".audience"): "contract/test_sso.py",
    ("body", ".cursor"): "test_streams.py: a cursor is a place in one's own row of things, whoever it came from",
    ("body", ".device_code"): "contract/test_device_flow.py: a secret, which nobody else has",
    ("body", ".email"): "contract/test_identities.py: an address is taken or not, among all accounts",
    ("body", ".email_identifier"): "as .email",
    ("body", ".email_local"): "as .email",
    ("body", ".refresh"): "contract/test_credentials.py: a secret, which nobody else has",
    ("body", ".signin_code"): "contract/test_sign_in_pages.py: a secret, which nobody else has",
    ("body", ".token"): "contract/test_sso.py: whoever is shown it may ask",
    ("body", ".uuid"): "test_chosen.py: chosen by the client",
    ("header", "Idempotency-Key"): "test_idempotency.py",
    ("header", "Last-Event-ID"): "test_streams.py",
    ("path", "carrier"): "contract/test_carrier_webhooks.py: a name in the server's own settings",
    ("path", "upload_uuid"): "test_signed_addresses.py",
    ("query", "after"): "test_streams.py",
    ("query", "by"): "test_signed_addresses.py",
    ("query", "email"): "test_chosen.py: an address is taken or not, among all accounts",
    ("query", "expires"): "test_signed_addresses.py",
    ("query", "signature"): "test_signed_addresses.py",
    ("query", "since"): "test_streams.py",
}
TESTED_ELSEWHERE |= {
    ("body", f".{name}{end}"): "test_recipients.py: whoever is written to, here or far away"
    for name in ("to", "to_email", "cc", "bcc")
    for end in ("", "[]")
}
TESTED_ELSEWHERE[("body", ".to_number")] = TESTED_ELSEWHERE[("body", ".to")]

#: Fields that refer to nothing on the server.
PLAIN: dict[Where, set[str]] = {
    "path": set(),
    "query": {
        *("channels", "created_after", "digits", "direction", "event_types", "exclude_chars", "has_unread", "is_read"),
        *("length", "limit", "lowercase", "offset", "page", "reply_all", "special", "unread", "until"),
        *("uppercase", "values"),
    },
    "header": set(),
    "body": {
        *(".allow_unverified", ".allowed_recipients[]", ".api_key", ".body", ".consume"),
        *(".content", ".content_type", ".country_code", ".display_name", ".domain", ".enabled", ".event_types[]"),
        *(".everywhere", ".expected_version", ".filename", ".from_number", ".grant_type", ".hostname"),
        *(".html_content", ".is_read", ".is_trusted", ".key", ".keys", ".label", ".labels{}", ".medium", ".name"),
        *(".nickname", ".notes", ".password", ".peek", ".phone_number", ".provision_phone", ".public_key"),
        *(".records[].fields{}", ".records[].revision", ".reuse", ".revision", ".root_salt", ".salt", ".sealed_for"),
        *(".seconds", ".secret", ".secrets[].key", ".secrets[].notes", ".secrets[].value", ".sender", ".service_name"),
        *(".since", ".single_use", ".site", ".size", ".subject", ".text_content", ".ttl_seconds", ".url", ".username"),
        *(".value", ".verifier", ".wait", ".want", ".workspace", ".workspace.host", ".workspace.path"),
        ".wrapped_root",
    },
}


@dataclass(frozen=True)
class Told:
    """What somebody is told of what is not theirs: a status, and the error's code, or "" where it is no error."""

    status: int
    code: str = ""


NOT_FOUND = Told(404, "not_found")
NO_IDENTITY = Told(404, "identity.not_found")
FORBIDDEN = Told(403, "auth.forbidden")
NOTHING = Told(200)

#: By the kind of what is named: what an account's own credential is told, and what one of a single identity is. Who is
#: bound to an identity and names another one, by whatever name, is told that this is not theirs, also if there is none.
ANSWERS: dict[str, tuple[Told, Told]] = {
    "attachment": (NOT_FOUND, NOT_FOUND),
    "contact": (NOT_FOUND, NOT_FOUND),
    "conversation": (NOT_FOUND, NOT_FOUND),
    "delivery": (NOT_FOUND, NOT_FOUND),
    "identity": (NO_IDENTITY, NO_IDENTITY),
    "identity_key": (NOT_FOUND, NOT_FOUND),
    "identity_name": (NOTHING, NOTHING),
    "identity_number": (NO_IDENTITY, FORBIDDEN),
    "identity_or_number": (NO_IDENTITY, FORBIDDEN),
    "inbox": (NOT_FOUND, NOT_FOUND),
    "inbox_or_address": (NO_IDENTITY, FORBIDDEN),
    "known_number": (NOT_FOUND, NOT_FOUND),
    "label": (NOTHING, NOTHING),
    "management_key": (NOT_FOUND, NOT_FOUND),
    "message": (NOT_FOUND, NOT_FOUND),
    "number": (NOT_FOUND, NOT_FOUND),
    "password": (NOT_FOUND, NOT_FOUND),
    "password_domain": (NOTHING, NOTHING),
    "record": (NOTHING, NOTHING),
    "secret": (NOT_FOUND, NOT_FOUND),
    "secret_key": (NOTHING, NOTHING),
    "secret_to_set": (Told(201), Told(201)),
    "selector": (NO_IDENTITY, FORBIDDEN),
    "text": (NOT_FOUND, NOT_FOUND),
    "thread": (NOT_FOUND, NOT_FOUND),
    "totp": (NOT_FOUND, NOT_FOUND),
    "totp_name": (NOTHING, NOTHING),
    "upload": (Told(422, "validation.failed"), Told(422, "validation.failed")),
    "webhook": (NOT_FOUND, NOT_FOUND),
    "word": (NOTHING, NOTHING),
    "writer": (NOT_FOUND, NOT_FOUND),
}

#: Is not looked at: an answer goes out from the inbox that the message came to.
IGNORED = (Told(201), Told(201))

#: Where a route answers otherwise than `ANSWERS` says for the kind.
OTHER_ANSWERS: dict[tuple[str, Where, str], tuple[Told, Told]] = {
    ("GET /api/audit/", "query", "identity"): (NOTHING, FORBIDDEN),
    ("GET /api/email-attachments/{attachment_uuid}/download/", "path", "attachment_uuid"): (FORBIDDEN, FORBIDDEN),
    ("GET /api/email-messages/", "query", "from_email"): (NOTHING, NOTHING),
    ("GET /api/email-messages/", "query", "thread_id"): (NOTHING, NOTHING),
    ("POST /api/auth/bind-identity/", "body", ".identity"): (NO_IDENTITY, FORBIDDEN),
    ("POST /api/webhook-subscriptions/", "body", ".identity_uuid"): (NO_IDENTITY, FORBIDDEN),
    ("PATCH /api/webhook-subscriptions/{webhook_ref}/", "body", ".identity_uuid"): (
        Told(422, "validation.failed"),
        Told(422, "validation.failed"),
    ),
} | {
    (f"POST /api/email-messages/{{message_ref}}/{verb}/", "body", ".inbox"): IGNORED
    for verb in ("forward", "reply", "reply-all")
}

#: Needs an identity, which the account's own credential has to choose by a header.
CHOOSES = {
    ("GET /api/email-messages/", "q"),
    ("POST /api/email-messages/compose/", ".attachment_uuids[]"),
    ("PUT /api/secrets/{secret_ref}/", "secret_ref"),
}
