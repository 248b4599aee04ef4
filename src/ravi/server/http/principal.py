"""Who is asking. Everything below the routes sees only this."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Literal

from ravi.errors import Forbidden, Malformed
from ravi.wire import codes
from ravi.wire.scopes import IDENTITY_ONLY, Scope

Kind = Literal["session", "bound_session", "management_key", "identity_key"]


@dataclass(frozen=True, slots=True)
class IdentityRef:
    """The identity that a request acts as: enough to filter by, and to name in an answer."""

    id: int
    uuid: str
    name: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class Principal:
    """
    A presented credential, resolved.

    `identity` is the one it is bound to or the one the request selected; None means account-wide. `bound` tells
    the two apart: a bound credential is a fence, a selection is a filter.
    """

    account_id: int
    kind: Kind
    credential_id: int
    credential_uuid: str
    scopes: frozenset[Scope]
    identity: IdentityRef | None = None
    bound: bool = False
    sign_in_id: int | None = None
    expires_at: datetime | None = None

    def acting_as(self, identity: IdentityRef) -> "Principal":
        """Return the same principal with *identity* selected."""
        return replace(self, identity=identity)

    def require_identity(self) -> IdentityRef:
        """Return the identity; raises Malformed (`identity.required`) when the request selects none."""
        if self.identity is None:
            raise Malformed(
                "this needs an identity and the request selects none",
                code=codes.IDENTITY_REQUIRED,
                hint="send ?identity=<uuid> or the header X-Ravi-Identity, or use that identity's own key",
            )
        return self.identity

    def require_scope(self, scope: Scope) -> None:
        """Raises Forbidden unless the credential carries *scope*."""
        if scope not in self.scopes:
            if self.bound:
                raise Forbidden(
                    "an identity's own credential does not reach this",
                    hint="use the account's credential: sign in with ravi auth login",
                )
            if scope in IDENTITY_ONLY:
                raise Forbidden(
                    "only an identity's own credential does this, and this one is the account's",
                    hint="make a key for the identity and use that: ravi keys create --identity <name>",
                )
            raise Forbidden(f"this credential lacks the scope {scope}")


class Selects(Enum):
    """How a route treats the choice of an identity by `?identity=` or `X-Ravi-Identity`."""

    IGNORES = "account-level: a choice is ignored"
    FILTERS = "looks at the choice, also when it is switched off; without one, account-wide"
    ACTS = "acts as the choice, which must be switched on; without one, account-wide"
