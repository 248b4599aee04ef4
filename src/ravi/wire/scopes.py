"""What a credential may do. A route declares one scope; a typo is an import error, not an open door."""

from enum import StrEnum


class Scope(StrEnum):
    """Named resource:action. Alphabetical, so that a missing one is seen."""

    ACCOUNT_READ = "account:read"
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
    MANAGEMENT_KEYS = "management-keys"
    SESSION = "session"  # ask who I am, sign out
    VAULT_READ = "vault:read"
    VAULT_RESEAL = "vault:reseal"  # rewrite sealed fields and public keys of the whole account
    VAULT_WRITE = "vault:write"


#: An identity's own credential reaches its own things. It cannot mint keys, make or end identities, or
#: change the account; which rows it sees is decided by the principal, not by the scope.
IDENTITY_SCOPES: frozenset[Scope] = frozenset(
    {
        Scope.ACCOUNT_READ,
        Scope.DOMAINS_READ,
        Scope.ENCRYPTION_READ,
        Scope.EVENTS_READ,
        Scope.IDENTITIES_READ,
        Scope.IDENTITIES_WRITE,
        Scope.KEYS_READ,
        Scope.KEYS_REVOKE,
        Scope.SESSION,
        Scope.VAULT_READ,
        Scope.VAULT_WRITE,
    }
)

ACCOUNT_SCOPES: frozenset[Scope] = frozenset(Scope)
