"""Shapes of accounts, sign-in and keys (contract: device flow, tokens, API keys)."""

from typing import Literal, NotRequired, TypedDict

from ravi.wire.identities import Identity


class User(TypedDict):
    """The account's owner."""

    id: int
    uuid: str
    email: str
    first_name: str
    last_name: str


class DeviceStart(TypedDict, total=False):
    """Who asks for a sign-in; shown to the owner before approval. Every key is optional."""

    hostname: str
    workspace: str


class DeviceGrant(TypedDict):
    """RFC 8628 section 3.2. Clients open `<verification_uri>?user_code=<user_code>`."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class DeviceTokenRequest(TypedDict, total=False):
    """`wait: true` holds the answer back, at most 25 s, until the owner has decided."""

    device_code: str
    wait: bool
    grant_type: str


class GrantRefusal(TypedDict):
    """RFC 8628 section 3.5: `error` is one of its words, such as `authorization_pending`. `detail` repeats the text."""

    error: str
    error_description: str
    detail: str


class SignedIn(TypedDict):
    """An approved device sign-in: both generations of credential in one body."""

    access: str
    refresh: str
    expires_at: str
    management_key: NotRequired[str]
    identity_key: NotRequired[str]
    identity: NotRequired[Identity]
    identities: NotRequired[list[Identity]]
    user: User


class LoginRequest(TypedDict, total=False):
    """Either `signin_code` (one-time, from `ravi-server signin-code`) or `email` and `password`."""

    email: str
    password: str
    signin_code: str
    hostname: str


class RefreshRequest(TypedDict):
    refresh: str


class BindRequest(TypedDict):
    identity: str


class TokenPair(TypedDict):
    """`expires_at` is the access token's end, RFC 3339."""

    access: str
    refresh: str
    expires_at: str


class LogoutRequest(TypedDict, total=False):
    """`everywhere` ends every sign-in of the account; keys stay, unless `keys` ends them all, of identities too."""

    refresh: str
    everywhere: bool
    keys: bool


class LogoutDone(TypedDict):
    """`revoked_keys` is there when they were to end."""

    signed_out: int
    revoked_keys: NotRequired[int]


class WhoAmI(TypedDict):
    """What the presented credential is, as the server sees it."""

    authenticated: Literal[True]
    kind: Literal["session", "bound_session", "management_key", "identity_key"]
    email: str
    user: User
    identity: str | None
    identity_uuid: str | None
    scopes: list[str]
    expires_at: str | None
    has_encryption: bool


class ManagementKeyCreate(TypedDict, total=False):
    label: str
    ttl_seconds: int


class IdentityKeyCreate(TypedDict):
    identity_uuid: str
    label: NotRequired[str]
    ttl_seconds: NotRequired[int]


class ManagementKey(TypedDict):
    """`key` holds the whole key in the answer to its creation and a masked form ever after."""

    uuid: str
    key: str
    label: str
    is_active: bool
    last_used_at: str | None
    expires_at: str | None
    created_dt: str


class IdentityKey(ManagementKey):
    """Both spellings of the identity's uuid, because published clients read one each."""

    identity: str
    identity_uuid: str
