"""What a credential may do. A route declares one scope; a typo is an import error, not an open door."""

from enum import StrEnum


class Scope(StrEnum):
    """Named resource:action. Alphabetical, so that a missing one is seen."""

    ACCOUNT_READ = "account:read"
    AUDIT_READ = "audit:read"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    DOMAINS_READ = "domains:read"
    ENCRYPTION_READ = "encryption:read"
    ENCRYPTION_WRITE = "encryption:write"
    EVENTS_READ = "events:read"
    IDENTITIES_CREATE = "identities:create"
    IDENTITIES_DELETE = "identities:delete"
    IDENTITIES_READ = "identities:read"
    IDENTITIES_SWITCH = "identities:switch"  # disable and enable
    IDENTITIES_WRITE = "identities:write"
    KEYS_MINT = "keys:mint"
    KEYS_READ = "keys:read"
    KEYS_REVOKE = "keys:revoke"
    MAIL_READ = "mail:read"
    MAIL_SEND = "mail:send"
    MAIL_WRITE = "mail:write"  # mark as read
    MANAGEMENT_KEYS = "management-keys"
    PHONE_READ = "phone:read"
    PHONE_RELEASE = "phone:release"  # give a number away for good; the next may cost money
    PHONE_SEND = "phone:send"
    PHONE_SIMULATE = "phone:simulate"  # play the world outside
    PHONE_WRITE = "phone:write"  # mark as read
    SESSION = "session"  # ask who I am, sign out
    SSO = "sso"  # prove to somebody else which identity this is
    VAULT_READ = "vault:read"
    VAULT_RESEAL = "vault:reseal"  # rewrite sealed fields and public keys of the whole account
    VAULT_WRITE = "vault:write"
    WEBHOOKS = "webhooks"


#: An identity's own credential reaches its own things. It cannot mint keys, make or end identities, or
#: change the account; which rows it sees is decided by the principal, not by the scope.
IDENTITY_SCOPES: frozenset[Scope] = frozenset(
    {
        Scope.ACCOUNT_READ,
        Scope.CONTACTS_READ,
        Scope.CONTACTS_WRITE,
        Scope.DOMAINS_READ,
        Scope.ENCRYPTION_READ,
        Scope.EVENTS_READ,
        Scope.IDENTITIES_READ,
        Scope.IDENTITIES_WRITE,
        Scope.KEYS_READ,
        Scope.KEYS_REVOKE,
        Scope.MAIL_READ,
        Scope.MAIL_SEND,
        Scope.MAIL_WRITE,
        Scope.PHONE_READ,
        Scope.PHONE_SEND,
        Scope.PHONE_WRITE,
        Scope.SESSION,
        Scope.SSO,
        Scope.VAULT_READ,
        Scope.VAULT_WRITE,
        Scope.WEBHOOKS,
    }
)

#: What the owner's credential does not do, even where it selects an identity: it is not that identity.
IDENTITY_ONLY: frozenset[Scope] = frozenset({Scope.SSO})

ACCOUNT_SCOPES: frozenset[Scope] = frozenset(Scope) - IDENTITY_ONLY
