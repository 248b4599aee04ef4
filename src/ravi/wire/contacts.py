"""Shapes of contacts: whom an identity knows."""

from typing import Literal, TypedDict


class Contact(TypedDict):
    """`source` auto: made by exchanging a message. Absent texts are empty, a missing `last_interaction_dt` is null."""

    uuid: str
    identity: int | None
    email: str
    phone_number: str
    display_name: str
    nickname: str
    is_trusted: bool
    source: Literal["auto", "manual"]
    interaction_count: int
    last_interaction_dt: str | None
    created_dt: str
    updated_dt: str


class ContactWrite(TypedDict, total=False):
    """Read-only keys that published clients send along (`uuid`, `source`, times, counts) are ignored."""

    email: str
    phone_number: str
    display_name: str
    nickname: str
    is_trusted: bool
