"""
Every error that Ravi raises on purpose.

    RaviError
    ├── UsageError                  the command or call was put together wrongly
    ├── ConfigError                 a file or variable on this machine
    │   ├── ConfigInvalid           ... does not say what it should
    │   ├── ConfigUntrusted         ... asks for more than its place allows
    │   ├── NotSignedIn             ... holds no credential for this
    │   └── IdentityRequired        ... selects no identity (the server says so too)
    ├── VaultError                  what only the client can know, because only it has keys
    │   ├── VaultLocked             ... this machine holds no key for it
    │   ├── VaultPinWrong           ... PIN and recovery code open nothing
    │   ├── RecoveryCodeInvalid     ... the recovery code is mistyped
    │   └── VaultUnreadable         ... a value will not open
    ├── ExportImpossible            a value cannot be written in the format that was asked for
    ├── ByHandOnly                  a tool's settings are out of reach
    ├── RequestFailed               the request did not complete
    │   ├── ServerUnreachable       nobody answered at that address
    │   ├── ServerNonsense          what answered is not a Ravi server
    │   └── TimedOut                the answer did not come in time
    └── Refused                     the server said no
        ├── Malformed               400  cannot be read, or contradicts itself: SelectorsDiffer
        ├── Unauthenticated         401  BadCredentials, TokenReused, SsoTokenRefused
        ├── Forbidden               403  IdentityDisabled, RecipientNotAllowed
        ├── NotFound                404  IdentityNotFound, IdentityDeleted, NoInbox, NoPhone
        ├── MethodNotAllowed        405
        ├── Conflict                409  AddressTaken, InboxExists, PhoneExists, IdentityAmbiguous, EntryExists,
        │                                EntryAmbiguous, VaultSetUp, VaultChanged, VaultKeyDiffers, VaultNotUpgraded
        ├── TooLarge                413
        ├── Invalid                 422  AddressInvalid, DomainMissing, IdempotencyMismatch, PlaintextRefused,
        │                                NoRelay, NumberUnreachable
        ├── RateLimited             429
        └── ServerFault             5xx  Unavailable, NumbersExhausted, ProviderFailed (502)

The server raises the `Refused` half and turns it into an answer in one place (`server/http`); the client
turns the answer back into the same class. Exit codes are decided in `cli/exit_codes.py`.

Messages are lower case, without a full stop, and never contain a secret. This module is on the start-up
path of the CLI: it imports constants only.
"""

from __future__ import annotations

from ravi.wire import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class RaviError(Exception):
    """The root. `code` is stable, `hint` is a thing to do (or empty)."""

    code = codes.ERROR
    hint = ""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: str | None = None,
        details: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        if hint is not None:
            self.hint = hint
        if code is not None:
            self.code = code


class UsageError(RaviError):
    """The command or call was put together wrongly; nothing was sent."""

    code = codes.USAGE


class ConfigError(RaviError):
    """Something on this machine stands in the way; nothing was sent."""

    code = codes.CONFIG_INVALID


class ConfigInvalid(ConfigError):
    """A file or variable that was to be used is empty, malformed, too open, or made for another place."""


class ConfigUntrusted(ConfigError):
    """A file that was found, not named, holds more than the choice of an identity."""

    code = codes.CONFIG_UNTRUSTED
    hint = "read the file; if you wrote it, approve it with: ravi trust"


class NotSignedIn(ConfigError):
    """No credential is configured for this call."""

    code = codes.NOT_SIGNED_IN
    hint = "sign in with: ravi auth login"


class IdentityRequired(ConfigError):
    """The call acts as an identity and none is selected."""

    code = codes.IDENTITY_REQUIRED
    hint = "choose one with: ravi identity use <name>, --identity <name>, or a .ravi/config.json"


class VaultError(RaviError):
    """The vault stays closed. The server can neither cause nor cure this: it has no key."""


class VaultLocked(VaultError):
    """This machine holds no key for this vault."""

    code = codes.VAULT_LOCKED
    hint = "unlock it with: ravi unlock (or give an agent its own key: ravi vault key)"


class VaultPinWrong(VaultError):
    """PIN and secret key do not open the account's root key."""

    code = codes.VAULT_PIN_WRONG


class RecoveryCodeInvalid(VaultError):
    """The recovery code is not one: too short, strange characters, or a wrong checksum."""

    code = codes.VAULT_RECOVERY_CODE
    hint = "compare it with recovery-code.txt, or with what was shown when the vault was set up"


class VaultUnreadable(VaultError):
    """A value is not sealed, was sealed with another key or for another place, or was damaged."""

    code = codes.VAULT_UNREADABLE
    hint = (
        "if the vault was upgraded: ravi unlock, or for an agent a new key from its owner (ravi vault key); "
        "otherwise do not trust this server's answer"
    )


class ExportImpossible(RaviError):
    """A value cannot be written so that the format's readers read it back; nothing was written."""

    code = codes.EXPORT_IMPOSSIBLE


class ByHandOnly(RaviError):
    """A tool keeps its settings where no program can put them; a person has to."""

    code = codes.BY_HAND_ONLY


class RequestFailed(RaviError):
    """The request did not complete, so what the server did with it is unknown."""

    code = codes.SERVER_UNREACHABLE


class ServerUnreachable(RequestFailed):
    """Nobody answered at the server's address."""

    hint = "is the server running? start it with: ravi-server run"


class ServerNonsense(RequestFailed):
    """What answered does not speak this API."""

    code = codes.SERVER_NONSENSE
    hint = "check that the server's URL points at a Ravi server"


class TimedOut(RequestFailed):
    """The answer did not come in time."""

    code = codes.TIMED_OUT


class Refused(RaviError):
    """
    The server said no.

    `status` is the HTTP status it used, `request_id` names the request in the server's log; both are None
    on the server's own side, where `server/http` chooses them.
    """

    code = codes.REFUSED
    status: int | None = None
    request_id: str | None = None


class Malformed(Refused):
    """The request cannot be read, or contradicts itself."""

    code = codes.REQUEST_MALFORMED


class MethodNotAllowed(Refused):
    """The path exists; the method does not."""

    code = codes.METHOD_NOT_ALLOWED


class TooLarge(Refused):
    """The body is larger than the route takes."""

    code = codes.REQUEST_TOO_LARGE


class Unauthenticated(Refused):
    """No credential, or one that is unknown, expired or revoked."""

    code = codes.UNAUTHENTICATED
    hint = "sign in with: ravi auth login"


class BadCredentials(Unauthenticated):
    """Password or one-time code did not fit; which of them, and whether the account exists, is not said."""

    code = codes.BAD_CREDENTIALS
    hint = "a new one-time code comes from: ravi-server signin-code <email>"


class TokenReused(Unauthenticated):
    """A refresh token came back after its grace period: its whole family of tokens is revoked."""

    code = codes.TOKEN_REUSED


class SsoTokenRefused(Unauthenticated):
    """The SSO token proves nothing: forged, ended, used up, revoked, or meant for somebody else."""

    code = codes.SSO_TOKEN_REFUSED
    hint = "have its identity make a fresh one: ravi sso token --audience <your service>"


class Forbidden(Refused):
    """The credential is good and does not reach this."""

    code = codes.FORBIDDEN


class IdentityDisabled(Forbidden):
    """The identity is switched off."""

    code = codes.IDENTITY_DISABLED
    hint = "its owner can switch it on with: ravi identity enable <name>"


class RecipientNotAllowed(Forbidden):
    """The owner has restricted whom the identity may write to; nothing was sent to anybody. `details` names them."""

    code = codes.RECIPIENT_NOT_ALLOWED
    hint = "its owner decides about that: ravi identity restrict <name>"


class NotFound(Refused):
    """Unknown, or not visible to this credential: the two are deliberately the same answer."""

    code = codes.NOT_FOUND


class IdentityNotFound(NotFound):
    """No such identity in reach."""

    code = codes.IDENTITY_NOT_FOUND
    hint = "see what there is with: ravi identity list"


class IdentityDeleted(NotFound):
    """The identity was deleted earlier; the message says when."""

    code = codes.IDENTITY_DELETED


class NoInbox(NotFound):
    """The identity has no address."""

    code = codes.NO_INBOX


class NoPhone(NotFound):
    """The identity has no number."""

    code = codes.NO_PHONE


class Conflict(Refused):
    """The request clashes with something that exists."""

    code = codes.CONFLICT


class AddressTaken(Conflict):
    """The address is in use, or was once: addresses are never given out twice."""

    code = codes.ADDRESS_TAKEN


class InboxExists(Conflict):
    """The identity has its one address already."""

    code = codes.INBOX_EXISTS


class PhoneExists(Conflict):
    """The identity has its number already."""

    code = codes.PHONE_EXISTS


class IdentityAmbiguous(Conflict):
    """Several identities fit the name; `details` lists them."""

    code = codes.IDENTITY_AMBIGUOUS
    hint = "use the uuid"


class EntryExists(Conflict):
    """The identity's vault has an entry of that name already."""

    code = codes.VAULT_ENTRY_EXISTS


class EntryAmbiguous(Conflict):
    """Several entries fit; `details` lists them."""

    code = codes.VAULT_ENTRY_AMBIGUOUS
    hint = "use the uuid"


class VaultSetUp(Conflict):
    """The account's vault is set up already, with another key."""

    code = codes.VAULT_SET_UP
    hint = "open it with: ravi unlock"


class VaultChanged(Conflict):
    """The entry or the account's wrapped key was changed by somebody else in between."""

    code = codes.VAULT_CHANGED
    hint = "read it again, then repeat the change"


class VaultKeyDiffers(Conflict):
    """The value was sealed with a key that is not this identity's: nobody could open it later."""

    code = codes.VAULT_KEY_DIFFERS
    hint = "fetch the present key with: ravi unlock; an agent is given it by its owner, from: ravi vault key"


class VaultNotUpgraded(Conflict):
    """Values in the old format remain."""

    code = codes.VAULT_NOT_UPGRADED
    hint = "go on with: ravi vault upgrade"


class SelectorsDiffer(Malformed):
    """Two parts of one request name different identities."""

    code = codes.IDENTITY_SELECTORS_DIFFER


class Invalid(Refused):
    """Readable, and not acceptable; `details` maps fields to lists of reasons."""

    code = codes.VALIDATION_FAILED


class AddressInvalid(Invalid):
    """The wished-for address breaks a rule; the message says which."""

    code = codes.ADDRESS_INVALID


class DomainMissing(Invalid):
    """The server has no default mail domain."""

    code = codes.DOMAIN_MISSING


class PlaintextRefused(Invalid):
    """A field that must be sealed was sent readable; it was not stored."""

    code = codes.VAULT_PLAINTEXT_REFUSED
    hint = "seal it first: the ravi program and the Python library do"


class IdempotencyMismatch(Invalid):
    """The idempotency key was used before with another request."""

    code = codes.IDEMPOTENCY_MISMATCH
    hint = "use a fresh Idempotency-Key for a different request"


class NoRelay(Invalid):
    """The message is for somebody on another server, and this one has no way to send it there; nothing was stored."""

    code = codes.MAIL_NO_RELAY
    hint = "the operator can set one: ravi-server run --relay smtp://user:password@host:587"


class NumberUnreachable(Invalid):
    """The identity's number is of a carrier that has no way to the recipient's; nothing was stored."""

    code = codes.NUMBER_UNREACHABLE
    hint = "the operator can add a carrier with a way out: ravi-server help, under --carrier"


class RateLimited(Refused):
    """Too many of these; `retry_after` says when it makes sense again, in whole seconds."""

    code = codes.RATE_LIMITED

    def __init__(self, message: str, *, retry_after: int = 1, **more: Any) -> None:
        super().__init__(message, **more)
        self.retry_after = retry_after


class ServerFault(Refused):
    """The server failed; the same request may work later."""

    code = codes.SERVER_ERROR


class Unavailable(ServerFault):
    """The server cannot do this right now."""

    code = codes.SERVER_UNAVAILABLE


class NumbersExhausted(Unavailable):
    """The carrier has no number left to give."""

    code = codes.NUMBERS_EXHAUSTED


def by_code() -> dict[str, type[RaviError]]:
    """Map each stable code to the class that owns it, the most general class winning."""
    found: dict[str, type[RaviError]] = {}
    todo: list[type[RaviError]] = [RaviError]
    while todo:
        cls = todo.pop(0)
        found.setdefault(cls.code, cls)
        todo.extend(cls.__subclasses__())
    return found


class ProviderFailed(ServerFault):
    """The carrier of texts could not be reached, or has failed; nothing was changed."""

    code = codes.PROVIDER_FAILED
