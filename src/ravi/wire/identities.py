"""Shapes of identities and of what they are given: address, number."""

from typing import Literal, NotRequired, TypedDict


class Workspace(TypedDict):
    """Where an identity is used: the host's name and an absolute path there."""

    host: str
    path: str


class Identity(TypedDict):
    """
    One persona of an agent.

    The address travels as `inbox` (the frozen name) and as `email`, the number as `phone` and
    `phone_number`; both are E.164 or null. `public_key` is that of the identity's vault key, standard base64, null
    until a client has registered it. `allowed_recipients` is whom the identity may write to: addresses, domains
    (`example.com` is exactly that one, `*.example.com` what is below it), E.164 numbers; null means anybody. Times are
    RFC 3339 in UTC. `api_key` appears once, in the answer to a creation that asked for it.
    """

    id: int
    uuid: str
    name: str
    inbox: str
    email: str
    phone: str | None
    phone_number: str | None
    status: Literal["active", "disabled"]
    labels: dict[str, str]
    public_key: str | None
    workspace: Workspace | None
    allowed_recipients: list[str] | None
    expires_dt: str | None
    created_dt: str
    updated_dt: str
    api_key: NotRequired[str]


class IdentityCreate(TypedDict, total=False):
    """
    The union of what published clients send, and ours.

    `email` is a local part or a whole address; `email_identifier` + `domain` and `email_local` are its older
    spellings, and contradicting each other is an error. `provision_phone`: true demands a number, false
    refuses one, absent leaves it to the server. `reuse` answers with the live identity of that name if there
    is one, with a key only if `api_key` is true; `api_key: false` keeps a new identity without a key.

    `uuid` may be chosen (a random one, version 4, in lower case; "" leaves it to the server), because an identity's
    keys are derived from it: with it, `public_key` registers its vault key from the start.
    """

    name: str
    uuid: str
    public_key: str
    email: str
    email_identifier: str
    email_local: str
    domain: str
    provision_phone: bool
    country_code: str
    labels: dict[str, str]
    ttl_seconds: int
    workspace: Workspace | None
    allowed_recipients: list[str] | None
    reuse: bool
    api_key: bool


class IdentitiesCreate(TypedDict):
    """Many at once, at most 200: each as if it were created alone, and none of them when one is refused."""

    identities: list[IdentityCreate]


class IdentitiesCreated(TypedDict):
    """What came of each, in the order of the request."""

    identities: list[Identity]


class Wait(TypedDict):
    """What somebody waits for, since when; `sender` is "" where anybody will do."""

    want: Literal["otp", "link", "message"]
    medium: Literal["mail", "sms", "any"]
    sender: str
    since_dt: str


class IdentityActivity(TypedDict):
    """
    How it stands with an identity. `last_seen_dt` is when a credential of its own was last used, null if never.

    That, and `waiting`, are up to a few seconds late.
    """

    identity: Identity
    unread_mail: int
    unread_sms: int
    last_seen_dt: str | None
    waiting: list[Wait]


class IdentityUpdate(TypedDict, total=False):
    """
    Absent keys stay as they are. `ttl_seconds` counts from now; null removes the end. `allowed_recipients` replaces the
    whole list: null means anybody, an empty list nobody.
    """

    name: str
    labels: dict[str, str]
    ttl_seconds: int | None
    allowed_recipients: list[str] | None


class PhoneRequest(TypedDict, total=False):
    country_code: str


class IdentityDeleted(TypedDict):
    """The receipt: what was revoked and erased. The address and number are never given out again."""

    status: Literal["deleted"]
    uuid: str
    name: str
    email: str
    phone_number: str | None
    deleted_dt: str
    revoked: dict[str, int]
    erased: dict[str, int]


class Inbox(TypedDict):
    id: int
    uuid: str
    email: str
    created_dt: str


class InboxCreate(TypedDict, total=False):
    email: str


class Phone(TypedDict):
    """
    `provider` is one of the four names that the published SDK accepts; `carrier` is the true one.
    """

    id: int
    url: str
    phone_number: str
    provider: Literal["twilio", "bandwidth", "voipms", "telnyx"]
    carrier: str
    created_dt: str


class Availability(TypedDict):
    email: str
    available: bool
    reason: NotRequired[str]


class Owner(TypedDict):
    first_name: str
    last_name: str


class Domain(TypedDict):
    uuid: str
    domain: str
    is_platform: bool
    is_verified: bool
    created_dt: str
