"""Names of events: dotted, past tense, the noun first."""

IDENTITY_CREATED = "identity.created"
IDENTITY_UPDATED = "identity.updated"
IDENTITY_DISABLED = "identity.disabled"
IDENTITY_ENABLED = "identity.enabled"
IDENTITY_DELETED = "identity.deleted"
IDENTITY_PHONE_ADDED = "identity.phone_added"
IDENTITY_PHONE_RELEASED = "identity.phone_released"
KEY_CREATED = "key.created"
KEY_REVOKED = "key.revoked"

VAULT_SET_UP = "vault.set_up"
VAULT_REKEYED = "vault.rekeyed"
VAULT_UPGRADED = "vault.upgraded"
VAULT_READ = "vault.read"  # sealed texts of every kind at once, for an upgrade
VAULT_RESEALED = "vault.resealed"
SECRET_READ = "secret.read"  # noqa: S105 - the name of an event
SECRET_WRITTEN = "secret.written"  # noqa: S105 - the name of an event
SECRET_DELETED = "secret.deleted"  # noqa: S105 - the name of an event
PASSWORD_READ = "password.read"  # noqa: S105 - the name of an event
PASSWORD_WRITTEN = "password.written"  # noqa: S105 - the name of an event
PASSWORD_DELETED = "password.deleted"  # noqa: S105 - the name of an event
TOTP_READ = "totp.read"
TOTP_WRITTEN = "totp.written"
TOTP_DELETED = "totp.deleted"

EMAIL_RECEIVED = "email.message.received"
EMAIL_SENT = "email.message.sent"
EMAIL_FAILED = "email.message.failed"
SMS_RECEIVED = "sms.message.received"
SMS_SENT = "sms.message.sent"
SMS_FAILED = "sms.message.failed"
SMS_DROPPED = "sms.message.dropped"  # for an identity that is switched off
SSO_TOKEN_ISSUED = "sso.token_issued"  # noqa: S105 - the name of an event
WEBHOOK_DISABLED = "webhook.disabled"
WEBHOOK_TEST = "webhook.test"
